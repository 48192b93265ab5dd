"""The first lines of a study about its metric: which figure is compared, why, and what to type for another.

Path:   the events of its first run -> sentences, above the progress.
"""

from collections.abc import Sequence

from ratecraft.controllers.baseline.compared import asked_about, compared, figure_decisions
from ratecraft.records.events import Event, Finished, Proposed
from ratecraft.records.job import Job
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import Ending
from ratecraft.reporting.text.page import Page


class SeenFigures:
    """Prints these lines once, after the first run that shows the script's figures."""

    def __init__(self, page: Page) -> None:
        self._page, self._first, self._said = page, dict[str, Job](), False

    def lines(self, event: Event) -> Sequence[str]:
        """The lines to print after this event, usually none."""
        if isinstance(event, Proposed) and event.phase in ("baseline", "census"):
            self._first[event.job.key] = event.job
        if self._said or not isinstance(event, Finished) or event.outcome.job not in self._first:
            return ()
        if event.outcome.ending is not Ending.DONE:
            return ()
        self._said = True
        asked = self._first[event.outcome.job].evaluate
        given = Metric(asked.metric, asked.direction, chosen_by="user") if asked and asked.metric else None
        found = compared(event.outcome, given)
        if asked_about(found):  # the study ends with a question
            return ()
        decisions = figure_decisions(found, found.metric, found.metric)
        return tuple(self._page.words(f"decision.{decision.code}.text", **decision.values) for decision in decisions)
