"""Mirrors ratecraft/controllers/prove/price.py, in worlds that are formulas."""

from collections.abc import Sequence

import pytest
from tests.controllers.prove.test_controller import FROM_NEW, LATER, World, proof

from ratecraft.controllers.baseline.cadence import Cadence
from ratecraft.controllers.prove.price import priced
from ratecraft.controllers.prove.settings import ProveSettings
from ratecraft.diagnosis.proof.next_tries import next_tries
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import FROZEN_STEP
from ratecraft.records.proof import AS_IT_IS, Arm, Experiment, Price, TriedArm

SHORT = Experiment(0, 0.1, (AS_IT_IS, Arm("higher", 3.0), Arm("lower", 1 / 3)), 50)
HOT = Experiment(300, 0.1, (AS_IT_IS, Arm("higher", 3.0), Arm("lower", 1 / 3)), 50)
VALIDATED = {"metric": Metric("val_loss", "min"), "cadence": Cadence("epoch-end")}


def settings(**given: object) -> ProveSettings:
    return ProveSettings(**{"branching": "fork", **given})  # pyright: ignore[reportArgumentType]


def nothing(tried: Sequence[TriedArm], waiting: Sequence[Experiment], steps: int) -> tuple[Experiment, ...]:
    return ()


@pytest.mark.parametrize("further", [nothing, next_tries])
@pytest.mark.parametrize("world", [World(edge=100.0), World(edge=100.0, noise=0.1)])
def test_what_a_proof_comes_to_lies_within_its_price(further: object, world: World) -> None:
    followed = proof(FROM_NEW, LATER, world=world, further=further)  # pyright: ignore[reportArgumentType]
    price = priced(settings(), (FROM_NEW, LATER), further, 1000)  # pyright: ignore[reportArgumentType]
    steps = sum(outcome.executed for outcome in followed.outcomes.values())
    frozen = sum(proposed.job.evaluate.steps for proposed in followed.proposed[1:] if proposed.job.evaluate)
    assert price.low - 0.01 <= (steps + FROZEN_STEP * frozen) / 1000 <= price.high + 0.01


def test_the_first_branch_alone_tells_the_price_and_the_answer_repeats_it() -> None:
    followed = proof(FROM_NEW)
    told = [proposed.price for proposed in followed.proposed]
    price = priced(settings(), (FROM_NEW,), nothing, 1000)
    assert told == [None, price, *[None] * (len(told) - 2)]
    assert followed.answer.decisions[0].code == "proof-price"
    assert followed.answer.decisions[0].values == {"low": price.low, "high": price.high}


def test_a_run_in_which_nothing_is_tried_costs_itself() -> None:
    assert priced(settings(), (), next_tries, 1000) == Price(1.0, 1.0)
    assert [proposed.price for proposed in proof().proposed] == [None]
    assert "proof-price" not in [decision.code for decision in proof().answer.decisions]


def test_a_longer_branch_is_part_of_the_most_that_a_proof_costs_and_not_of_the_least() -> None:
    price = priced(settings(**VALIDATED), (SHORT,), next_tries, 4000)
    alone = priced(settings(**VALIDATED), (SHORT,), nothing, 4000)
    assert price.high >= alone.high + 6 * 0.25 - 0.01
    assert price.low == alone.low


def test_replayed_branches_pay_their_way() -> None:
    forked, replayed = (priced(settings(branching=way), (HOT,), nothing, 1000) for way in ("fork", "replay"))
    assert replayed.low > forked.low + 8 * 0.3


def test_the_most_is_never_above_the_budget_and_its_scores() -> None:
    price = priced(settings(budget=1.0), (SHORT, HOT), next_tries, 500)
    assert price.high <= 1 + 1.0 * (1 + FROZEN_STEP / 2) + 0.01
