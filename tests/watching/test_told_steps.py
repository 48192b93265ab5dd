"""Mirrors ratecraft/watching/told_steps.py: a loop that tells its steps is judged as one that is listened to."""

import math

import numpy as np
import pytest
from tests.peers import Peer

from ratecraft.api.watch.watch import watch
from ratecraft.errors import InvalidInput
from ratecraft.watching.guard import Guard

jax = Peer("jax")


def test_each_loss_ends_a_step_whatever_the_order_in_which_a_call_names_them() -> None:
    with watch(progress=False) as watched:
        for step in range(3):
            watched.log(loss=3.0 - step, rate=0.1 * step)
        watched.log(val_loss=2.0, total_steps=3)
    series = {name: (each.steps.tolist(), each.values.tolist()) for name, each in watched.run.series.items()}
    assert series == {
        "loss": ([0, 1, 2], [3.0, 2.0, 1.0]),
        "rate": ([0, 1, 2], [0.0, 0.1, 0.2]),
        "val_loss": ([3], [2.0]),
    }
    assert watched.run.facts["total_steps"] == 3


def test_a_run_that_blows_up_is_told_while_it_runs() -> None:
    told = list[tuple[int, str]]()
    with watch(progress=False, on_finding=lambda finding: told.append((step, finding.code))) as watched:
        for step in range(400):
            loss = 2.0 * 1.5**step
            watched.log(loss=loss if loss < 1e30 else math.nan, rate=0.1)
    assert [code for _, code in told] == ["non-finite-after-growth"]
    assert told[0][0] < 399


def test_the_arrays_of_jax_and_numpy_are_numbers() -> None:
    with watch(progress=False) as watched:
        watched.log(loss=jax.numpy.asarray([2.5]).sum())
        watched.log(loss=np.float32(1.5))
    assert watched.run.series["loss"].values.tolist() == [2.5, 1.5]


@pytest.mark.parametrize("given", ["much", None, np.ones(2)])
def test_what_is_not_one_number_is_refused(given: object) -> None:
    with watch(progress=False) as watched, pytest.raises(InvalidInput, match="takes one number"):
        watched.log(loss=given)  # type: ignore[arg-type]


def test_what_is_only_told_has_no_guard() -> None:
    with pytest.raises(InvalidInput, match="only told"):
        watch(guard=Guard())
    with watch(progress=False) as watched:
        watched.losses_add()
    assert (watched.should_stop, watched.restore_best()) == (False, False)
