"""Adapts the frameworks that a hosted script imports, when it imports them; we import none.

Path:   the script's `import lightning` -> the adapter of that framework, once its module is loaded -> the host.
"""

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Protocol, TypeAlias

from ratecraft.training.frameworks import (
    accelerate,
    elsewhere,
    fastai,
    lightning,
    pretrained,
    processes,
    transformers,
)
from ratecraft.training.frameworks.hooks import Hooks

__all__ = ["Adapter", "adapt_frameworks", "when_imported"]


class Adapter(Protocol):
    """What a file of this folder offers. `MODULES` are those that are changed once they are loaded."""

    MODULES: Sequence[str]

    def adapt(self, module: Any, hooks: Hooks, /) -> None:
        """Change a module, which has just been loaded, for the rest of this process."""
        ...


_Act: TypeAlias = Callable[[ModuleType], None]
_ADAPTERS: Sequence[Adapter] = (lightning, transformers, pretrained, accelerate, fastai, processes, elsewhere)


def adapt_frameworks(hooks: Hooks, adapters: Sequence[Adapter] = _ADAPTERS) -> None:
    """Change every module of every adapter as soon as it is there. Nothing is ever taken back: see `patches`.

    A module that is not as its adapter knows it is left alone: the script then is one as any other.
    """

    def act_of(adapter: Adapter) -> _Act:
        def act(module: ModuleType) -> None:
            try:
                adapter.adapt(module, hooks)
            except (AttributeError, KeyError, TypeError, ImportError):
                hooks.note("framework-unknown", module=module.__name__)

        return act

    when_imported({name: act_of(adapter) for adapter in adapters for name in adapter.MODULES})


def when_imported(acts: Mapping[str, _Act]) -> None:
    """Act on modules once: at once where they are loaded, else right after they will be.

    Args:
        acts: Full name of a module to what is done with it.
    """
    for name, act in acts.items():
        if name in sys.modules:
            act(sys.modules[name])
    sys.meta_path.insert(0, _Finder({name: act for name, act in acts.items() if name not in sys.modules}))


class _Finder(MetaPathFinder):
    """Finds nothing by itself: has modules found as ever, and acts after their code has run."""

    def __init__(self, acts: dict[str, _Act]) -> None:
        self._acts = acts

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        act = self._acts.pop(fullname, None)  # gone while the others are asked
        if act is None:
            return None
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            self._acts[fullname] = act
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            act(module)

        spec.loader.exec_module = exec_module
        return spec
