"""Mirrors ratecraft/records/guarding.py: what a guard did is read off the run's own series."""

from ratecraft.records.guarding import guard_acts, guard_notes, series_of
from ratecraft.records.observed import Fact, ObservedRun, observed_series


def run(facts: dict[str, Fact], **acts: list[tuple[int, float]]) -> ObservedRun:
    series = {
        name: observed_series(name, [step for step, _ in points], [value for _, value in points])
        for name, points in ((series_of(kind), points) for kind, points in acts.items())  # type: ignore[arg-type]
    }
    return ObservedRun(series, "step", facts, "live")


def test_acts_are_listed_in_the_order_of_their_steps() -> None:
    acts = guard_acts(run({}, skip=[(5, 0.0), (90, 0.0)], back=[(40, 32.0)], cut=[(40, 0.1)]))
    assert [(each["step"], each["act"]) for each in acts] == [(5, "skip"), (40, "back"), (40, "cut"), (90, "skip")]


def test_a_run_without_a_guard_has_no_note_and_one_with_an_idle_guard_says_so() -> None:
    assert guard_notes(run({})) == ()
    (idle,) = guard_notes(run({"guard_bytes": 2e6}))
    assert (idle.code, idle.values) == ("guard-idle", {"megabytes": 2.0})


def test_the_note_counts_acts_and_has_the_last_factor() -> None:
    (note,) = guard_notes(run({"guard_bytes": 1e6}, skip=[(5, 0.0)], back=[(40, 32.0)], cut=[(40, 0.1), (80, 0.03)]))
    assert note.values == {"skip": 1, "clip": 0, "back": 1, "factor": 0.03, "megabytes": 1.0}
