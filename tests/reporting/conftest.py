"""A realistic study, made by hand, and the golden files.

To rewrite the golden files after a change that is meant, look at the difference afterwards:
    RATECRAFT_REWRITE_GOLDEN=1 python -m pytest tests/reporting
"""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from tests.reporting import invented

from ratecraft.records.answer import Answer, Decision, Probe, Ramp, RunResult
from ratecraft.records.cost import Costs
from ratecraft.records.events import Event, Finished, Progress, Proposed, Started
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import Ending, Group, Note, Outcome, RunFacts
from ratecraft.reporting.report.evidence import Evidence
from ratecraft.reporting.results.summary import Summary
from ratecraft.reporting.text.page import cells
from ratecraft.schedules.builders.constructors import constant, linear

GOLDEN = Path(__file__).parent / "golden"

_study = cache(invented.study)


@pytest.fixture
def evidence() -> Evidence:
    """What is known of the invented study."""
    return _study()


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares a text with the golden file of that name."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / f"{name}.txt"
        if os.environ.get("RATECRAFT_REWRITE_GOLDEN"):
            file.write_text(text + "\n", encoding="utf-8")
        assert text + "\n" == file.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def widest() -> Callable[[str], int]:
    """Cells of the longest line."""
    return lambda text: max(cells(line) for line in text.splitlines())


@pytest.fixture
def probes() -> tuple[Probe, ...]:
    first = ((7.5e-4, 2.31), (3e-3, 1.93), (6e-3, 1.88), (1.2e-2, 1.91), (4.8e-2, 2.6))
    second = ((3e-3, 1.52), (6e-3, 1.47), (1.2e-2, 1.58))
    return (
        *(Probe(f"bracket-{rate}", rate, 94, score, "done", warm_up=18) for rate, score in first),
        Probe("bracket-0.192", 0.192, 94, None, "blown up", warm_up=18),
        *(Probe(f"branch-{rate}", rate, 375, score, "done", warm_up=120) for rate, score in second),
    )


@pytest.fixture
def answer(probes: tuple[Probe, ...]) -> Answer:
    return Answer(
        verdict="gain",
        metric=Metric("val_loss", "min"),
        rate=4.9e-3,
        interval=(3.6e-3, 6.9e-3),
        rough=True,
        edge=0.192,
        own_rate=3e-3,
        horizon=2400,
        horizon_source="run",
        schedules={
            "rate": constant(6e-3, length=300) >> constant(4.9e-3, length=660) >> linear(4.9e-3, 0, length=1440)
        },
        groups=(Group(1_203_482, 3e-3, 1.0), Group(5_120, 3e-4, 0.1)),
        leading=0,
        baseline=RunResult(final=1.412, best=1.398, best_at=1920, steps=2400),
        tuned=RunResult(final=1.266, best=1.261, best_at=2304, steps=2400),
        final_job="final",
        best_job="final",
        probes=probes,
        decisions=DECISIONS,
        marks=("rough",),
    )


DECISIONS = (
    Decision("horizon-run", {"steps": 2400}),
    Decision("metric-found", {"metric": "val_loss"}),
    Decision("passes", {"passes": 10.24}),
    Decision("bracket-start", {"rate": 3e-3, "stop": 94}),
    Decision("untrained", {"score": 2.71}),
    Decision("extended-up", {"rate": 4.8e-2}),
    Decision("bracket-closed", {"low": 7.5e-4, "high": 4.8e-2}),
    Decision("neighbour", {"rate": 6e-3}),
    Decision("bracket-bottom", {"rate": 6.3e-3, "stop": 94}),
    Decision("branch-start", {"high": 6e-3, "low": 3e-3, "stop": 375}),
    Decision("third-up", {"rate": 1.2e-2}),
    Decision("slope-prior", {"slope": -0.1}),
    Decision("chosen", {"bottom": 5.27e-3, "stop": 375, "rate": 4.9e-3}),
    Decision("continued", {"rate": 6e-3, "step": 300}),
    Decision("interval-rough", {"low": 3.6e-3, "high": 6.9e-3}),
    Decision("compared-better", {"baseline": 1.412, "tuned": 1.266, "margin": 0.0141}),
)
NOTES = (Note("momentum-frozen"),)

CODE = """\
from torch.optim.lr_scheduler import LambdaLR


def rate(step):
    if step < 300:
        return 6e-3
    return 4.9e-3 * min(1.0, max(0.0, (2400 - step) / 1440))


scheduler = LambdaLR(optimizer, lambda step: rate(step) / 3e-3)
"""


@pytest.fixture
def summary(answer: Answer) -> Summary:
    return Summary(
        study="tune-train-3f9a12",
        path=".ratecraft/tune-train-3f9a12",
        answer=answer,
        costs=Costs(
            runs=1.62,
            baseline_runs=1.0,
            evaluation_steps=312.0,
            recomputed_steps=0,
            total_runs=2.75,
            seconds=372.4,
            by_phase={"baseline": 2400, "bracket": 744, "branch": 744, "final": 2400},
        ),
        notes=NOTES,
        model=".ratecraft/tune-train-3f9a12/best.pt",
        expression="constant(6e-3, 300) >> constant(4.9e-3, 660) >> linear(4.9e-3, 0, 1440)",
        code=CODE,
        next_command="ratecraft show tune-train-3f9a12 --json",
    )


@pytest.fixture
def events() -> tuple[Event, ...]:
    """A study half-way: baseline and three probes done, two branches under way."""
    own = Job(evaluate=Evaluate("natural", "val_loss"))
    facts = RunFacts(horizon=2400)
    done = Outcome(own.key, Ending.DONE, 2400, 2400, score=1.412, losses=(1.3,), facts=facts)
    told: list[Event] = [Proposed(own, "baseline"), Started(own.key, 1), Progress(own.key, 1200, 1200, 1.8)]
    told.append(Finished(done, 1))
    for rate, score in ((7.5e-4, 2.31), (3e-3, 1.93), (1.2e-2, None)):
        job = Job({"rate": constant(rate)}, stop=94, evaluate=Evaluate("figure", "val_loss"))
        ending = Ending.BLOWN_UP if score is None else Ending.DONE
        outcome = Outcome(job.key, ending, 94, 94, score=score, losses=(2.0,))
        told += [Proposed(job, "bracket"), Started(job.key, 1), Progress(job.key, 50, 50, 2.2), Finished(outcome, 1)]
    for rate in (3e-3, 6e-3):
        job = Job({"rate": constant(rate)}, stop=375, evaluate=Evaluate("figure", "val_loss"))
        told += [Proposed(job, "branch"), Started(job.key, 1), Progress(job.key, 140, 140, 1.6)]
    return tuple(told)


@pytest.fixture
def found(probes: tuple[Probe, ...]) -> Summary:
    """A rate that was found by probes alone; the costs are those of its steps."""
    first = tuple(each for each in probes if each.stop == 94)
    answer = Answer(
        verdict="found",
        metric=Metric("val_loss", "min"),
        rate=4.1e-3,
        interval=(2.2e-3, 7.4e-3),
        rough=True,
        edge=0.192,
        own_rate=3e-3,
        horizon=2400,
        horizon_source="loops",
        groups=(Group(1_203_482, 3e-3, 1.0),),
        probes=first,
        decisions=(
            Decision("horizon-loops", {"steps": 2400}),
            Decision("metric-found", {"metric": "val_loss"}),
            Decision("bracket-start", {"rate": 3e-3, "stop": 94}),
            Decision("bracket-closed", {"low": 7.5e-4, "high": 4.8e-2}),
            Decision("bracket-bottom", {"rate": 7.9e-3, "stop": 94}),
            Decision("slope-usual", {"slope": -0.2}),
            Decision("moved", {"bottom": 7.9e-3, "stop": 94, "rate": 4.1e-3, "steps": 2400}),
            Decision("interval-moved", {"low": 2.2e-3, "high": 7.4e-3}),
        ),
        marks=("rough", "moved"),
    )
    costs = Costs(0.24, 0.0, 12.0, 0, 0.245, 43.0, {"census": 1, "bracket": 564})
    return Summary(
        "find-train-3f9a12",
        ".ratecraft/find-train-3f9a12",
        answer,
        costs,
        next_command="ratecraft tune train.py",
        verb="find",
    )


@pytest.fixture
def ramped(found: Summary) -> Summary:
    """What a ramp alone tells."""
    rates = tuple(1e-6 * 10 ** (step / 13) for step in range(100))
    losses = tuple(2.3 - 1.5 / (1 + 1e-2 / rate) + max(0.0, rate / 0.3 - 1) ** 2 for rate in rates[:80])
    suggestions = {"before_rise": 0.35, "steepest": 1.2e-2, "valley": 2.1e-3, "minimum_tenth": None}
    ramp = Ramp("ramp", rates, losses, edge=0.42, edge_interval=(0.35, 0.5), suggestions=suggestions)
    answer = Answer(
        verdict="suggested",
        metric=Metric("training_loss", "min", source="training"),
        edge=0.42,
        own_rate=3e-3,
        horizon=2400,
        horizon_source="loops",
        decisions=(Decision("horizon-loops", {"steps": 2400}), Decision("ramp-edge", {"edge": 0.42})),
        marks=("ramp-only",),
        ramp=ramp,
    )
    costs = Costs(0.033, 0.0, 0.0, 0, 0.033, 6.2, {"census": 1, "ramp": 80})
    return replace(found, answer=answer, costs=costs, next_command="ratecraft find train.py")
