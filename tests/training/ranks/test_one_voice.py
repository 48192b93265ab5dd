"""Mirrors training/ranks/one_voice.py: what several ranks show is one run."""

import math

from tests.training.watched import Seen

from ratecraft.records.watching.observed import ObservedRun, observed_series
from ratecraft.training.ranks.one_voice import OneVoice


def piece(first: int, losses: list[float], facts: dict[str, float] | None = None, **beside: float) -> ObservedRun:
    """Losses and rates from a step on, and figures at the step after them."""
    steps = range(first, first + len(losses))
    series = {
        "loss": observed_series("loss", steps, losses),
        "rate": observed_series("rate", steps, [0.1] * len(steps)),
    }
    series |= {name: observed_series(name, [first + len(losses)], [value]) for name, value in beside.items()}
    return ObservedRun(series, "step", facts or {}, "live")


def test_a_loss_is_the_mean_of_all_ranks_and_is_told_once_all_have_told_it() -> None:
    seen = Seen()
    voice = OneVoice(seen, 2)
    voice.take(0, piece(0, [1.0, 2.0, 3.0]))
    assert seen.steps("loss") == []
    assert seen.values("rate") == [0.1] * 3
    voice.take(1, piece(0, [3.0, 2.0]))
    assert (seen.steps("loss"), seen.values("loss")) == ([0, 1], [2.0, 2.0])
    voice.take(1, piece(2, [math.nan]))
    assert seen.steps("loss") == [0, 1, 2]
    assert math.isnan(seen.values("loss")[-1])
    assert seen.facts == {"processes": 2.0}


def test_a_rank_that_is_over_is_not_waited_for() -> None:
    seen = Seen()
    voice = OneVoice(seen, 2)
    voice.take(1, piece(0, [3.0]))
    voice.ended(1)
    voice.take(0, piece(0, [1.0, 5.0]))
    assert seen.values("loss") == [2.0, 5.0]


def test_a_figure_of_another_rank_counts_only_where_the_first_one_tells_none_of_that_name() -> None:
    seen = Seen()
    voice = OneVoice(seen, 2)
    voice.take(1, piece(0, [1.0], val_loss=9.0, val_accuracy=0.5))
    voice.take(0, piece(0, [1.0], val_loss=2.0))
    assert seen.values("val_loss") == [2.0]
    assert seen.values("val_accuracy") == []  # the first one may still tell it
    voice.take(0, piece(1, [1.0]))
    assert (seen.steps("val_accuracy"), seen.values("val_accuracy")) == ([1], [0.5])
    assert seen.values("val_loss") == [2.0]


def test_of_two_other_ranks_the_lower_ones_figure_counts() -> None:
    seen = Seen()
    voice = OneVoice(seen, 3)
    voice.take(2, piece(0, [1.0], val_loss=9.0))
    voice.take(1, piece(0, [1.0], val_loss=8.0))
    voice.ended(0)
    assert seen.values("val_loss") == [8.0]


def test_the_norm_of_gradients_that_are_spread_over_ranks_is_that_of_all_parts_together() -> None:
    seen = Seen()
    voice = OneVoice(seen, 2)
    voice.take(0, piece(0, [1.0], {"weights_sharded": 1.0}, grad_norm=3.0))
    voice.take(1, piece(0, [1.0], {"weights_sharded": 1.0}, grad_norm=4.0))
    voice.ended(0)
    voice.ended(1)
    assert seen.values("grad_norm") == [5.0]


def test_what_is_known_is_what_the_first_rank_knows() -> None:
    seen = Seen()
    voice = OneVoice(seen, 2)
    voice.take(1, piece(0, [1.0], {"clip": 9.0}))
    voice.take(0, piece(0, [1.0], {"clip": 1.0}))
    assert seen.facts == {"processes": 2.0, "clip": 1.0}


def test_a_rank_whose_watch_ended_is_not_waited_for_and_its_reason_is_told() -> None:
    seen = Seen()
    voice = OneVoice(seen, 2)
    voice.take(1, piece(0, [3.0]))
    voice.take(1, ObservedRun({}, "step", {"watch_ended": "KeyError"}, "live"))
    voice.take(0, piece(0, [1.0, 2.0]))
    assert seen.values("loss") == [2.0, 2.0]
    assert seen.facts["watch_ended"] == "KeyError"
