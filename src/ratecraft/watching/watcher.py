"""Follows one run: takes what is seen of it, checks it now and then, and reports each finding once.

Path:   pieces of a run -> `Trace` -> the rules, which are handed in -> `judged` -> the receiver of the findings.
"""

import math
from collections.abc import Callable

from ratecraft.diagnosis.diagnosing import Diagnosis
from ratecraft.diagnosis.finding import Finding
from ratecraft.records.watching.observed import ObservedRun
from ratecraft.watching.acts import Acts
from ratecraft.watching.judging import FIRST_CHECK, Held, judged, next_check, standing
from ratecraft.watching.trace import Trace


class Watcher:
    """Follows a run under way.

    Args:
        diagnosis_of: The rules: returns the diagnosis of a run so far.
        tell: Takes each finding when it is certain, again when it has changed, and again when it no longer holds.
    """

    def __init__(self, diagnosis_of: Callable[[ObservedRun], Diagnosis], tell: Callable[[Finding], None]) -> None:
        self._diagnosis_of, self._tell = diagnosis_of, tell
        self._trace, self._held, self._acts = Trace(), dict[str, Held](), Acts()
        self._next, self._over = FIRST_CHECK, False
        self.told: tuple[Finding, ...] = ()
        """Everything that was told, in this order."""

    @property
    def run(self) -> ObservedRun:
        """The run so far."""
        return self._trace.run

    @property
    def steps(self) -> int:
        """Number of steps seen."""
        return self._trace.steps

    def take(self, piece: ObservedRun) -> None:
        """Take the next piece. The run is checked when a check is due, and whenever a loss is NaN or infinite."""
        self._trace.add(piece)
        self._acts, acted = self._acts.after(piece)
        self._say(acted)
        if self.steps >= self._next or _is_broken(piece):
            self._next = next_check(max(self.steps, FIRST_CHECK))
            self._look()

    def note(self, piece: ObservedRun) -> None:
        """Take the next piece without checking the run."""
        self._trace.add(piece)

    def taken_back(self, said: Diagnosis) -> tuple[str, ...]:
        """Codes that were reported and are not in this diagnosis."""
        codes = standing(said)
        told = (code for code, held in self._held.items() if held.told is not None or held.withdrawn)
        return tuple(code for code in told if code not in codes)

    def end(self, *, over: bool = True) -> None:
        """End the watch of the run.

        Args:
            over: The run came to its own end; if it was broken off, findings that only an end can settle are not
                reported.
        """
        if not self._over:
            self._over = True
            self._look(over=over, last=True)

    def _look(self, *, over: bool = False, last: bool = False) -> None:
        judgement = judged(self._held, self._diagnosis_of(self.run), over=over, last=last)
        self._held = dict[str, Held](judgement.held)
        self._say(judgement.told)

    def _say(self, findings: tuple[Finding, ...]) -> None:
        self.told += findings
        for finding in findings:
            self._tell(finding)


def _is_broken(piece: ObservedRun) -> bool:
    """Whether a loss in it is NaN or infinite."""
    loss = piece.series.get("loss")
    return loss is not None and not all(map(math.isfinite, loss.values.tolist()))
