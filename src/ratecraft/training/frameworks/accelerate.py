"""accelerate, whose loaders read one batch ahead to know the last one, so that batches and steps are counted right.

Path:   `DataLoaderShard.__iter__` -> the host. All else works as in any script.
"""

import functools
from collections.abc import Sequence
from typing import Any

from ratecraft.training.frameworks.hooks import Hooks

__all__ = ["MODULES", "adapt"]

MODULES: Sequence[str] = ("accelerate.data_loader",)


def adapt(module: Any, hooks: Hooks) -> None:
    """Tell that a loader reads ahead."""
    iterate = module.DataLoaderShard.__iter__

    @functools.wraps(iterate)
    def read(self: Any) -> Any:
        hooks.loaders.read_ahead = 1
        return iterate(self)

    module.DataLoaderShard.__iter__ = read
