"""Mirrors ratecraft/records/watching/guarding.py: what a guard did is read off the run's own series."""

from dataclasses import replace

import pytest

from ratecraft.records.watching.guarding import HELD, as_judged, as_scripted, guard_acts, guard_notes, series_of
from ratecraft.records.watching.observed import Fact, ObservedRun, observed_series


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


def test_each_kind_of_act_has_a_note_with_its_count_place_and_last_value() -> None:
    acts = {"skip": [(5, 0.0), (9, 0.0)], "cut": [(40, 0.1), (80, 0.03)], "stop": [(90, 64.0)]}
    notes = guard_notes(run({"guard_bytes": 1e6}, **acts))
    assert [note.code for note in notes] == ["guard-skip", "guard-cut", "guard-stop", "guard-copies"]
    assert notes[0].values == {"count": 2, "first": 5, "last": 9, "value": 0.0}
    assert notes[1].values["value"] == 0.03
    assert notes[2].values == {"count": 1, "first": 90, "last": 90, "value": 64.0}


def seen(facts: dict[str, Fact], **acts: list[tuple[int, float]]) -> ObservedRun:
    made = {name: observed_series(name, range(10), [1.0] * 10) for name in ("loss", "rate", "val_loss")}
    guarded = run(facts, **acts)
    return replace(guarded, series={**guarded.series, **made})


@pytest.mark.parametrize("kind", ["stop", "end"])
def test_what_a_script_did_after_its_weights_were_held_was_not_trained(kind: str) -> None:
    whole = seen({HELD: 1.0}, **{kind: [(6, 4.0)]}, skip=[(2, 0.0), (6, 0.0), (8, 0.0)])
    part = as_scripted(whole)
    assert part.series["loss"].steps.tolist() == list(range(6))
    assert part.series["val_loss"].steps.tolist() == list(range(7))
    assert part.series["guard_skip"].steps.tolist() == [2, 6]
    assert part.facts == whole.facts


def test_a_loop_that_was_asked_to_stop_and_did_not_was_trained_to_its_end() -> None:
    for whole in (seen({}, stop=[(6, 4.0)]), seen({HELD: 1.0}), seen({HELD: 1.0}, skip=[(2, 0.0)])):
        assert as_scripted(whole).series == whole.series


def test_the_training_s_own_rate_is_that_without_the_factors() -> None:
    whole = seen({}, back=[(3, 0.0)], cut=[(3, 0.1), (6, 0.05)])
    scaled = [1.0] * 4 + [0.1] * 2 + [0.05] * 4
    rates = {name: observed_series(name, range(10), scaled) for name in ("rate", "rate/1")}
    for name in rates:
        own = as_scripted(replace(whole, series={**whole.series, **rates})).series[name]
        assert own.steps.tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9]
        assert own.values.tolist() == pytest.approx([1.0] * 9)


def test_a_script_is_judged_up_to_where_its_guard_first_went_back_and_is_as_long_as_it_was() -> None:
    part = as_judged(seen({}, back=[(3, 0.0), (6, 0.0)], cut=[(3, 0.1)]))
    assert part.series["loss"].steps.tolist() == [0, 1, 2, 3]
    assert part.series["guard_back"].steps.tolist() == [3]
    assert part.facts == {"total_steps": 10.0}
    untouched = seen({}, skip=[(2, 0.0)], cut=[(5, 0.3)])
    assert as_judged(untouched).series.keys() == untouched.series.keys()
    assert as_judged(untouched).facts == {}
