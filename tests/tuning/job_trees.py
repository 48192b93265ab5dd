"""Generators of whole trees of jobs: trunks that leave trunks, and scored jobs of every kind that leave them."""

from functools import reduce

from hypothesis import strategies as st

from ratecraft.records.job import Evaluate, Job, StopRule
from ratecraft.schedules.builders.constructors import constant
from ratecraft.schedules.trees.nodes import Schedule

Lineage = tuple[Job, ...]

RATES = st.sampled_from([0.0005, 0.002, 0.008, 0.5])  # the last one blows up
LENGTHS = st.integers(3, 24)
RULES = st.sampled_from([StopRule(), StopRule("halve", 4), StopRule("halve", 1000, most_halvings=2)])
EVALUATIONS = st.sampled_from(
    [Evaluate("frozen", steps=4), Evaluate("figure", "val_loss", steps=6), Evaluate("natural", "val_loss")]
)


def schedule_of(pieces: list[tuple[float, int]], rate: float) -> Schedule:
    """Constant rates for so many steps each, then one for good."""
    parts: list[Schedule] = [constant(each, steps) for each, steps in pieces]
    return reduce(lambda left, right: left >> right, [*parts, constant(rate)])


@st.composite
def job_trees(draw: st.DrawFn) -> list[Lineage]:
    """Lineages in an order in which they may be submitted; every trunk has a scored child."""
    branches: list[tuple[Lineage, list[tuple[float, int]]]] = [((), [])]
    for _ in range(draw(st.integers(0, 4))):
        lineage, pieces = draw(st.sampled_from(branches))
        rate, length = draw(RATES), draw(LENGTHS)
        trunk = child_of(lineage, rate, length, pieces, draw(st.integers(0, 1)))
        branches.append(((*lineage, trunk), [*pieces, (rate, length)]))
    scored: list[Lineage] = []
    for lineage, pieces in [*branches, *draw(st.lists(st.sampled_from(branches), max_size=2))]:
        evaluate, rule = draw(EVALUATIONS), draw(RULES)
        job = child_of(lineage, draw(RATES), draw(LENGTHS), pieces, draw(st.integers(0, 1)), evaluate, rule)
        scored.append((*lineage, job))
    ordered = [lineage for lineage, _ in branches[1:]] + draw(st.permutations(scored))
    return list({lineage[-1].key: lineage for lineage in ordered}.values())


def child_of(
    lineage: Lineage,
    rate: float,
    length: int,
    pieces: list[tuple[float, int]],
    seed: int,
    evaluate: Evaluate | None = None,
    rule: StopRule | None = None,
) -> Job:
    """A job that leaves the last of the lineage; the first of a lineage gives its seed."""
    start = lineage[-1].stop or 0 if lineage else 0
    return Job(
        schedules={"rate": schedule_of(pieces, rate)},
        start=start,
        stop=start + length,
        parent=lineage[-1].key if lineage else None,
        seed=lineage[0].seed if lineage else seed,
        stop_rule=rule or StopRule(),
        evaluate=evaluate,
    )
