"""Mirrors ratecraft/records/logging.py."""

from collections.abc import Iterator

import numpy as np
import pytest

from ratecraft.errors import InvalidInput
from ratecraft.records.logging import log, set_listener


class Tensor:
    """What a framework's tensor looks like to `log`."""

    def __init__(self, *values: float) -> None:
        self.values = values

    def item(self) -> float:
        if len(self.values) != 1:
            raise RuntimeError("a tensor with several elements cannot be converted to a scalar")
        return self.values[0]


@pytest.fixture
def heard() -> Iterator[list[tuple[str, float]]]:
    calls: list[tuple[str, float]] = []
    set_listener(lambda name, value: calls.append((name, value)))
    yield calls
    set_listener(None)


def test_outside_a_study_nothing_happens() -> None:
    log(val_loss="not even a number")


def test_figures_reach_the_listener_by_their_normal_names(heard: list[tuple[str, float]]) -> None:
    log(valLoss=0.5, val_acc=1)
    assert heard == [("val_loss", 0.5), ("val_acc", 1.0)]


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), np.array(0.5), np.array([0.5]), Tensor(0.5)])
def test_whatever_holds_one_number_is_a_figure(value: object, heard: list[tuple[str, float]]) -> None:
    log(val_loss=value)
    assert heard == [("val_loss", 0.5)]


def test_several_figures_are_told_together_or_not_at_all(heard: list[tuple[str, float]]) -> None:
    with pytest.raises(InvalidInput):
        log(val_loss=0.5, val_acc=None)
    assert heard == []


@pytest.mark.parametrize("value", ["0.5", None, 1j, [0.5], np.array([1.0, 2.0]), Tensor(1.0, 2.0), np.array(1j)])
@pytest.mark.usefixtures("heard")
def test_what_is_no_number_is_an_error_that_names_it(value: object) -> None:
    with pytest.raises(
        InvalidInput, match=rf"`ratecraft\.log\(val_loss=…\)` takes one number, got .*\({type(value).__name__}\)\."
    ) as caught:
        log(val_loss=value)
    assert caught.value.code == "log-value"
    assert "val_loss=loss.item()" in caught.value.hint()
    assert "val_loss" in caught.value.message("ja")
