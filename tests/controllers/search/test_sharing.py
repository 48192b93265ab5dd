"""Mirrors ratecraft/controllers/search/sharing.py."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ratecraft.controllers.search.sharing import saved_steps, shared
from ratecraft.records.events import Proposed
from ratecraft.records.job import Evaluate, Job
from ratecraft.schedules.builders.constructors import constant, linear
from ratecraft.schedules.trees.nodes import Schedule

STEPS = 120


def run_of(schedule: Schedule, seed: int = 0, arguments: tuple[str, ...] = ()) -> Proposed:
    job = Job({"rate": schedule}, stop=STEPS, seed=seed, arguments=arguments, evaluate=Evaluate("natural"))
    return Proposed(job, "trial")


def flat_until(step: int, rate: float = 0.1, to: float = 0.0) -> Schedule:
    return constant(rate, step) >> linear(rate, to, STEPS - step)


PIECES = st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=3, max_size=3)
RUNS = st.lists(
    st.tuples(PIECES, st.integers(0, 1)), min_size=1, max_size=8, unique_by=lambda run: (tuple(run[0]), run[1])
)


def pieces(rates: list[float]) -> Schedule:
    first, second, third = rates
    return constant(first, 40) >> constant(second, 40) >> constant(third, 40)


@given(runs=RUNS, least=st.integers(1, 60))
def test_shared_runs_are_the_same_runs_and_nothing_is_trained_twice_that_could_be_shared(
    runs: list[tuple[list[float], int]], least: int
) -> None:
    asked = [run_of(pieces(rates), seed) for rates, seed in runs]
    together = [each.job for each in shared(asked, least)]
    known: dict[str, Job] = {}
    for job in together:
        if job.parent is not None:  # its parent was asked for before, ends where it begins, and was the same until then
            parent = known[job.parent]
            assert (parent.stop, parent.seed) == (job.start, job.seed)
            before = [each.schedules["rate"].curve(job.start).tolist() for each in (parent, job)]
            assert before[0] == before[1]
            assert job.start >= least
        known[job.key] = job
    scored = [replace(job, start=0, parent=None) for job in together if job.evaluate is not None]
    assert sorted(job.key for job in scored) == sorted(each.job.key for each in asked)
    executed = sum((job.stop or 0) - job.start for job in together)
    assert saved_steps(together) == STEPS * len(runs) - executed
    if least <= 40:  # an independent count: every distinct beginning of the three pieces, once a seed
        prefixes = {(seed, *rates[:count]) for rates, seed in runs for count in (1, 2, 3)}
        assert executed == 40 * len(prefixes)


def test_runs_that_differ_from_the_start_share_nothing() -> None:
    asked = [run_of(flat_until(60, rate)) for rate in (0.1, 0.2)]
    assert shared(asked, 24) == tuple(asked)


def test_runs_of_other_seeds_or_arguments_share_nothing() -> None:
    asked = [run_of(flat_until(60)), run_of(flat_until(60), 1), run_of(flat_until(60), arguments=("--batch-size", "8"))]
    assert shared(asked, 24) == tuple(asked)


def test_a_schedule_counts_by_its_values_and_not_by_how_it_is_written() -> None:
    written = run_of(constant(0.1, 30) >> constant(0.1, 30) >> linear(0.1, 0.05, 60))
    trunk, *_ = shared([run_of(flat_until(60)), written], 24)
    assert trunk.job.stop == 61
    assert trunk.trial is None


def test_what_leaves_a_trunk_stands_next_to_it() -> None:
    asked = [run_of(flat_until(60, rate, to)) for to in (0.0, 0.05) for rate in (0.1, 0.2)]
    order = [each.job.parent for each in shared(asked, 24)]
    assert order == [None, order[1], order[1], None, order[4], order[4]]
