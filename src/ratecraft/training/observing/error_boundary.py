"""Keeps errors of a watch from the training that is watched: the first one ends the watch, and the training goes on.

Path:   a hook that raises -> `ErrorBoundary` -> the watch reports the reason; later hooks do nothing.

What the user hands in (a callback, a closure) raises as ever, and so do interruptions. Where a study trains, nothing is
caught: its hooks lead the run, and a run that is led wrongly must not go on.
"""

import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

R = TypeVar("R")

_PACKAGE = Path(__file__).parents[2]


class ErrorBoundary:
    """Runs what a watch does beside a training.

    Args:
        broke: Takes the first error, once. None catches nothing.
    """

    def __init__(self, broke: Callable[[Exception], None] | None = None) -> None:
        self._broke, self._theirs = broke, list[Exception]()
        self.is_over = False
        """An error has ended the watch."""

    def call(self, act: Callable[..., R], *given: Any) -> R | None:
        """What it gives; None if it raises, and without being called once the watch is over."""
        return None if self.is_over else self.finish(act, *given)

    def finish(self, act: Callable[..., R], *given: Any) -> R | None:
        """The same for what has to be done also when the watch is over."""
        if self._broke is None:
            return act(*given)
        try:
            return act(*given)
        except Exception as error:
            if any(error is own for own in self._theirs):
                raise
            if not self.is_over:
                self.is_over = True
                self._broke(error)
            return None

    def wrap(self, hook: Callable[..., R]) -> Callable[..., R | None]:
        """The hook, called within the boundary."""
        return hook if self._broke is None else partial(self.call, hook)

    def theirs(self, act: Callable[..., R]) -> Callable[..., R]:
        """What is the user's own: what it raises passes."""

        def passing(*given: Any) -> R:
            try:
                return act(*given)
            except Exception as error:
                self._theirs = [error]
                raise

        return passing


def reason_of(error: Exception) -> str:
    """What was raised, and where in ratecraft, in one line.

    Example:
        >>> try:
        ...     _ = {}["x"]
        ... except KeyError as error:
        ...     print(reason_of(error))
        KeyError: 'x'
    """
    said = " ".join(f"{type(error).__name__}: {error}".split())
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    ours = [frame for frame in ours if frame.filename != __file__]
    return f"{said} ({Path(ours[-1].filename).relative_to(_PACKAGE)}:{ours[-1].lineno})" if ours else said
