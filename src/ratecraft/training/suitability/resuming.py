"""Whether a script resumed from a checkpoint, in which case only the rest of its training would be tuned.

Path:   `torch.load`, `Optimizer.load_state_dict` in a worker's process, before the first step -> what was resumed.

An optimizer's own state is what only a run that goes on loads; so is a count that a loop around the step begins at.
Weights alone are fine-tuning, whatever else their file holds. A worker lives for one run, and what it loads before its
first step is of an earlier one.
"""

import functools
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from torch.optim import Optimizer

_EPOCHS = re.compile(r"epoch", re.IGNORECASE)
_NOTES = {"": "resumed", "epoch": "resumed-epoch", "step": "resumed-step"}
_STEPS = re.compile(r"step|iter", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Resumed:
    """What a run continued from.

    Attributes:
        file: Path for the user: relative to the working folder if it lies inside, else absolute.
        unit: `epoch` or `step`; empty if the file has no count.
        count: Number of steps or epochs done.
        hide: What must be hidden for the script to start again: the file, or the folder that it is one of several of.
    """

    file: str
    unit: str = ""
    count: int = 0
    hide: str = ""

    @property
    def note(self) -> str:
        """The code of the note that tells it."""
        return _NOTES[self.unit] if self.file else "resumed-unnamed"


@dataclass(frozen=True, slots=True)
class _Loaded:
    path: str
    parts: frozenset[int]
    counts: Mapping[str, int]


@dataclass
class Resuming:
    """Follows what a script loads before its first step.

    Attributes:
        home: Turns a path of the job into that on the user's machine.
        folder: The working folder there.
    """

    home: Callable[[str], str]
    folder: Path
    _loaded: list[_Loaded] = field(default_factory=list[_Loaded])
    _into_optimizer: "tuple[_Loaded | None, int] | None" = None
    _over: bool = False

    def follow(self) -> None:
        """From now on notice what is loaded."""
        load, take = torch.load, Optimizer.load_state_dict

        @functools.wraps(load)
        def loaded(f: Any, *args: Any, **kwargs: Any) -> Any:
            result = load(f, *args, **kwargs)
            self._note(f, result)
            return result

        @functools.wraps(take)
        def taken(optimizer: Optimizer, state_dict: dict[str, Any]) -> Any:
            self._note_state(state_dict)
            return take(optimizer, state_dict)

        torch.load = loaded
        Optimizer.load_state_dict = taken  # pyright: ignore[reportAttributeAccessIssue]

    def at_first_step(self, begins: Collection[int]) -> Resumed | None:
        """What the run continued from, now that it trains.

        Args:
            begins: Where the loops around the step begin to count, where that is not 0 or 1.
        """
        self._over = True
        if self._into_optimizer is not None:
            return self._resumed(*self._into_optimizer)
        for state in reversed(self._loaded):
            count = next((count for count in state.counts.values() if count > 0 and {count, count + 1} & {*begins}), 0)
            if count:
                return self._resumed(state, 0)
        return None

    def without_a_step(self) -> Resumed | None:
        """What a run that had nothing left to train had gone on from."""
        if self._into_optimizer is not None:
            return self._resumed(*self._into_optimizer)
        counting = [state for state in self._loaded if any(count > 0 for count in state.counts.values())]
        return self._resumed(counting[-1], 0) if counting else None

    def _note(self, file: Any, result: Any) -> None:
        name = str(file) if isinstance(file, str | Path) else getattr(file, "name", None)
        if self._over or not isinstance(name, str):
            return
        entries = _entries(result)
        listed = [state for value in entries.values() if isinstance(value, list) for state in cast("list[Any]", value)]
        parts = frozenset(map(id, (result, *entries.values(), *listed)))
        self._loaded.append(_Loaded(os.path.abspath(name), parts, dict(_counts(entries))))  # noqa: PTH100 - keeps links

    def _note_state(self, state: Mapping[str, Any]) -> None:
        entries = _entries(state.get("state"))
        if self._over or not entries:
            return
        steps = [int(other.get("step", 0)) for other in map(_entries, entries.values())]
        known = [loaded for loaded in self._loaded if id(state) in loaded.parts] or self._loaded
        self._into_optimizer = (known[-1] if known else None, max(steps, default=0))

    def _resumed(self, loaded: _Loaded | None, steps: int) -> Resumed:
        if loaded is None:
            return Resumed("", "step" if steps else "", steps)
        epochs = [count for name, count in loaded.counts.items() if _EPOCHS.search(name)]
        counted = [count for name, count in loaded.counts.items() if _STEPS.search(name)] or [steps]
        unit, count = ("epoch", epochs[0]) if epochs else ("step", counted[0])
        path = Path(self.home(loaded.path))
        return Resumed(self._named(path), unit if count else "", count, self._named(self._to_hide(path)))

    def _named(self, path: Path) -> str:
        return str(path.relative_to(self.folder) if path.is_relative_to(self.folder) else path)

    def _to_hide(self, path: Path) -> Path:
        """The file; its folder where more was loaded from there; the one above where such folders are numbered."""
        folder = path.parent
        beside = {state.path for state in self._loaded if Path(self.home(state.path)).parent == folder}
        if len(beside) < 2 or folder == self.folder or not folder.is_relative_to(self.folder):
            return path
        return folder.parent if folder.name[-1:].isdigit() and folder.parent != self.folder else folder


def _entries(value: Any) -> dict[Any, Any]:
    return cast("dict[Any, Any]", value) if isinstance(value, dict) else {}


def _counts(entries: Mapping[Any, Any]) -> Iterator[tuple[str, int]]:
    """What a checkpoint counts, by name."""
    for name, value in entries.items():
        is_count = isinstance(value, int) and not isinstance(value, bool)
        if is_count and isinstance(name, str) and (_EPOCHS.search(name) or _STEPS.search(name)):
            yield name, value
