"""Silence means something: *nothing* is said only where enough was seen, and from there on what is broken is named."""

from collections.abc import Callable

import numpy as np
import pytest
from tests.diagnosis.runs import Values, run, series, told

from ratecraft.diagnosis.diagnosing import Diagnosis, diagnosis_of
from ratecraft.records.watching.observed import ObservedRun

_ENOUGH = 10


def falling(place: Values) -> Values:
    return 0.3 + 2.0 / (1 + place / 0.05)


BROKEN: dict[str, Callable[[Values], Values]] = {
    "guesses": lambda place: np.full_like(place, np.log(10)),
    "rises": lambda place: 2.3 * np.exp(1.5 * place),
    "rises late": lambda place: np.where(place < 0.4, falling(place), 3 + 3 * place),
    "loses what it won": lambda place: np.where(place < 0.4, falling(place), 2.303),
}


def said_of(**columns: Values) -> Diagnosis:
    return diagnosis_of(ObservedRun({name: series(name, values) for name, values in columns.items()}, "epoch"))


def made(shape: Callable[[Values], Values], points: int, seed: int) -> Values:
    noise = 1 + 0.01 * np.random.default_rng(seed).normal(size=points)
    return shape(np.linspace(0, 1, points)) * noise


@pytest.mark.parametrize("shape", BROKEN)
@pytest.mark.parametrize("points", [2, 5, 8, 9, 10, 11, 12, 16, 20])
@pytest.mark.parametrize("seed", range(3))
def test_a_broken_run_is_named_or_cannot_be_judged(shape: str, points: int, seed: int) -> None:
    said = said_of(loss=made(BROKEN[shape], points, seed))
    assert said.verdict in ("lost", "cannot-judge") if points < _ENOUGH else said.verdict == "lost"


@pytest.mark.parametrize("shape", BROKEN)
@pytest.mark.parametrize("points", [3, 5, 8, 12, 40])
def test_a_broken_run_of_which_only_the_validation_was_logged_is_never_called_well(shape: str, points: int) -> None:
    assert said_of(val_loss=made(BROKEN[shape], points, 0)).verdict == "cannot-judge"


@pytest.mark.parametrize(
    ("points", "verdict"), [(2, "cannot-judge"), (9, "cannot-judge"), (10, "nothing"), (200, "nothing")]
)
def test_a_run_that_learns_is_well_from_ten_losses_on(points: int, verdict: str) -> None:
    assert said_of(loss=made(falling, points, 0)).verdict == verdict


def test_a_validation_that_learned_stands_in_for_losses_that_are_few_or_not_there() -> None:
    learned = made(falling, 6, 0)
    shares = np.array([0.1, 0.6, 0.7, 0.75, 0.77, 0.78])
    assert said_of(val_loss=learned).verdict == "nothing"
    assert said_of(loss=learned, val_accuracy=shares).verdict == "nothing"
    assert said_of(loss=learned, val_accuracy=shares[::-1]).verdict == "cannot-judge"


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"rate": np.full(50, 0.1)}, "no-loss"),
        ({"loss": np.full(3, 2.0)}, "few-points"),
        ({"loss_d": np.full(50, 0.7), "loss": np.full(50, 2.0)}, "game"),
        ({"loss": 1.7 + 0.01 * np.random.default_rng(0).normal(size=500)}, "undecided"),
    ],
)
def test_the_reason_is_told(columns: dict[str, Values], reason: str) -> None:
    unjudged = said_of(**columns).unjudged
    assert unjudged is not None
    assert unjudged.reason == reason


def test_losses_of_optimizers_that_each_learn_from_their_own_are_named_as_the_reason() -> None:
    seen = ObservedRun({"rate": series("rate", np.full(50, 2e-4))}, "step", {"losses_a_step": 2.0}, "live")
    unjudged = diagnosis_of(seen).unjudged
    assert unjudged is not None
    assert unjudged.reason == "loss-each"


def test_a_run_that_is_warned_of_is_judged_however_few_its_points() -> None:
    said = said_of(loss=np.array([2.0, np.nan]))
    assert (said.verdict, said.unjudged) == ("lost", None)


def test_loss_of_an_agent_that_acts_is_not_judged() -> None:
    losses = np.linspace(30.0, 60.0, 200)  # of a value that grows with the reward
    assert told(run(losses)).verdict == "lost"
    assert told(run(losses, facts={"acts": 1.0})).verdict == "cannot-judge"
