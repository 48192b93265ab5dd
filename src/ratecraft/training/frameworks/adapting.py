"""Adapts the frameworks that a hosted script imports, when it imports them; we import none.

Path:   the script's `import lightning` -> the adapter of that framework, once its module is loaded -> the host.
"""

from collections.abc import Sequence
from types import ModuleType
from typing import Any, Protocol

from ratecraft.training.frameworks import (
    accelerate,
    elsewhere,
    fastai,
    lightning,
    pretrained,
    processes,
    tracked,
    trackers,
    transformers,
)
from ratecraft.training.frameworks.hooks import Hooks
from ratecraft.training.importing import Act, when_imported

__all__ = ["Adapter", "adapt_frameworks"]


class Adapter(Protocol):
    """What a file of this folder offers. `MODULES` are those that are changed once they are loaded."""

    MODULES: Sequence[str]

    def adapt(self, module: Any, hooks: Hooks, /) -> None:
        """Change a module, which has just been loaded, for the rest of this process."""
        ...


_ADAPTERS: Sequence[Adapter] = (
    lightning,
    transformers,
    pretrained,
    accelerate,
    fastai,
    processes,
    elsewhere,
    trackers,
    tracked,
)


def adapt_frameworks(hooks: Hooks, adapters: Sequence[Adapter] = _ADAPTERS) -> None:
    """Change every module of every adapter as soon as it is there. Nothing is ever taken back: see `patches`.

    A module that is not as its adapter knows it is left alone: the script then is one as any other.
    """

    def act_of(adapter: Adapter) -> Act:
        def act(module: ModuleType) -> None:
            try:
                adapter.adapt(module, hooks)
            except (AttributeError, KeyError, TypeError, ImportError):
                hooks.note("framework-unknown", module=module.__name__)

        return act

    when_imported({name: act_of(adapter) for adapter in adapters for name in adapter.MODULES})
