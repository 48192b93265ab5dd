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
    """Runs the hooks of a watch.

    Args:
        broke: Called once, with the first error. None: errors are not caught.
    """

    def __init__(self, broke: Callable[[Exception], None] | None = None) -> None:
        self._broke, self._theirs = broke, list[Exception]()
        self.is_over = False
        """An error has ended the watch."""

    def call(self, act: Callable[..., R], *given: Any) -> R | None:
        """Call a function and return its result; None if it raises, or, without a call, once the watch is over."""
        return None if self.is_over else self.finish(act, *given)

    def finish(self, act: Callable[..., R], *given: Any) -> R | None:
        """The same, for functions that must run even when the watch is over."""
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
        """Wrap a hook so that it is called within the boundary."""
        return hook if self._broke is None else partial(self.call, hook)

    def theirs(self, act: Callable[..., R]) -> Callable[..., R]:
        """Call one of the user's functions, whose errors are raised."""

        def passing(*given: Any) -> R:
            try:
                return act(*given)
            except Exception as error:
                self._theirs = [error]
                raise

        return passing


def reason_of(error: Exception) -> str:
    """The error and its place in ratecraft, in one line.

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
