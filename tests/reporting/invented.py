"""A whole study made up by a formula: jobs, outcomes and answer that fit together, one probe of which blew up."""

import math
import random
from dataclasses import replace

from ratecraft.records.answer import Answer, Decision, Probe, RunResult
from ratecraft.records.cost import costs
from ratecraft.records.events import Event, Finished, Proposed, Started
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import Ending, Figure, Group, Note, Outcome, RunFacts
from ratecraft.records.storage.header import StudyHeader
from ratecraft.reporting.report.evidence import Evidence, evidence_of
from ratecraft.reporting.results.summary import Summary
from ratecraft.schedules.builders.constructors import constant, linear

HORIZON, SHORT, LONG = 1600, 63, 250
OWN, BOTTOM, CHOSEN, EDGE, UNTRAINED = 1e-3, 0.0141, 0.012, 0.256, 2.3
FACTS = RunFacts(("SGD",), (Group(1_203_482, OWN, 1.0), Group(5_120, OWN / 10, 0.1)), own_rate=OWN, horizon=HORIZON)
HEADER = StudyHeader(
    "tune-train-3f9a12",
    "tune",
    "train.py",
    ("--epochs", "8"),
    "9c05133c5d14f9c979ea03010dc47644",
    "2.13.0",
    {"threads": 1, "seed": 0, "budget": 1.6},
    "0.1.0",
    "2026-11-25T10:35:01+00:00",
    "/home/secret",
)


def losses(rate: float, first: int, last: int, seed: int = 0) -> tuple[float, ...]:
    """A loss that falls with the rate and the steps, uneven from step to step; it runs away from the edge on."""
    draw = random.Random(f"{rate} {first} {seed}")  # noqa: S311 - the same study every time
    if rate >= EDGE:
        return tuple(2.3 * 1.25**step for step in range(first, last))
    speed = 40 * rate / (1 + (rate / 0.05) ** 2)
    return tuple(0.1 + 2.2 * math.exp(-speed * step / 40) * draw.uniform(0.8, 1.2) for step in range(first, last))


def score(rate: float, stop: int) -> float:
    return round(0.2 + 60 / stop * (0.1 + 0.08 * math.log2(rate / BOTTOM) ** 2), 4)


class Told:
    """Events as a driver would append them."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def run(self, job: Job, phase: str, outcome: Outcome) -> str:
        self.events += [Proposed(job, phase), Started(job.key, 1), Finished(replace(outcome, job=job.key), 1)]  # pyright: ignore[reportArgumentType]
        return job.key

    def full(self, job: Job, phase: str, rate: float, final: float) -> str:
        steps = HORIZON - job.start
        figures = tuple(
            Figure(step, "val_loss", final + (2.2 - final) * math.exp(-step / 300), "printed")
            for step in range(200, HORIZON + 1, 200)
            if step > job.start
        )
        own = () if job.schedules else (OWN,) * steps
        told = losses(rate, job.start, HORIZON)
        return self.run(
            job,
            phase,
            Outcome(
                "",
                Ending.DONE,
                steps,
                steps,
                score=final,
                losses=told,
                own_rates=own,
                figures=figures,
                facts=FACTS,
                seconds=18.4,
            ),
        )

    def probe(self, rate: float, stop: int, phase: str) -> tuple[Probe, Job]:
        """A trunk and the branch that is scored; from the edge on the trunk blows up."""
        at = round(stop * 0.8)
        trunk = Job({"rate": constant(rate)}, stop=at)
        lost = rate >= EDGE
        end = Ending.BLOWN_UP if lost else Ending.DONE
        count = 20 if lost else at
        self.run(trunk, phase, Outcome("", end, count, count, losses=losses(rate, 0, count), facts=FACTS, seconds=0.7))
        if lost:
            return Probe(trunk.key, rate, stop, None, end.value, warm_up=stop // 5), trunk
        evaluate = Evaluate("figure", "val_loss")
        schedule = {"rate": constant(rate, at) >> linear(rate, 0, stop - at)}
        branch = Job(schedule, start=at, stop=stop, parent=trunk.key, evaluate=evaluate)
        told = Outcome(
            "", end, stop - at, stop - at, score=score(rate, stop), losses=losses(rate, at, stop), seconds=0.3
        )
        return Probe(self.run(branch, phase, told), rate, stop, score(rate, stop), end.value, warm_up=stop // 5), trunk


DECISIONS = (
    Decision("horizon-run", {"steps": HORIZON}),
    Decision("bracket-start", {"rate": OWN, "stop": SHORT}),
    Decision("untrained", {"score": UNTRAINED}),
    Decision("extended-up", {"rate": 0.016}),
    Decision("extended-up", {"rate": 0.064}),
    Decision("extended-up", {"rate": 0.256}),
    Decision("neighbour", {"rate": 0.008}),
    Decision("branch-start", {"high": 0.016, "low": 0.008, "stop": LONG}),
    Decision("third-up", {"rate": 0.032}),
    Decision(
        "annealing-gained", {"rate": 0.016, "at": 200, "stop": LONG, "gained": 0.1, "fixed": 0.33, "annealed": 0.23}
    ),
    Decision("chosen", {"bottom": BOTTOM, "stop": LONG, "rate": CHOSEN}),
    Decision("constant-worse", {"rate": CHOSEN, "constant": 0.16, "tuned": 0.09, "margin": 0.002}),
    Decision("compared-better", {"baseline": 0.164, "tuned": 0.09, "margin": 0.000821}),
)


def study() -> Evidence:
    """The study: baseline, six short probes and three long ones, the final run, its rate held constant."""
    told = Told()
    told.full(Job(evaluate=Evaluate("natural")), "baseline", OWN, 0.164)
    short = [told.probe(rate, SHORT, "bracket") for rate in (2.5e-4, 1e-3, 4e-3, 0.016, 0.064, EDGE, 0.008)]
    long = {rate: told.probe(rate, LONG, "branch") for rate in (0.016, 0.008, 0.032)}
    trunk = long[0.016][1]
    held = Probe("held", 0.016, 200, 0.33, "done")
    schedules = {"rate": constant(0.016, 200) >> constant(CHOSEN, 440) >> linear(CHOSEN, 0, HORIZON - 640)}
    natural = Evaluate("natural", "val_loss")
    final = told.full(
        Job(schedules, start=200, stop=HORIZON, parent=trunk.key, evaluate=natural), "final", CHOSEN, 0.09
    )
    told.full(Job({"rate": constant(CHOSEN)}, stop=HORIZON, evaluate=natural), "final", CHOSEN * 1.001, 0.16)
    answer = Answer(
        "gain",
        Metric("val_loss", "min"),
        rate=CHOSEN,
        interval=(0.006, 0.026),
        rough=True,
        edge=EDGE,
        own_rate=OWN,
        horizon=HORIZON,
        horizon_source="run",
        schedules=schedules,
        groups=FACTS.groups,
        baseline=RunResult(0.164, 0.164, HORIZON, HORIZON),
        tuned=RunResult(0.09, 0.084, 1400, HORIZON),
        constant=RunResult(0.16, 0.15, 1400, HORIZON),
        final_job=final,
        best_job=final,
        probes=tuple(probe for probe, _ in (*sorted(short, key=lambda each: each[0].rate), *long.values())),
        unannealed=held,
        decisions=DECISIONS,
        marks=("rough",),
    )
    summary = Summary(
        "tune-train-3f9a12",
        ".ratecraft/tune-train-3f9a12",
        answer,
        costs(told.events, HORIZON, {}),
        (Note("momentum-frozen"),),
        expression=repr(schedules["rate"]),
        code="def rate(step):\n    return 0.012\n",
    )
    return evidence_of(summary, HEADER, told.events)
