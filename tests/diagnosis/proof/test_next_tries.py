"""Mirrors ratecraft/diagnosis/proof/next_tries.py."""

from hypothesis import given
from hypothesis import strategies as st
from tests.diagnosis.proof.test_proven import row

from ratecraft.diagnosis.proof.comparing import FACTORS, LADDERS
from ratecraft.diagnosis.proof.next_tries import long_steps, next_tries
from ratecraft.diagnosis.proof.one_batch import ONE_BATCH_ARMS
from ratecraft.records.proof import AS_IT_IS, Arm, Experiment, TriedArm

PLANNED = 1000
WAITING = Experiment(0, 0.1, (AS_IT_IS, Arm("lower", 1 / 3)), 50, waits=True)


def asked(tried: list[TriedArm], *waiting: Experiment) -> list[tuple[int, int, list[str]]]:
    found = next_tries(tried, waiting, PLANNED)
    return [(each.start, each.steps, [arm.name for arm in each.arms]) for each in found]


def test_a_rate_that_pays_asks_for_the_next_one() -> None:
    assert asked(row(300, as_it_is=1.0, higher=0.8, lower=1.2)) == [(300, 50, ["as-it-is", "highest"])]
    assert asked(row(300, as_it_is=1.0, higher=1.2, lower=0.8)) == [(300, 50, ["as-it-is", "lowest"])]
    assert asked(row(300, as_it_is=1.0, higher=0.8, highest=0.7)) == [(300, 50, ["as-it-is", "thirtyfold"])]


def test_where_nothing_lasts_a_lower_rate_may_and_a_higher_one_does_not() -> None:
    assert asked(row(0, as_it_is=None, higher=None, lowest=None)) == [(0, 50, ["as-it-is", "thirtieth"])]


def test_where_nothing_moves_the_far_ends_are_tried() -> None:
    flat = row(0, before=2.3, as_it_is=2.3, higher=2.3, highest=2.3)
    assert asked(flat) == [(0, 50, ["as-it-is", "lowest"]), (0, 50, ["as-it-is", "hundredfold"])]
    assert asked(row(0, before=2.3, as_it_is=2.3, lowest=2.3, hundredfold=2.3)) == []


ONE_BATCH = Experiment(0, 0.1, (AS_IT_IS, *ONE_BATCH_ARMS.values()), 50, waits=True)


def test_one_batch_is_tried_once_where_no_rate_over_three_decades_moves_the_loss_and_nowhere_else() -> None:
    flat = row(0, before=2.3, as_it_is=2.29, highest=2.28, lowest=2.3, hundredfold=None)
    assert asked(flat, ONE_BATCH) == [(0, 50, ["as-it-is", *ONE_BATCH_ARMS])]
    assert asked(flat + row(0, one_batch=0.1), ONE_BATCH) == []
    moved = row(0, before=2.3, as_it_is=2.29, highest=1.9, lowest=2.3, hundredfold=None)
    assert asked(moved, ONE_BATCH) == []
    assert asked([], ONE_BATCH) == []


def test_where_a_lower_rate_moves_nothing_none_below_it_is_tried() -> None:
    flat = row(0, before=2.3, as_it_is=2.29, highest=2.28, lowest=2.285, hundredfold=2.3)
    assert asked(flat) == []


def test_the_best_short_try_is_made_again_at_a_quarter_of_what_is_left() -> None:
    tried = row(300, as_it_is=1.0, higher=0.8, highest=0.9)
    assert asked(tried) == [(300, long_steps(300, PLANNED), ["as-it-is", "higher"])]
    assert next_tries(tried, (), PLANNED)[0].validated


def test_the_run_under_way_comes_before_its_beginning() -> None:
    tried = row(0, as_it_is=1.0, higher=0.5, highest=0.6) + row(300, as_it_is=1.0, higher=0.9, highest=0.95)
    assert asked(tried)[0][0] == 300


def test_a_higher_rate_is_not_tried_again_from_the_beginning_unless_it_wins_by_far() -> None:
    assert asked(row(0, as_it_is=1.0, higher=0.8, highest=0.9)) == []
    assert asked(row(0, as_it_is=1.0, higher=0.4, highest=0.5)) == [(0, 250, ["as-it-is", "higher"])]


def test_what_waits_is_tried_once_nothing_else_is_left_and_never_where_a_fault_is_shown() -> None:
    short = row(300, as_it_is=1.0, higher=0.8, highest=0.9)
    nothing, shown = (row(300, metric="val_loss", steps=250, as_it_is=1.0, higher=loss) for loss in (1.0, 0.8))
    assert asked([], WAITING) == [(0, 50, ["as-it-is", "lower"])]
    assert asked(short + nothing, WAITING) == [(0, 50, ["as-it-is", "lower"])]
    assert asked(short + shown, WAITING) == []
    assert asked(row(300, before=1.0, as_it_is=1.0, lower=0.5, lowest=0.6), WAITING) == []
    assert asked(row(0, as_it_is=1.0, lower=1.2), WAITING) == []


@given(st.floats(0.001, 1000), st.sampled_from([0, 300]))
def test_asking_comes_to_an_end_in_any_valley(best: float, start: int) -> None:
    """A loss that is lowest at one factor; what is asked for is tried, over and over."""

    def loss(factor: float) -> float:
        return 1 + abs(factor - best) / (factor + best)

    tried = row(start, as_it_is=loss(1.0), higher=loss(3.0), lower=loss(1 / 3))
    for _ in range(20):
        found = next_tries(tried, (), PLANNED)
        if not found:
            break
        for each in found:
            names = {arm.name.replace("-", "_"): loss(FACTORS.get(arm.name, 1.0)) for arm in each.arms}
            metric = "val_loss" if each.validated else ""
            tried += row(each.start, metric=metric, steps=each.steps, **names)  # pyright: ignore[reportArgumentType]
    else:
        raise AssertionError("it never ends")
    short = {each.arm.name for each in tried if not each.validated}
    assert ("highest" in short) is (loss(3.0) < loss(1.0))
    assert {*LADDERS[0], *LADDERS[1], "as-it-is"} >= short


def test_a_lower_rate_is_tried_again_from_the_beginning_as_it_was_or_will_be_tried_there() -> None:
    waiting = Experiment(0, 0.3, (Arm("as-it-is", warm_up=7), Arm("higher", 3.0, warm_up=7)), 50, waits=True)
    (found,) = next_tries(row(300, as_it_is=1.0, lower=0.8, lowest=0.9), (waiting,), PLANNED)
    assert (found.start, found.rate, found.steps, found.validated, found.waits) == (0, 0.3, 250, True, False)
    assert [(arm.name, arm.warm_up) for arm in found.arms] == [("as-it-is", 7), ("lower", 7)]


def test_a_long_branch_decays_over_most_of_its_steps() -> None:
    (found,) = next_tries(row(300, as_it_is=1.0, higher=0.8, highest=0.9), (), PLANNED)
    assert {arm.cooled for arm in found.arms} == {0.6}
