"""Receives what a hosted script reports while it runs, and passes it on or keeps it.

Path:   messages of the worker -> the listener (losses, figures, lines), the file of lines; facts and notes of the run.
Units:  steps of the run from 0.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from ratecraft.records.outcome import Note, RunFacts
from ratecraft.records.running import Listener, SeriesBlock
from ratecraft.training.processes.wire import Handed, Line, Marked, Message, Noted, Scored, Stepped, Told
from ratecraft.training.scoring.kept_lines import KeptLines


class RunReports:
    """The reports of one run.

    Args:
        listener: Receives losses, figures and lines.
        lines: File for the script's printed lines; None if these are shown, or not sent.
        strays: As for `ScriptRun`.
        hand_over: As for `ScriptRun`.
        marked: As for `ScriptRun`.

    Attributes:
        step: Steps known to be done.
        has_stepped: Whether the loss of a step was received.
        has_strayed: Whether the run used a path of the run that it left.
        facts: What the last answer said about the script.
        notes: Notes for the user.
    """

    def __init__(
        self,
        listener: Listener,
        lines: Path | None,
        strays: Callable[[Path], bool],
        hand_over: Callable[[Handed], None],
        marked: Callable[[Mapping[str, str | float]], None],
    ) -> None:
        self._listener, self._strays, self._hand_over, self._marked = listener, strays, hand_over, marked
        self._lines = KeptLines(lines) if lines else None
        self.step, self.has_stepped, self.has_strayed = 0, False, False
        self.facts, self.notes = RunFacts(), list[Note]()

    def answered(self, answer: Stepped | Scored) -> None:
        """A command was answered."""
        self.facts = answer.facts
        if isinstance(answer, Stepped):
            self.step = answer.passage.step

    def hear(self, message: Message) -> None:
        """Take a message that precedes an answer."""
        match message:
            case SeriesBlock():
                self.has_stepped = True
                self._listener.block(message)
                if message.name == "loss":
                    self.step = message.first + message.count
            case Told(figure):
                self._listener.figure(figure)
            case Line() if self._lines is not None:
                self._lines.add(message)
            case Line(text, source="" | "evaluated"):
                self._listener.line(text)
            case Handed():
                self._hand_over(message)
            case Marked(facts):
                self._marked(facts)
            case Noted(note):
                self.notes.append(note)
                self.has_strayed |= note.code == "write-denied" and self._strays(Path(str(note.values["path"])))
            case _:
                pass

    def close(self) -> None:
        """The run is over: its file of lines is complete."""
        if self._lines is not None:
            self._lines.close()
