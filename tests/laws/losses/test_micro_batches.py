"""Mirrors ratecraft/laws/losses/micro_batches.py."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.laws.losses.micro_batches import Origin, Shared, step_loss

LOSSES = st.lists(st.floats(-100, 100), min_size=1, max_size=12)


def steps(*counts: Sequence[tuple[float, Origin]]) -> list[float]:
    """The loss of each step, one after the other, as a run reads them."""
    shared: Shared = frozenset()
    told = list[float]()
    for step in counts:
        loss, shared = step_loss([loss for loss, _ in step], [origin for _, origin in step], shared)
        told.append(loss)
    return told


@given(losses=LOSSES)
def test_micro_batches_that_the_script_does_not_divide_are_averaged(losses: list[float]) -> None:
    (loss,) = steps([(each, Origin()) for each in losses])
    assert loss == pytest.approx(math.fsum(losses) / len(losses), abs=1e-9)


@given(losses=LOSSES)
def test_so_are_those_that_it_divides_by_their_number(losses: list[float]) -> None:
    count = len(losses)
    (loss,) = steps([(each / count, Origin(share=1 / count)) for each in losses])
    assert loss == pytest.approx(math.fsum(losses) / count, abs=1e-9)


@given(counts=st.lists(st.integers(1, 8), min_size=2, max_size=6), divides=st.booleans(), whole=st.integers(2, 8))
def test_one_loss_reads_the_same_whatever_the_number_of_its_micro_batches(
    counts: list[int], divides: bool, whole: int
) -> None:
    """Also where the script divides by a fixed number of them, and a step holds fewer, once a whole step was seen."""
    of = [whole, *counts] if divides else counts
    share = 1 / whole if divides else 1.0
    assert steps(*([(3.0 * share, Origin(share=share))] * count for count in of)) == pytest.approx([3.0] * len(of))


@given(
    sizes=st.lists(st.integers(1, 32), min_size=2, max_size=6), losses=st.lists(st.floats(0, 9), min_size=6, max_size=6)
)
def test_shares_of_batches_of_different_sizes_give_their_weighted_mean(sizes: list[int], losses: list[float]) -> None:
    pairs = [(size / sum(sizes), loss) for size, loss in zip(sizes, losses, strict=False)]
    (told,) = steps([(share * loss, Origin(share=share)) for share, loss in pairs])
    assert told == pytest.approx(sum(share * loss for share, loss in pairs))


@given(losses=LOSSES)
def test_different_losses_add_up(losses: list[float]) -> None:
    places = steps([(each, Origin(place=at)) for at, each in enumerate(losses)])
    kinds = steps([(each, Origin(made=at)) for at, each in enumerate(losses)])
    assert places == kinds == [math.fsum(losses)]


def test_a_term_beside_accumulated_batches_keeps_its_weight() -> None:
    main, beside = [(2.0 / 4, Origin("main", 1, 0.25))] * 4, [(0.1 * 5.0, Origin("beside", 2, 0.1))]
    assert steps([*main, *beside], [*main[:2], *beside]) == pytest.approx([2.5, 2.5])


def test_two_losses_that_are_accumulated_side_by_side_add_up() -> None:
    one, other = [(2.0 / 4, Origin("loss", 1, 0.25))] * 4, [(3.0 / 4, Origin("loss", 2, 0.25))] * 4
    assert steps([*one, *other], [*one[:2], *other[:2]]) == [5.0, 5.0]


def test_what_was_told_of_one_loss_says_nothing_of_another_of_its_kind() -> None:
    divided = [(2.0 / 4, Origin("loss", 1, 0.25))] * 4
    assert steps(divided, [(1.0, Origin("loss", 2)), (10.0, Origin("loss", 3))]) == [2.0, 11.0]


def test_a_weight_that_never_comes_to_one_stays() -> None:
    assert steps([(0.5 * 4.0, Origin(share=0.5))], [(0.25 * 4.0, Origin(share=0.25))]) == [2.0, 1.0]


def test_one_loss_that_reaches_backward_in_two_branches_is_known_by_its_shares() -> None:
    first, last = [(2.0 / 4, Origin("loss", "no_sync", 0.25))] * 3, [(2.0 / 4, Origin("loss", "sync", 0.25))]
    assert steps([*first, *last], [*first[:1], *last]) == [2.0, 2.0]


@pytest.mark.parametrize("losses", [[math.inf, 1.0], [math.nan, 1.0], [math.inf, -math.inf]])
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_loss_that_is_not_finite_stays_so(losses: list[float], share: float) -> None:
    assert not math.isfinite(steps([(each, Origin(share=share)) for each in losses])[0])
    assert not math.isfinite(steps([(each, Origin(place=at, share=share)) for at, each in enumerate(losses)])[0])
