"""Halves the start of every training process of these tests: the first optimizer would load torch's compiler, unused.

The soak set runs without it.
"""

import sys
from types import ModuleType
from typing import Any


def disable(function: Any = None, *_: Any, **__: Any) -> Any:
    return function


def graph_break(*_: Any, **__: Any) -> None:
    pass


compiler = ModuleType("torch._dynamo")
vars(compiler).update(disable=disable, graph_break=graph_break)
sys.modules[compiler.__name__] = compiler
