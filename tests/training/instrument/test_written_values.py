"""Mirrors training/instrument/written_values.py: after a step everything is the script's own again."""

import torch

from ratecraft.training.instrument.written_values import WrittenValues


def test_of_two_values_written_in_a_row_the_script_s_own_is_put_back() -> None:
    written, group = WrittenValues(), {"betas": (0.9, 0.99)}
    written.put(group, "betas", 0.5, 0)
    written.put(group, "betas", 0.8, 1)
    assert group["betas"] == (0.5, 0.8)
    written.put_back()
    assert group["betas"] == (0.9, 0.99)


def test_a_tensor_that_groups_share_is_written_once_and_keeps_its_identity() -> None:
    rate = torch.tensor(0.1)
    one, other = {"lr": rate}, {"lr": rate}
    written = WrittenValues()
    written.put(one, "lr", 0.5)
    assert written.has(other, "lr")
    assert rate == 0.5
    written.put_back()
    assert rate == torch.tensor(0.1)
    assert one["lr"] is rate


def test_putting_back_where_nothing_was_written_changes_nothing() -> None:
    written, group = WrittenValues(), {"lr": 0.1}
    written.put(group, "lr", 0.5)
    written.put_back()
    group["lr"] = 0.2
    written.put_back()
    assert group == {"lr": 0.2}
