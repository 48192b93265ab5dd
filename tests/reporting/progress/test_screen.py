"""Mirrors ratecraft/reporting/progress/screen.py."""

import io
from collections.abc import Callable, Iterator, Sequence
from itertools import count

import pytest

from ratecraft.controllers.estimate import Estimate
from ratecraft.records.answer import Foreseen, Span
from ratecraft.records.events import Event, Finished, Progress, Proposed, Started
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.proof import Price
from ratecraft.reporting.progress.meter import Meter
from ratecraft.reporting.progress.screen import LiveScreen, PlainScreen, SilentScreen, open_screen
from ratecraft.reporting.text.page import Page, is_live


def plan(horizon: int | None) -> Estimate:
    return Estimate(8, 1, runs=1.6, total_runs=2.6, budget=1.75, horizon=horizon)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def ticking() -> Callable[[], float]:
    """A clock that is ten seconds later each time it is read."""
    ticks: Iterator[int] = count()
    return lambda: 10.0 * next(ticks)


@pytest.mark.parametrize(
    ("environment", "live"), [({}, True), ({"TERM": "dumb"}, False), ({"CI": "true"}, False), ({"CI": ""}, True)]
)
def test_a_terminal_is_live_unless_it_is_dumb_or_a_build_log(environment: dict[str, str], live: bool) -> None:
    assert is_live(Terminal(), environment) is live


def test_a_pipe_is_never_live() -> None:
    assert not is_live(io.StringIO(), {"FORCE_COLOR": "1"})


@pytest.mark.parametrize(("live", "kind"), [(True, LiveScreen), (False, PlainScreen)])
def test_one_screen_is_opened_and_never_both(live: bool, kind: type) -> None:
    screen = open_screen(io.StringIO(), Page(), plan, live=live)
    screen.close()
    assert isinstance(screen, kind)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_plain_log_looks_as_in_the_golden_file(
    events: Sequence[Event], language: str, golden: Callable[[str, str], None]
) -> None:
    stream = io.StringIO()
    screen = open_screen(stream, Page(language), plan, live=False, clock=ticking())
    for event in events:
        screen.hear(event)
    screen.say("epoch 1: val_loss 1.31")
    screen.close()
    golden(f"log-{language}", stream.getvalue().rstrip("\n"))


def test_a_plain_log_tells_of_each_tenth_of_a_long_run_once(events: Sequence[Event]) -> None:
    final = Job(start=300, evaluate=Evaluate("natural", "val_loss"))
    stream = io.StringIO()
    screen = open_screen(stream, Page(), plan, live=False, past=events)
    screen.hear(Proposed(final, "final"))
    screen.hear(Started(final.key, 1))
    for step in range(2400):
        screen.hear(Progress(final.key, step, step, 1.0))
    assert len(stream.getvalue().splitlines()) == 1 + 9


def test_the_past_is_folded_and_not_told_again(events: Sequence[Event]) -> None:
    stream = io.StringIO()
    open_screen(stream, Page(), plan, live=False, past=events)
    assert stream.getvalue() == ""


def test_a_live_screen_draws_the_block_and_takes_it_away(events: Sequence[Event]) -> None:
    stream = io.StringIO()
    screen = open_screen(stream, Page(), plan, live=True)
    for event in events:
        screen.hear(event)
    screen.close()
    screen.close()
    written = stream.getvalue()
    assert "7.5e-4" in written
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") == 1  # the cursor comes back


def test_a_live_screen_prints_the_script_s_lines_above_the_block() -> None:
    stream = io.StringIO()
    screen = open_screen(stream, Page(), plan, live=True)
    screen.say("[epoch 1] val_loss \x1b[31m1.3\x1b[0m")
    screen.close()
    written = stream.getvalue()
    assert written.index("[epoch 1] val_loss 1.3\n") < written.rindex("starting")


def test_a_live_screen_writes_no_colour_on_a_page_without(events: Sequence[Event]) -> None:
    stream = io.StringIO()
    screen = open_screen(stream, Page(), plan, live=True)
    for event in events:
        screen.hear(event)
    screen.close()
    assert "\x1b[1m" not in stream.getvalue()


def test_ten_thousand_events_do_not_draw_ten_thousand_blocks(events: Sequence[Event]) -> None:
    stream = io.StringIO()
    screen = open_screen(stream, Page(), plan, live=True, past=events)
    job = events[-1]
    assert isinstance(job, Progress)
    for step in range(10_000):
        screen.hear(Progress(job.job, step, step, 1.0))
    screen.close()
    assert stream.getvalue().count("of 1.75 runs") < 1000


def test_a_silent_screen_takes_everything(events: Sequence[Event]) -> None:
    screen = SilentScreen()
    screen.hear(events[0])
    screen.say("line")
    screen.close()


@pytest.mark.parametrize("live", [True, False])
def test_what_is_foreseen_of_the_final_run_is_said_before_it_begins(live: bool) -> None:
    stream = io.StringIO()
    screen = open_screen(stream, Page(), plan, live=live)
    job = Job(evaluate=Evaluate("natural", "val_loss"))
    screen.hear(Proposed(job, "final", Foreseen(Span(1.4, 1.3, 1.5), Span(1.3, 1.1, 1.5))))
    screen.hear(Started(job.key, 1))
    screen.close()
    assert stream.getvalue().count("val_loss will end at 1.40 (1.30 to 1.50") == 1


class Gone(io.StringIO):
    """A stream whose reader has gone."""

    def write(self, text: str, /) -> int:
        raise BrokenPipeError


def test_a_reader_that_has_gone_does_not_end_the_study() -> None:
    PlainScreen(Gone(), Page(), Meter(None, (), lambda: 0.0)).say("a line")


def test_of_a_run_that_failed_before_its_first_step_no_steps_are_told() -> None:
    stream, job = io.StringIO(), Job(evaluate=Evaluate("natural"))
    screen = PlainScreen(stream, Page(), Meter(plan, (), ticking()))
    for event in (Proposed(job, "baseline"), Started(job.key, 1), Finished(Outcome(job.key, Ending.FAILED), 1)):
        screen.hear(event)
    assert stream.getvalue() == "baseline: started\nbaseline: failed\n"


def test_the_price_of_a_proof_is_told_by_its_first_branch() -> None:
    stream, job = io.StringIO(), Job(stop=50, evaluate=Evaluate("frozen", steps=25))
    screen = PlainScreen(stream, Page(), Meter(plan, (), ticking()))
    screen.hear(Proposed(job, "branch", price=Price(3.29, 6.28)))
    assert stream.getvalue().startswith("Between 3.3 and 6.3 runs in total, scoring included")
