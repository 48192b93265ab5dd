"""Mirrors ratecraft/controllers/baseline/compared.py."""

import pytest

from ratecraft.controllers.baseline.compared import Compared, compared, figure_decisions, raise_if_direction_is_asked
from ratecraft.errors import NoAnswer
from ratecraft.records.metrics import Metric, parse_metric
from ratecraft.records.outcome import Ending, Figure, Outcome

LOSSES = tuple(2.0 / (1 + step / 40) + 0.3 * ((step * 7) % 5) for step in range(200))


def told(source: str = "evaluated", **figures: list[float]) -> Outcome:
    """A run of 200 steps that told each of these figures at equal distances."""
    found = [
        Figure(200 // len(values) * (place + 1), name, value, source)
        for name, values in figures.items()
        for place, value in enumerate(values)
    ]
    return Outcome("a", Ending.DONE, steps=200, losses=LOSSES, figures=tuple(found))


def name_of(found: Compared) -> str:
    return found.metric.name if found.metric else ""


def means(factor: float = 1.0, digits: int = 4) -> list[float]:
    """The mean training loss of each quarter, as a script would print it."""
    return [round(factor * sum(LOSSES[at : at + 50]) / 50, digits) for at in range(0, 200, 50)]


def smoothed() -> list[float]:
    value, values = LOSSES[0], list[float]()
    for loss in LOSSES:
        value = 0.98 * value + 0.02 * loss
        values.append(round(value, 3))
    return values[49::50]


TRAINING = [
    pytest.param(means(), id="the mean since the last"),
    pytest.param(means(digits=2), id="rounded"),
    pytest.param(means(50.0), id="the sum"),
    pytest.param([round(LOSSES[at], 4) for at in (49, 99, 149, 199)], id="the last step's"),
    pytest.param([round(sum(LOSSES[:at]) / at, 4) for at in (50, 100, 150, 200)], id="the mean of all"),
    pytest.param(smoothed(), id="a running mean"),
]


@pytest.mark.parametrize("values", TRAINING)
def test_a_training_loss_that_is_printed_after_an_evaluation_is_not_taken_for_its_figure(values: list[float]) -> None:
    assert name_of(compared(told(loss=values))) == ""
    assert name_of(compared(told(loss=values, accuracy=[0.5, 0.6, 0.7, 0.7]))) == "accuracy"


def test_a_loss_of_an_evaluation_that_falls_as_the_training_does_is_compared() -> None:
    values = [each * factor for each, factor in zip(means(), (1.0, 1.02, 1.05, 1.1), strict=True)]
    assert name_of(compared(told(loss=values, accuracy=[0.5, 0.6, 0.7, 0.7]))) == "loss"


def test_a_name_that_tells_its_data_goes_before_one_that_does_not() -> None:
    found = compared(told(accuracy=[0.5, 0.6], val_f1=[0.4, 0.5]))
    assert (name_of(found), found.others) == ("val_f1", ("accuracy",))


def test_a_figure_that_was_told_exactly_and_printed_under_another_name_is_one_figure() -> None:
    printed = told("printed", val_loss=[0.33, 0.26])
    exact = told("tensorboard", loss_val=[1 / 3, 0.2571])
    seen = Outcome("a", Ending.DONE, steps=200, losses=LOSSES, figures=(*printed.figures, *exact.figures))
    assert compared(seen) == Compared(Metric("loss_val", "min"))


def test_a_figure_of_the_batches_of_an_evaluation_gives_way_to_one_of_it_all() -> None:
    steps = (50, 100, 150, 200)
    batches = [Figure(step, "loss/valid", value / step, "tensorboard") for step in steps for value in (31.0, 7.0, 45.0)]
    whole = told("printed", val_loss=[0.62, 0.41, 0.3, 0.2]).figures
    assert name_of(compared(Outcome("a", Ending.DONE, figures=(*batches, *whole)))) == "val_loss"
    assert name_of(compared(Outcome("a", Ending.DONE, figures=tuple(batches)))) == "loss_valid"


def test_a_figure_told_twice_after_its_last_evaluation_only_is_no_figure_of_batches() -> None:
    again = Figure(200, "val_loss", 0.25, "printed")
    other = told("tensorboard", test_loss=[0.7, 0.5, 0.4, 0.3]).figures
    figures = (*told("printed", val_loss=[0.62, 0.41, 0.3, 0.2]).figures, again, *other)
    assert name_of(compared(Outcome("a", Ending.DONE, figures=figures))) == "val_loss"


def test_returns_of_several_episodes_are_not_taken_for_those_of_batches() -> None:
    returns = [Figure(step, "episode_return", value, "printed") for step in (50, 100) for value in (9.0, 31.0)]
    losses = told("tensorboard", test_loss=[0.7, 0.5]).figures
    assert name_of(compared(Outcome("a", Ending.DONE, figures=(*returns, *losses)))) == "episode_return"


def test_a_figure_that_only_bars_show_gives_way_to_any_other() -> None:
    lines, bars = told(acc=[0.5, 0.6]), told("bar", loss=[0.9, 0.7, 0.5, 0.4])
    assert name_of(compared(Outcome("a", Ending.DONE, figures=(*bars.figures, *lines.figures)))) == "acc"
    assert name_of(compared(Outcome("a", Ending.DONE, figures=bars.figures))) == "loss"


def test_a_direction_that_nobody_knows_is_never_guessed_but_offered() -> None:
    found = compared(told(score=[0.5, 0.6], accuracy=[0.5, 0.6]))
    assert (name_of(found), found.unknown) == ("accuracy", ("score",))
    (why, others) = figure_decisions(found, found.metric, found.metric)
    assert (why.code, others.values) == ("metric-evaluated", {"names": "score", "first": "score:max"})
    raise_if_direction_is_asked(found)


def test_where_there_is_no_other_the_direction_is_asked_for() -> None:
    with pytest.raises(NoAnswer, match="The script reports score, r") as caught:
        raise_if_direction_is_asked(compared(told(score=[0.5, 0.6], r=[0.1, 0.2])))
    assert "--metric score:max" in caught.value.hint()


def test_a_number_without_a_name_is_asked_about_unless_it_follows_the_training() -> None:
    with pytest.raises(NoAnswer, match="a number without a name, here called `evaluation`"):
        raise_if_direction_is_asked(compared(told(evaluation=[9.7, 39.4, 70.1, 90.3])))
    assert compared(told(evaluation=means())) == Compared()


def test_a_name_that_says_nothing_is_not_asked_about() -> None:
    found = compared(told(r=[0.1, 0.2]))
    raise_if_direction_is_asked(found)
    assert [each.code for each in figure_decisions(found, None, None)] == ["metric-training", "metric-others"]


def test_a_name_of_a_validation_whose_direction_is_not_known_is_asked_about() -> None:
    with pytest.raises(NoAnswer, match="`val_quux`"):
        raise_if_direction_is_asked(compared(told(val_quux=[0.1])))


def test_the_figure_that_the_user_named_is_compared_and_the_others_are_told() -> None:
    found = compared(told(score=[0.5], accuracy=[0.5]), parse_metric("score:max"))
    (why, others) = figure_decisions(found, found.metric, found.metric)
    assert (name_of(found), why.code, others.values["names"]) == ("score", "metric-given", "accuracy")


def test_without_a_run_only_the_user_s_figure_is_known() -> None:
    assert compared(None) == Compared()
    assert name_of(compared(None, parse_metric("val_loss"))) == "val_loss"


@pytest.mark.parametrize(
    ("values", "direction"),
    [
        ([0.5, 0.8, 0.9, 0.97], "max"),
        ([0.9, 0.6, 0.4, 0.3], "min"),
        ([2.5, 1.4, 1.1, 2.9], "min"),  # above 1 it is a loss, and over-fits
        ([0.5, 0.9], "min"),  # too few to tell
    ],
)
def test_a_figure_called_by_its_data_alone_is_a_score_where_it_rose_with_the_training(
    values: list[float], direction: str
) -> None:
    found = compared(told("printed", val=values))
    assert found.metric is not None
    assert (found.metric.name, found.metric.direction) == ("val", direction)


def test_the_direction_that_the_user_gave_stays() -> None:
    assert compared(told(val=[0.5, 0.8, 0.97]), parse_metric("val:min")).metric == parse_metric("val:min")


def test_a_reward_is_compared_whatever_losses_were_told_beside_it() -> None:
    found = compared(told(value_loss=[9.0, 3.0, 2.0], ep_rew_mean=[20.0, 90.0, 160.0], entropy_loss=[0.6, 0.5, 0.4]))
    assert found.metric == Metric("ep_rew_mean", "max")
