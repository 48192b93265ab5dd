"""Models of Hugging Face: `from_pretrained` loads weights without torch's `load_state_dict`.

Path:   a loaded model -> `loaded_weights`.
"""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ratecraft.training.frameworks.framework import Framework

if TYPE_CHECKING:
    from ratecraft.training.frameworks.hooks import Hooks


def _adapt_models(module: Any, hooks: "Hooks") -> None:
    """Mark what a model was loaded with. A head that the file has no weights for is marked too: it is small."""
    from ratecraft.training.instrument.loaded_weights import mark_loaded  # loads torch

    load: Callable[..., Any] = module.PreTrainedModel.from_pretrained.__func__

    @functools.wraps(load)
    def from_pretrained(cls: Any, *args: Any, **kwargs: Any) -> Any:
        result = load(cls, *args, **kwargs)
        if hooks.active:
            model = result if hasattr(result, "parameters") else result[0]  # beside it, what it says of the loading
            mark_loaded(model.parameters())
        return result

    module.PreTrainedModel.from_pretrained = classmethod(from_pretrained)


PRETRAINED = Framework({"transformers.modeling_utils": _adapt_models})
