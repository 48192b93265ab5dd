"""Models of Hugging Face: `from_pretrained` loads weights without torch's `load_state_dict`.

Path:   a loaded model -> `loaded_weights`.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ratecraft.training.frameworks.hooks import Hooks
from ratecraft.training.loaded_weights import mark_loaded

__all__ = ["MODULES", "adapt"]

MODULES: Sequence[str] = ("transformers.modeling_utils",)


def adapt(module: Any, hooks: Hooks) -> None:
    """Mark what a model was loaded with. A head that the file has no weights for is marked too: it is small."""
    load: Callable[..., Any] = module.PreTrainedModel.from_pretrained.__func__

    @functools.wraps(load)
    def from_pretrained(cls: Any, *args: Any, **kwargs: Any) -> Any:
        result = load(cls, *args, **kwargs)
        if hooks.active:
            model = result if hasattr(result, "parameters") else result[0]  # beside it, what it says of the loading
            mark_loaded(model.parameters())
        return result

    module.PreTrainedModel.from_pretrained = classmethod(from_pretrained)
