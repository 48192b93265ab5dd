"""Mirrors ratecraft/importers/gathering.py and ratecraft/importers/axis.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.importers.axis import observed
from ratecraft.importers.gathering import Gathering
from ratecraft.importers.rows import Row, RowBlock
from ratecraft.records.watching.observed import ObservedRun


def gathered(rows: list[Row]) -> list[ObservedRun]:
    gathering = Gathering()
    for row in rows:
        gathering.add(row)
    return [observed(run, "text") for run in gathering.runs]


def points(run: ObservedRun, name: str = "loss") -> list[tuple[int, float]]:
    series = run.series[name]
    return list(zip(series.steps.tolist(), series.values.tolist(), strict=True))


def loss(step: int | None = None, value: float = 1.0, **place: object) -> Row:
    return Row((("loss", value),), step, **place)


PLACES = st.builds(
    loss,
    step=st.none() | st.integers(0, 30),
    value=st.integers(0, 9).map(float),
    of_steps=st.sampled_from([None, 20, 30]),
    epoch=st.none() | st.integers(0, 3).map(float) | st.sampled_from([0.25, 0.5]),
    bar=st.booleans(),
)


@given(st.lists(PLACES, max_size=60))
def test_steps_of_any_rows_never_fall_and_never_repeat(rows: list[Row]) -> None:
    gathering = Gathering()
    for row in rows:
        gathering.add(row)
    for run in gathering.runs:
        if run.series:
            for series in observed(run, "text").series.values():
                assert (series.steps[1:] > series.steps[:-1]).all()


@given(st.lists(PLACES, max_size=8), st.lists(st.integers(0, 40), min_size=1, max_size=40), st.sampled_from([None, 20]))
def test_block_is_taken_as_its_rows_are(before: list[Row], steps: list[int], of_steps: int | None) -> None:
    block = RowBlock(("loss", "lr"), [[float(step) for step in steps], [0.1] * len(steps)], steps, of_steps, 1.0)
    at_once, one_by_one = Gathering(), Gathering()
    for row in before:
        at_once.add(row)
        one_by_one.add(row)
    at_once.add_block(block)
    for place in range(len(steps)):
        one_by_one.add(block.row(place))
    told = [
        [{name: (each.keys, each.values) for name, each in run.series.items()} for run in gathering.runs]
        for gathering in (at_once, one_by_one)
    ]
    assert told[0] == told[1]
    assert [vars(run) | {"series": 0} for run in at_once.runs] == [vars(run) | {"series": 0} for run in one_by_one.runs]


def test_step_that_begins_anew_with_each_epoch_counts_through_the_run() -> None:
    (run,) = gathered([loss(step, epoch=epoch, of_steps=10) for epoch in (1.0, 2.0, 3.0) for step in (5, 10)])
    assert [step for step, _ in points(run)] == [5, 10, 15, 20, 25, 30]


def test_step_that_goes_on_beside_its_epoch_is_that_of_the_run() -> None:
    (run,) = gathered([loss(step, epoch=float(step // 10)) for step in range(0, 40, 4)])
    assert [step for step, _ in points(run)] == list(range(0, 40, 4))


def test_counter_without_epochs_that_came_to_its_end_begins_the_next() -> None:
    (run,) = gathered([loss(step, of_steps=10, bar=True) for _ in range(3) for step in (4, 8, 10)])
    assert [step for step, _ in points(run)] == [4, 8, 10, 14, 18, 20, 24, 28, 30]


def test_counter_that_did_not_come_to_its_end_is_another_run() -> None:
    assert len(gathered([loss(step, of_steps=100) for _ in range(2) for step in (4, 8, 10)])) == 2


def test_epochs_that_begin_anew_are_another_run() -> None:
    first, second = gathered([loss(epoch=float(epoch)) for epoch in (0, 1, 2, 0, 1)])
    assert (first.unit, points(first), points(second)) == ("epoch", [(0, 1), (1, 1), (2, 1)], [(0, 1), (1, 1)])


def test_figure_without_a_place_stands_where_the_last_one_stood() -> None:
    (run,) = gathered([loss(10), Row((("val_loss", 2.0),)), loss(20), Row((("val_loss", 1.5),))])
    assert points(run, "val_loss") == [(10, 2.0), (20, 1.5)]


def test_evaluation_counter_is_no_step_of_the_run() -> None:
    rows = [
        loss(50, of_steps=100),
        *(Row((("val_loss", 1.0 / each),), each, 4) for each in (1, 2, 4)),
        loss(60, of_steps=100),
    ]
    (run,) = gathered(rows)
    assert points(run, "val_loss") == [(50, 0.25)]


def test_bar_without_figures_gives_the_step_of_what_is_printed_beside_it() -> None:
    bars = [(Row(step=step, of_steps=100, bar=True), loss(epoch=step / 50)) for step in (10, 20, 30)]
    evaluation = [Row(step=7, of_steps=8, bar=True), Row((("eval_loss", 2.0),), epoch=0.6)]
    (run,) = gathered([row for pair in bars for row in pair] + evaluation)
    assert (run.unit, run.facts["total_steps"]) == ("step", 100)
    assert points(run) == [(10, 1.0), (20, 1.0), (30, 1.0)]
    assert points(run, "val_loss") == [(30, 2.0)]


def test_late_figure_is_put_where_it_belongs_and_a_repeated_one_replaces() -> None:
    (run,) = gathered([loss(step, value=float(step)) for step in (1, 2, 4, 5, 3, 2, 6)])
    assert points(run) == [(step, float(step)) for step in range(1, 7)]
    assert "resumes" not in run.facts


def test_settings_belong_to_the_run_whose_figures_follow() -> None:
    rows = [Row(facts={"batch_size": 8.0}), *map(loss, range(4)), Row(facts={"batch_size": 16.0}), *map(loss, range(4))]
    assert [run.facts["batch_size"] for run in gathered(rows)] == [8.0, 16.0]


def test_normal_name_goes_to_the_plainest_of_its_claimants() -> None:
    names = ("train_loss", "loss", "test_acc", "lr-Adam/pg1", "lr-Adam/pg2")
    (run,) = gathered([Row(tuple((name, 1.0) for name in names), step) for step in range(3)])
    assert set(run.series) == {"loss", "train_loss", "val_accuracy", "rate", "rate/1"}


@pytest.mark.parametrize(("rows", "unit"), [(1, "epoch"), (10, "unknown")])
def test_figures_told_many_times_an_epoch_without_a_step_have_no_unit(rows: int, unit: str) -> None:
    (run,) = gathered([loss(epoch=float(epoch)) for epoch in range(3) for _ in range(rows)])
    assert (run.unit, len(run.series["loss"])) == (unit, 3 * rows)


def test_a_log_of_checks_alone_has_the_steps_that_they_name() -> None:
    gathering = Gathering()
    for step in (0, 125, 250):
        gathering.add(Row((("val_loss", 4.0),), step, 1480))
    assert observed(gathering.runs[0], "text").series["val_loss"].steps.tolist() == [0, 125, 250]
