"""accelerate: its loaders read one batch ahead to recognise the last one; batches and steps are counted accordingly.

Path:   `DataLoaderShard.__iter__` -> the host. All else works as in any script.
"""

import functools
from typing import TYPE_CHECKING, Any

from ratecraft.training.frameworks.framework import Framework

if TYPE_CHECKING:
    from ratecraft.training.frameworks.hooks import Hooks


def _adapt_loaders(module: Any, hooks: "Hooks") -> None:
    iterate = module.DataLoaderShard.__iter__

    @functools.wraps(iterate)
    def read(self: Any) -> Any:
        hooks.loaders.read_ahead = 1
        return iterate(self)

    module.DataLoaderShard.__iter__ = read


ACCELERATE = Framework({"accelerate.data_loader": _adapt_loaders}, ("accelerate",))
