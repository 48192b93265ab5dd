"""The screen of a running study: a live block on a terminal, plain lines elsewhere, never both.

Path:   events of the driver, printed lines of the final run -> stderr.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TextIO

from ratecraft.records.events import Event, Finished, Progress, Started
from ratecraft.reporting.progress.estimate import Planner
from ratecraft.reporting.progress.meter import Clock, Meter
from ratecraft.reporting.progress.seen_figures import SeenFigures
from ratecraft.reporting.progress.trial_progress import best_text
from ratecraft.reporting.progress.view import budget_text, job_text, news_of, view_lines
from ratecraft.reporting.results.foresight import foretold
from ratecraft.reporting.text.durations import about_text
from ratecraft.reporting.text.page import Page

if TYPE_CHECKING:
    from rich.text import Text

_REFRESHES = 8  # redraws a second, at most
_TENTHS = 10  # a plain log reports on a long run this often


class Screen(Protocol):
    """Displays a study."""

    def hear(self, event: Event) -> None:
        """One more event."""
        ...

    def say(self, line: str) -> None:
        """A line that the script printed in its final run."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was; safe to call twice."""
        ...


def open_screen(
    stream: TextIO,
    page: Page,
    plan: Planner | None,
    *,
    live: bool,
    past: Iterable[Event] = (),
    clock: Clock = time.monotonic,
) -> Screen:
    """The screen that suits the stream (`page.is_live`). `past` are recorded events, folded but not reported again."""
    meter = Meter(plan, past, clock)
    return LiveScreen(stream, page, meter) if live else PlainScreen(stream, page, meter)


class SilentScreen:
    """Displays nothing."""

    def hear(self, event: Event) -> None:
        """Nothing to do."""

    def say(self, line: str) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


class PlainScreen:
    """One line for each event worth reporting; for pipes, build logs and dumb terminals."""

    def __init__(self, stream: TextIO, page: Page, meter: Meter) -> None:
        self._stream = stream
        self._page = page
        self._meter = meter
        self._tenths: dict[str, int] = {}
        self._figures = SeenFigures(page)

    def hear(self, event: Event) -> None:
        """Report a start, an end, each tenth of a full run, and the prediction for the final one."""
        self._meter.hear(event)
        compared = self._figures.lines(event)
        if ahead := foretold(event, self._page):
            self.say(ahead)
        view = self._meter.view
        job = news_of(view, event)
        if job is None or (isinstance(event, Progress) and not self._is_new_tenth(event)):
            return
        line = job_text(job, view, self._page)
        if not isinstance(event, Started):
            line = self._page.words("screen.progress.and").join([line, *self._spent(), *self._left()])
        self.say(line)
        best = view.standings.best
        if isinstance(event, Finished) and best is not None and best.job == event.outcome.job:
            self.say(best_text(best, self._page))
        for figure in compared:
            self.say(figure)

    def say(self, line: str) -> None:
        """Write the line as it is; a reader that has gone, such as `head`, does not end the study."""
        with suppress(BrokenPipeError):
            self._stream.write(line + "\n")
            self._stream.flush()

    def close(self) -> None:
        """Nothing to restore."""

    def _spent(self) -> list[str]:
        view = self._meter.view
        return [budget_text(view, self._page)] if view.executed else []  # a run that failed at once has no progress

    def _left(self) -> list[str]:
        left = self._meter.seconds_left()
        return [self._page.words("screen.progress.left", time=about_text(left, self._page))] if left else []

    def _is_new_tenth(self, event: Progress) -> bool:
        view = self._meter.view
        job = view.jobs.get(event.job)
        if job is None or job.phase not in ("baseline", "final") or not view.horizon:
            return False
        tenth = min(_TENTHS * event.step // view.horizon, _TENTHS - 1)
        if tenth <= self._tenths.get(event.job, 0):
            return False
        self._tenths[event.job] = tenth
        return True


class LiveScreen:
    """One block that rewrites itself; what the script prints scrolls above it.

    Events only change the view; Rich's own thread draws it a few times a second, however many events come.
    """

    def __init__(self, stream: TextIO, page: Page, meter: Meter) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        self._page = page
        self._meter = meter
        self._figures = SeenFigures(page)
        self._read = Text.from_ansi
        self._console = Console(
            file=stream,
            width=page.width,
            force_terminal=True,
            color_system="standard" if page.colour else None,
            highlight=False,
        )
        self._live = Live(
            console=self._console,
            get_renderable=self._block,
            refresh_per_second=_REFRESHES,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def hear(self, event: Event) -> None:
        """Fold the event into the view; print above it a reused baseline and the prediction."""
        self._meter.hear(event)
        job = news_of(self._meter.view, event)
        if job is not None and job.reused and job.phase == "baseline":
            self.say(job_text(job, self._meter.view, self._page))
        if ahead := foretold(event, self._page):
            self.say(ahead)
        for line in self._figures.lines(event):
            self.say(line)

    def say(self, line: str) -> None:
        """Print the line above the block, with its own colours."""
        self._console.print(self._read(line), soft_wrap=True)

    def close(self) -> None:
        """Take the block away."""
        self._live.stop()

    def _block(self) -> "Text":
        lines = view_lines(self._meter.view, self._page, self._meter.seconds_left())
        return self._read("\n".join(lines), no_wrap=True, overflow="ellipsis")
