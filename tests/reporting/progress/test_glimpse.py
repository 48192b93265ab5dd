"""Mirrors ratecraft/reporting/progress/glimpse.py: what is counted job by job is what counting all of them gives."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ratecraft.records.outcome import Ending
from ratecraft.reporting.progress.glimpse import Glimpse, Tally

CHANGES = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.integers(0, 3), st.integers(0, 99), st.sampled_from([None, None, Ending.DONE])
    ),
    max_size=20,
)
PHASES = {"a": "baseline", "b": "trial", "c": "bracket"}


@given(CHANGES)
def test_a_tally_is_what_counting_all_jobs_gives(changes: list[tuple[str, int, int, Ending | None]]) -> None:
    jobs = dict[str, Glimpse]()
    tally = Tally()
    for key, attempt, executed, ending in changes:
        before = jobs.get(key)
        if before is not None and before.ending is not None:
            continue  # what is over does not begin again
        seen = Glimpse(PHASES[key], 0.1, 400)  # type: ignore[arg-type]
        at = max(attempt, before.attempt if before else 0)
        now = replace(seen, attempt=at, executed=executed if at else 0, ending=ending if at else None)
        tally, jobs[key] = tally.moving(key, before, now), now
    rest = [each for each in jobs.values() if each.phase != "baseline"]
    full = [each for each in rest if each.phase == "trial"]
    baselines = [each for each in jobs.values() if each.phase == "baseline"]
    assert tally.spent == sum(each.executed for each in rest)
    assert tally.baseline == sum(each.executed for each in baselines)
    assert tally.started == sum(each.attempt > 0 for each in rest)
    assert tally.full_started == any(each.attempt > 0 for each in full)
    assert tally.baseline_over == any(each.ending is not None for each in baselines)
    assert tally.longest == max((each.executed for each in full), default=0)
