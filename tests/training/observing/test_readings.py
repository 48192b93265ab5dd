"""Mirrors training/observing/readings.py."""

import torch

from ratecraft.training.observing.readings import Readings


def test_numbers_and_tensors_of_all_kinds_come_out_in_the_order_of_their_steps() -> None:
    readings = Readings()
    readings.note("loss", 0, torch.tensor([1.0], dtype=torch.float64))
    readings.note("loss", 1, 2.0)
    readings.note("loss", 2, torch.tensor(3.0, dtype=torch.bfloat16))
    readings.facts["clip"] = 1.0
    piece = readings.taken()
    assert piece.series["loss"].steps.tolist() == [0, 1, 2]
    assert piece.series["loss"].values.tolist() == [1.0, 2.0, 3.0]
    assert dict(piece.facts) == {"clip": 1.0}
    assert readings.is_empty
    assert not readings.taken().series
