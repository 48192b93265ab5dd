"""Runs code right after another library's module is loaded, without importing that module.

Path:   the script's `import torch` -> the module, loaded as ever -> what was asked to be done with it.
"""

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TypeAlias

Act: TypeAlias = Callable[[ModuleType], None]
"""Takes a module that has just been loaded."""


def when_imported(acts: Mapping[str, Act]) -> None:
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

    def __init__(self, acts: dict[str, Act]) -> None:
        self._acts = acts
        self._asked = set[str]()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._acts or fullname in self._asked:
            return None
        self._asked.add(fullname)  # while the others are asked
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._asked.discard(fullname)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            act = self._acts.pop(fullname, None)  # only now: libraries look whether a module is there and load none
            if act is not None:
                act(module)

        spec.loader.exec_module = exec_module
        return spec
