"""Mirrors ratecraft/reporting/pages/live/page.py and live_losses.py: `Live` values as a follower makes them."""

import re
from array import array
from collections.abc import Sequence
from dataclasses import replace

from tests.reporting import invented

from ratecraft.records.events import Event, Finished, Progress, Proposed, Started
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending, Outcome, RunFacts
from ratecraft.reporting.pages.live.following import Live, LiveCurve
from ratecraft.reporting.pages.live.losses import losses_figure
from ratecraft.reporting.pages.live.page import live_page
from ratecraft.reporting.progress.view import View, follow
from ratecraft.reporting.text.page import Page
from ratecraft.schedules.builders.constructors import constant, linear

SCORED = Evaluate("figure", "val_loss")
OWN = Job(evaluate=Evaluate("natural", "val_loss"))


def probe(rate: float) -> tuple[Job, Job]:
    trunk = Job({"rate": constant(rate)}, stop=80)
    return trunk, Job(
        {"rate": constant(rate, 80) >> linear(rate, 0, 20)}, start=80, stop=100, parent=trunk.key, evaluate=SCORED
    )


def live(jobs: Sequence[tuple[Job, Ending | None, float | None]], **changes: object) -> Live:
    """A study whose baseline of 1,000 steps is done, with these jobs; each has told a loss a step."""
    done = Outcome(OWN.key, Ending.DONE, 1000, 1000, score=1.0, facts=RunFacts(horizon=1000))
    events: list[Event] = [Proposed(OWN, "baseline"), Started(OWN.key, 1), Finished(done, 1)]
    curves: dict[str, LiveCurve] = {}
    for place, (job, ending, score) in enumerate(jobs, 1):
        count = (job.stop or 0) - job.start
        events += [Proposed(job, "bracket"), Started(job.key, 1), Progress(job.key, job.start + count, count, 1.0)]
        if ending is not None:
            events.append(Finished(Outcome(job.key, ending, count, count, score=score), 1))
        curves[job.key] = LiveCurve(job, array("d", [1.0] * count), count, place)
    view = View(runs=1.5, horizon=1000, budget=1.85)
    for event in events:
        view = follow(view, event)
    return replace(Live(invented.HEADER, "running", view=view, curves=curves), **changes)  # pyright: ignore[reportArgumentType]


def three() -> list[tuple[Job, Ending | None, float | None]]:
    (low, low_end), (good, good_end), (high, _) = map(probe, (0.01, 0.1, 1.0))
    ended = Ending.DONE
    return [
        *((low, ended, None), (low_end, ended, 0.9), (good, ended, None), (good_end, ended, 0.5)),
        (high, Ending.BLOWN_UP, None),
    ]


def test_each_rate_is_one_line_from_its_first_step_on() -> None:
    (panel,) = losses_figure(live(three()), Page()).chart.panels
    strong = [line for line in panel.lines if line.label == "0.1" and not line.is_faint]
    assert [sum(value is not None for value in line.values) for line in strong] == [100]


def test_a_rate_that_has_lost_stands_back_with_the_reason() -> None:
    (panel,) = losses_figure(live(three()), Page()).chart.panels
    lost = {line.label for line in panel.lines if line.is_faint and line.label != "0.1"}
    assert lost == {"1e-2: out, 0.900 against 0.500", "1: blown up"}
    assert [line.label for line in panel.lines if not line.is_faint] == ["0.1"]


def test_a_rate_keeps_its_look_when_others_come_and_go() -> None:
    jobs = three()
    looks = [
        {line.label.split(":")[0]: line.role for line in losses_figure(live(told), Page()).chart.panels[0].lines}
        for told in (jobs[:4], jobs, jobs)
    ]
    assert looks[1].items() >= looks[0].items()
    whole = live(jobs)
    later = replace(whole, curves={key: each for key, each in whole.curves.items() if key != jobs[0][0].key})
    assert losses_figure(later, Page()).chart.panels[0].lines[0].role == looks[0]["0.1"]


def test_the_bar_says_what_is_done_of_all_that_is_planned() -> None:
    page = str(live_page("x", live(three(), seconds_left=185.0), "ratecraft show x", "en").main)
    done = 1000 + 100 + 100 + 80
    assert f'<progress value="{done}" max="2500" aria-label="1.28 of 2.50 runs, baseline included">' in page
    assert "running, bracket, ~3 min left" in page


def test_of_a_run_of_unknown_length_steps_are_told_and_no_bar_moves() -> None:
    job = probe(0.1)[0]
    view = follow(follow(View(), Proposed(job, "bracket")), Started(job.key, 1))
    page = str(live_page("x", Live(invented.HEADER, "running", view=view), "ratecraft show x", "en").main)
    assert "<progress" not in page
    assert re.search(r"<td[^>]*>starting</td>", page)
