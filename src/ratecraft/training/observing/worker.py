"""The process of a watched script.

    python -P -m ratecraft.training.observing.worker DESCRIPTOR EVERY GUARD ENTRY SCRIPT…


Path:   the script, run as its own `__main__` in the user's folder -> a sensor, once it has loaded torch -> pieces of
        the run -> pipe -> `run`.

Nothing of the script's is changed: not its folder, streams, seeds, rates or files; with a guard, only what that does.
Torch is loaded when the script loads it, so that what the script sets before counts as it does without us.
"""

import importlib
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, cast

from ratecraft.importers.names import meaning_of
from ratecraft.records import logging
from ratecraft.records.printed.figures import is_score
from ratecraft.records.program import Entry
from ratecraft.records.storage.codec import from_plain
from ratecraft.records.storage.watched import WATCH_ENDED
from ratecraft.records.watching.guarding import Policy
from ratecraft.records.watching.observed import Fact, ObservedRun
from ratecraft.training.observing.error_boundary import ErrorBoundary, reason_of
from ratecraft.training.observing.output import read_along
from ratecraft.training.observing.wire import written_piece
from ratecraft.training.scoring.figures import Figures
from ratecraft.training.scripts.entering import enter
from ratecraft.training.scripts.importing import when_imported

if TYPE_CHECKING:
    from ratecraft.training.observing.bounded_sensor import BoundedSensor
    from ratecraft.training.observing.each_rank.marking import Marking


class _LetsBe:
    """Whatever other processes the script joins is its own business."""

    def note(self, code: str, **values: object) -> None:
        pass

    def refuse(self, kind: str, name: str) -> None:
        pass


class _Watched:
    """The watched script and the receiver of its observations."""

    def __init__(self, pipe: Connection, every: int, policy: Policy | None, ranks: int) -> None:
        self._pipe, self._every, self._policy, self._process = pipe, every, policy, os.getpid()
        self._ranks = ranks
        self._figures, self._in_bars, self._in_lines = Figures(), dict[str, float](), set[str]()
        self.boundary, self.sensor = ErrorBoundary(self._broke), cast("BoundedSensor | None", None)
        self._marking: Marking | None = None

    def begin(self, torch: ModuleType) -> None:
        """The script has loaded torch."""
        from ratecraft.training.instrument.loaded_weights import follow_loading
        from ratecraft.training.observing.bounded_sensor import BoundedSensor
        from ratecraft.training.observing.frameworks import follow_frameworks

        follow_loading()
        if self._ranks > 1:
            from ratecraft.training.observing.each_rank.marking import Marking

            self._marking = Marking(self._know, self._ranks, self.boundary)
        agreeing = None
        if self._ranks > 1 and self._policy is not None:
            from ratecraft.training.instrument.agreement import Agreement
            from ratecraft.training.observing.agreeing import Agreeing

            agreement = Agreement(self._ranks)
            agreement.follow(_LetsBe())
            agreeing = Agreeing(agreement.exchange)
        held = BoundedSensor(self.boundary, self._tell, self._every, self._policy, holds=True, agreeing=agreeing)
        self.sensor = held
        follow_frameworks(self.boundary.wrap(self.measured), self.sensor)
        self.sensor.follow_all()

    def printed(self, line: str) -> None:
        """The script printed a line. A bar says the same again and again: a new value of a validation counts."""
        for name, value, source in self._figures.read(line):
            if self._figures.is_superfluous(name, source) or is_score(name, line):
                continue
            if source == "printed":
                self._in_lines.add(name)
                self._note(name, value)
            elif name not in self._in_lines and self._in_bars.get(name) != value:
                self._in_bars[name] = value
                if meaning_of(name).name.startswith("val_"):
                    self._note(name, value)

    def measured(self, source: str, metrics: Mapping[str, object]) -> None:
        """A framework has evaluated, or figures were sent to a tracker."""
        for name, value in self._figures.among(metrics, source):
            if not self._figures.is_superfluous(name, source):
                self._note(name, value)

    def logged(self, name: str, value: float) -> None:
        """The script told a figure."""
        self._figures.is_superfluous(name, "logged")
        self._note(name, value)

    def failed(self, error: BaseException) -> None:
        """The script raised."""
        if self._marking is not None:
            from ratecraft.training.observing.each_rank.unused import unused_by

            self._know(unused_by(error))

    def close(self) -> None:
        """The script is over."""
        if self._marking is not None:
            self._marking.close()
        if self.sensor is not None:
            with suppress(RuntimeError):  # after an error of the device nothing can be read any more
                self.sensor.close()

    def _know(self, facts: Mapping[str, Fact]) -> None:
        """Told at once."""
        if facts:
            self._tell(ObservedRun({}, "step", facts, "live"))

    def _note(self, name: str, value: float) -> None:
        if self.sensor is not None:
            self.sensor.log(meaning_of(name).name, value)

    def _broke(self, error: Exception) -> None:
        """The watch is over; the script goes on."""
        reason = reason_of(error)
        if self.sensor is not None:
            self.sensor.give_up(reason)
        else:
            self._tell(ObservedRun({}, "step", {WATCH_ENDED: reason}, "live"))

    def _tell(self, piece: ObservedRun) -> None:
        if os.getpid() == self._process:  # a process that the script forked is not the run
            with suppress(OSError):  # whoever watched is gone; the training goes on
                self._pipe.send_bytes(written_piece(piece))


def main(descriptor: int, every: int, guard: str, entry: str, script: str, arguments: list[str]) -> None:
    """Run one script.

    Args:
        descriptor: Descriptor of this process's end of the pipe.
        every: As for `Sensor`.
        guard: Dotted name of the function that makes a guard's policy, with its settings, as JSON; empty for none.
        entry: How the script becomes `__main__`, as JSON.
        script: The script as the user typed it.
        arguments: The script's own arguments.
    """
    os.set_inheritable(descriptor, False)
    how = from_plain(Entry, json.loads(entry))
    pipe, policy = Connection(descriptor, readable=False), _policy_of(guard) if guard else None
    watched = _Watched(pipe, every, policy, how.processes)
    within = watched.boundary.wrap
    when_imported({"torch": within(watched.begin)})
    logging.set_listener(within(watched.logged))
    read_along(within(watched.printed))
    path = str(Path(script).absolute())  # as Python itself names a script in `__file__` and tracebacks
    _trim_tracebacks(path)
    try:
        enter(how, Path(path), arguments, lambda *told, **values: None)
    except BaseException as error:
        watched.boundary.call(watched.failed, error)
        raise
    finally:
        watched.close()


def _policy_of(guard: str) -> Policy:
    """What rooms above hand down by name."""
    name, settings = json.loads(guard)
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)(**settings)


def _trim_tracebacks(path: str) -> None:
    """Show the script's errors without our frames, as Python itself shows them."""
    show = sys.excepthook

    def shown(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        first = traceback
        while first is not None and not first.tb_frame.f_code.co_filename.startswith(path):
            first = first.tb_next
        trimmed = traceback if first is None else first
        show(kind, error.with_traceback(trimmed), trimmed)

    sys.excepthook = shown


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5], sys.argv[6:])
