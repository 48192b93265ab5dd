"""`ratecraft.callback`: the callback of whichever framework trains, by one name.

Path:   the name of a framework, or what trains -> the file of this folder that is called so -> its `RatecraftCallback`.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from ratecraft.api.callbacks.leading import Studied
from ratecraft.api.watch.watch import EVERY
from ratecraft.errors import InvalidInput
from ratecraft.watching.guard import Guard

__all__ = ["FRAMEWORKS", "callback"]

FRAMEWORKS: Final[Sequence[str]] = ("fastai", "keras", "lightning", "skorch", "transformers", "ultralytics")
"""Packages whose trainers take callbacks; a file of this folder is called like each, and has its callback."""


def callback(
    study: Studied | None = None,
    framework: object = None,
    *,
    stretch: bool = False,
    guard: Guard | None = None,
    every: int = EVERY,
    record: str | Path | None = None,
    language: str | None = None,
) -> Any:
    """A callback that leads a training by a study, watches it, and guards it where that is asked for.

    Args:
        study: A finished study whose schedules lead the training: its name, its folder, or what `tune` returned. None
            only watches.
        framework: Name of the framework, or the object that trains: a trainer, learner, net or model, or the class of
            one. By default the only one of them that the program has loaded.
        stretch: The training has another length than those of the study: fit the schedules to it.
        guard: What may be changed where the training goes wrong (`rc.Guard()`).
        every: Steps between two readings of the norm of the gradient, as for `watch`.
        record: Folder that keeps a record of the run, for `ratecraft diagnose` and `report`.
        language: Code of a language; by default the usual one.

    Returns:
        The `RatecraftCallback` of that framework, for its list of callbacks.

    Raises:
        InvalidInput: No framework is loaded, or several are (`callback-which`); it has no callback
            (`callback-framework`), or is not installed (`callback-missing`).

    Example:
        >>> callback(framework="an engine of my own")
        Traceback (most recent call last):
        ratecraft.errors.InvalidInput: There is no callback for `an engine of my own`, but for \
fastai, keras, lightning, skorch, transformers, ultralytics.
    """
    name = _loaded() if framework is None else _name_of(framework)
    if name not in FRAMEWORKS:
        raise InvalidInput("callback-framework", given=name, allowed=", ".join(FRAMEWORKS))
    if name not in sys.modules and find_spec(name) is None:
        raise InvalidInput("callback-missing", framework=name)
    kind = import_module(f"ratecraft.integrations.{name}").RatecraftCallback
    return kind(study, stretch=stretch, guard=guard, every=every, record=record, language=language)


def _loaded() -> str:
    """The one framework that this program has loaded."""
    loaded = [name for name in FRAMEWORKS if name in sys.modules]
    if len(loaded) != 1:
        raise InvalidInput("callback-which", loaded=", ".join(loaded) or "–", allowed=", ".join(FRAMEWORKS))
    return loaded[0]


def _name_of(framework: object) -> str:
    """The name itself; for an object that trains, the package that its class or a base class comes from."""
    if isinstance(framework, str):
        return framework
    kind = framework if isinstance(framework, type) else type(framework)
    packages = [parent.__module__.partition(".")[0] for parent in kind.__mro__]
    return next((package for package in packages if package in FRAMEWORKS), packages[0])
