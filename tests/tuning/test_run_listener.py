"""Mirrors ratecraft/tuning/run_listener.py."""

import math

import pytest

from ratecraft.records.events import Progress
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Figure
from ratecraft.records.running import Happening, Printed, SeriesBlock
from ratecraft.records.storage.series import pack
from ratecraft.tuning.run_listener import RunListener

BRANCH = Job(start=10, stop=20, parent="trunk", evaluate=Evaluate("figure", "val_loss", steps=9))


def losses(first: int, *values: float) -> SeriesBlock:
    return SeriesBlock("loss", first, pack(values))


def heard(*told: SeriesBlock | Figure | str) -> tuple[RunListener, list[Happening]]:
    happenings: list[Happening] = []
    hearing = RunListener(BRANCH, 2, happenings.append)
    for each in told:
        match each:
            case SeriesBlock():
                hearing.block(each)
            case Figure():
                hearing.figure(each)
            case str():
                hearing.line(each)
    return hearing, happenings


def test_a_replay_passes_on_its_steps_from_0_so_that_a_cut_off_attempt_shows_how_far_it_came() -> None:
    blocks = [losses(0, *[1.0] * 8), losses(8, 5.0, 5.0, 7.0, 9.0)]
    hearing, happenings = heard(*blocks)
    assert [each for each in happenings if isinstance(each, tuple)] == [(BRANCH.key, 2, block) for block in blocks]
    assert hearing.told.of("loss") == [*[1.0] * 8, 5.0, 5.0, 7.0, 9.0]


def test_frozen_losses_are_passed_on_whole_whatever_their_step() -> None:
    block = SeriesBlock("frozen_loss", 0, pack([1.0, 2.0]))
    hearing, happenings = heard(block, block)
    assert happenings == [(BRANCH.key, 2, block)] * 2
    assert hearing.told.of("frozen_loss") == [1.0, 2.0, 1.0, 2.0]


def test_a_block_of_losses_is_progress_with_their_mean() -> None:
    _, happenings = heard(losses(0, 1.0, 3.0))
    assert happenings[1:] == [Progress(BRANCH.key, step=2, executed=2, loss=2.0)]


def test_a_missing_loss_does_not_hide_the_others_of_its_block() -> None:
    _, happenings = heard(losses(0, math.nan, 3.0), losses(2, math.nan))
    assert [each.loss for each in happenings if isinstance(each, Progress)] == [3.0, None]


def test_steps_that_were_not_told_are_kept_as_missing() -> None:
    hearing, _ = heard(losses(2, 5.0))
    assert hearing.told.of("loss") == pytest.approx([math.nan, math.nan, 5.0], nan_ok=True)


def test_a_figure_of_the_metric_is_progress_and_another_is_only_kept() -> None:
    hearing, happenings = heard(Figure(4, "Val Loss", 0.5), Figure(4, "val_acc", 0.9))
    assert happenings == [Progress(BRANCH.key, step=4, executed=4, figure=0.5)]
    assert [figure.name for figure in hearing.told.figures] == ["Val Loss", "val_acc"]


def test_without_a_metric_the_figure_that_would_be_compared_is_progress() -> None:
    baseline = Job(evaluate=Evaluate("natural"))
    happenings: list[Happening] = []
    hearing = RunListener(baseline, 1, happenings.append)
    for name, value in (("val_loss", 0.5), ("val_acc", 0.9), ("train_loss", 0.4)):
        hearing.figure(Figure(4, name, value))
    assert happenings == [Progress(baseline.key, step=4, executed=4, figure=0.5)]


def test_a_printed_line_is_passed_on() -> None:
    assert heard("epoch 1")[1] == [Printed(BRANCH.key, "epoch 1")]
