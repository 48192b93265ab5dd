"""Mirrors ratecraft/watching/guard.py: nothing is done to a run that is well, and what helps to one that is not."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.records.watching.guarding import ACTS, Action, Reading, Update, Validated
from ratecraft.watching.guard import Guard, GuardState, guarded, policy_of, settings_of


def followed(readings: Iterable[Reading], guard: Guard | None = None) -> list[tuple[int, Action]]:
    """What is done about a run, with the number of the reading."""
    policy, state, done = policy_of(guard or Guard()), None, list[tuple[int, Action]]()
    for number, reading in enumerate(readings):
        state, acts = policy(state, reading)
        done += [(number, act) for act in acts]
    return done


def kinds(done: list[tuple[int, Action]]) -> list[str]:
    return [act.kind for _, act in done if act.kind in ACTS]


def falling(steps: int, seed: int = 0) -> list[Update]:
    draw = np.random.default_rng(seed)
    levels = 0.3 + 2 * np.exp(-np.arange(steps) / 100)
    losses, norms = levels * (1 + 0.1 * draw.normal(size=steps)), levels * np.exp(0.4 * draw.normal(size=steps))
    return [Update(step, losses[step], norms[step], 0.1) for step in range(steps)]


@pytest.mark.parametrize("seed", range(5))
def test_a_run_that_is_well_is_only_copied_and_ever_more_rarely(seed: int) -> None:
    done = followed(falling(3000, seed))
    assert {act.kind for _, act in done} == {"copy"}
    steps = [act.value for _, act in done]
    assert steps[0] == 0
    assert 20 < len(steps) < 40
    assert steps[-1] - steps[-2] > steps[2] - steps[1]


def test_an_update_that_is_no_number_is_left_out_and_does_not_end_the_run() -> None:
    run = falling(500)
    run[200] = Update(200, math.nan, math.nan, 0.1)
    run[300] = Update(300, run[300].loss, math.inf, 0.1)
    assert [(number, act.kind) for number, act in followed(run) if act.kind in ACTS] == [(200, "skip"), (300, "skip")]


def test_weights_that_are_no_numbers_go_back_at_once() -> None:
    run = falling(500)
    run[200] = Update(200, math.nan, math.nan, 0.1, broken=True)
    (_, back), (_, cut) = [each for each in followed(run) if each[1].kind in ACTS]
    assert (back.kind, cut) == ("back", Action("cut", pytest.approx(1 / 3)))
    assert 95 <= back.value < 200


def test_a_run_that_blows_up_at_once_goes_back_to_its_start_with_a_tenth_of_the_rate() -> None:
    run = [Update(step, 2.0 * 3**step, 1.0, 0.1) for step in range(9)]
    assert [act for _, act in followed(run)][1:] == [Action("back", 0), Action("cut", 0.1)]


def test_a_level_that_is_lost_goes_back_to_the_copy_before_where_the_newest_has_not_helped() -> None:
    well, high = falling(500), [Update(500 + step, 2.2, 1.0, 0.1) for step in range(200)]
    done = [(number, act) for number, act in followed([*well, *high]) if act.kind == "back"]
    steps = [act.value for _, act in done]
    assert [number for number, _ in done] == sorted(number for number, _ in done)
    assert steps[0] > steps[1]
    assert steps[1:] == [steps[1]] * len(steps[1:])


def test_it_gives_up_after_six_times() -> None:
    done = followed(Update(step, 2.0 if step < 9 else 1e9, 1.0, 0.1) for step in range(300))
    assert kinds(done).count("back") == 6
    assert kinds(done)[-1] == "end"
    assert kinds(done).count("end") == 1


def test_a_run_that_gives_up_keeps_its_oldest_copy_and_its_best_weights_where_there_are_any() -> None:
    def lost(steps: int) -> list[Reading]:
        return [Update(500 + step, 1e9, 1.0, 0.1) for step in range(steps)]

    copies = [act.value for _, act in followed(falling(500)) if act.kind == "copy"]
    assert followed([*falling(500), *lost(200)])[-1][1] == Action("end", copies[-2])
    assert followed([*falling(500), Validated(500, 0.5), *lost(200)])[-1][1] == Action("end", 500)


def test_a_batch_that_spoils_a_buffer_has_it_put_back_and_is_not_copied() -> None:
    run = falling(500)
    for step, growth in ((200, 500.0), (300, math.inf)):
        run[step] = Update(step, run[step].loss, run[step].norm, 0.1, growth=growth)
    run = [replace(each, growth=each.growth or 1.0) for each in run]
    done = followed(run)
    assert [(number, act.kind) for number, act in done if act.kind in ACTS] == [(200, "mend"), (300, "mend")]
    copies = [act.value for _, act in done if act.kind == "copy"]
    assert [act.value for _, act in done if act.kind == "mend"] == [
        max(copy for copy in copies if copy < step) for step in (200, 300)
    ]
    assert kinds(followed(run, Guard(mend=False))) == []


def test_a_validation_that_jumps_while_the_training_is_well_is_left_alone() -> None:
    scores = [1 / (number + 1) for number in range(20)] + [3.0] * 20
    assert kinds(followed(validated(scores))) == []


def test_a_copy_of_a_run_that_has_learned_nothing_yet_is_not_made() -> None:
    done = followed(Update(step, 2.3, 1.0, 0.1) for step in range(500))
    assert done == [(0, Action("copy", 0))]


def constant(number: int) -> float:
    return 0.1


def learned(number: int) -> float:
    return 1 / (number + 1)


def validated(
    scores: Iterable[float], rate: Callable[[int], float] = constant, losses: Callable[[int], float] = learned
) -> Iterator[Reading]:
    for number, score in enumerate(scores):
        for step in range(32):
            yield Update(32 * number + step, losses(number), 1.0, rate(number))
        yield Validated(32 * number + 32, score)


def test_a_validation_that_turns_while_the_training_falls_ends_the_run() -> None:
    scores = [1 / (number + 1) for number in range(20)] + [0.05 + 0.01 * number for number in range(20)]
    done = followed(validated(scores))
    assert kinds(done)[-1] == "stop"
    best = max(act.value for _, act in done if act.kind == "keep")
    assert done[-1][1] == Action("stop", best)


def test_one_that_turns_while_the_training_rises_goes_back() -> None:
    scores = [1 / (number + 1) for number in range(20)] + [0.05 + 0.02 * number for number in range(20)]
    rising = validated(scores, losses=lambda number: 2 - min(number, 40 - number) / 100)
    acts = kinds(followed(rising))
    assert "back" in acts
    assert acts[-1] != "stop"


def test_a_plateau_at_a_constant_rate_is_cut_and_under_a_schedule_is_not() -> None:
    scores = [1 / (number + 1) for number in range(10)] + [0.1] * 15
    assert [act for _, act in followed(validated(scores)) if act.kind == "cut"] == [Action("cut", 0.3)]
    assert "cut" not in kinds(followed(validated(scores, rate=lambda number: 0.1 * 0.97**number)))


def test_what_is_switched_off_is_not_done() -> None:
    off = Guard(skip=False, mend=False, clip=False, roll_back=False, plateau_checks=0, stop_checks=0)
    run = falling(300)
    run[100] = Update(100, math.nan, math.nan, 0.1)
    run[150] = Update(150, 1.0, 1e6, 0.1)
    lost = [Update(300 + step, 1e6, 1.0, 0.1) for step in range(100)]
    scores = [Validated(400 + number, 1.0 + number) for number in range(40)]
    assert kinds(followed([*run, *lost, *scores], off)) == []


@given(st.lists(st.tuples(st.floats(), st.floats().map(abs), st.floats(0, 1)), max_size=200))
def test_whatever_comes_it_is_the_same_function(values: list[tuple[float, float, float]]) -> None:
    run = [Update(step, loss, norm, rate) for step, (loss, norm, rate) in enumerate(values)]
    assert followed(run) == followed(run)
    assert followed(run, Guard(**settings_of(Guard()))) == followed(run)


def test_a_run_that_has_ended_is_left_alone() -> None:
    over = GuardState(stopped=True)
    assert guarded(Guard(), over, Update(1, math.nan, math.nan)) == (over, ())


@pytest.mark.parametrize("value", [-1, 1.5])
def test_a_number_of_checks_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput, match="stop_checks"):
        Guard(stop_checks=value)
