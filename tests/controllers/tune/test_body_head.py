"""Mirrors ratecraft/controllers/tune/body_head.py."""

import math
from dataclasses import dataclass, replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from tests.controllers.worlds import Followed, Formula, follow, peak_octave, planned_runs

from ratecraft.controllers.estimate import estimate, find_estimate
from ratecraft.controllers.find.settings import FindSettings
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import InvalidInput
from ratecraft.records.job import Job
from ratecraft.records.outcome import Outcome, Parts

PARTS = Parts(("fc.weight", "fc.bias"), "name", 650, 8320)
DECADE = math.log2(10)


@dataclass(frozen=True)
class TwoRates:
    """A script whose score has a valley in the body's rate and one in the head's; octaves above the script's own."""

    body: float = 0.0
    head: float = 0.0
    body_width: float = 0.05
    head_width: float = 0.05
    frozen: float = 1.0
    script: Formula = Formula(edge=30)
    parts: Parts | None = PARTS

    def outcome(self, job: Job) -> Outcome:
        head = peak_octave(job, self.script.own_rate, self.script.horizon)
        share, cost = job.scale.get("body", 1.0), 0.0
        if head is not None:
            cost = self.head_width * (head - self.head) ** 2
            cost += self.body_width * (head + math.log2(share) - self.body) ** 2 if share else self.frozen
        outcome = replace(self.script, width=0.0, floor=1.0 + cost).outcome(job)
        return replace(outcome, facts=replace(outcome.facts, parts=self.parts))


FORK = TunerSettings.usual("fork", groups="body-head")


def tried(followed: Followed) -> list[tuple[float, float]]:
    """Share and lift over the common rate, of every probe of a share."""
    jobs = [job for job in followed.scored("branch") if job.scale]
    common = [job for job in followed.scored("branch") if not job.scale and job.start != job.stop]
    best = min(common, key=lambda job: followed.outcomes[job.key].score or math.inf)
    rates = [job.schedules["rate"].at(job.start) / best.schedules["rate"].at(best.start) for job in jobs]
    return [(job.scale["body"], pytest.approx(rate)) for job, rate in zip(jobs, rates, strict=True)]


def final(followed: Followed) -> Job:
    return followed.of("final")[0]


def test_where_the_body_suffers_the_head_is_raised() -> None:
    followed = follow(TwoRates(head=DECADE, head_width=0.01), FORK)
    assert tried(followed) == [(1 / 10, 10), (1 / 10, 1), (1 / 30, 30), (0.0, 10)]
    answer = followed.answer
    assert answer.share == 1 / 10
    assert answer.rate == pytest.approx(final(followed).schedules["rate"].curve(2000).max(), rel=0.3)
    assert final(followed).scale == {"body": 1 / 10}
    assert answer.ratios == (1 / 10, 1.0)
    assert "body-chosen" in followed.codes()


def test_where_the_head_decides_the_body_is_lowered() -> None:
    followed = follow(TwoRates(body=-DECADE, body_width=0.02, head_width=0.3), FORK)
    assert tried(followed) == [(1 / 10, 10), (1 / 10, 1), (1 / 30, 1), (0.0, 1)]
    assert followed.answer.share == 1 / 10


def test_a_share_holds_from_step_0_and_its_probe_s_trunk_goes_on_to_the_end() -> None:
    followed = follow(TwoRates(head=DECADE, head_width=0.004), FORK)
    known = {each.job.key: each.job for each in followed.proposed}
    for job in known.values():
        if job.parent is not None:
            assert known[job.parent].scale == job.scale
    trunks = [job for job in known.values() if job.scale and job.evaluate is None]
    assert {job.start for job in trunks} == {0}
    assert final(followed).parent in {job.key for job in trunks}


def test_where_one_rate_is_as_good_the_study_ends_as_it_does_without_groups() -> None:
    with_groups = follow(TwoRates(), FORK)
    without = follow(TwoRates(), TunerSettings.usual("fork"))
    assert tried(with_groups)[2:] == [(1 / 3, 3), (1 / 3, 1)]
    assert final(with_groups) == final(without)
    assert with_groups.answer.share == 1
    assert with_groups.answer.rate == without.answer.rate
    assert without.answer.share is None
    assert without.answer.parts is None
    assert not any(each.job.scale for each in without.proposed)


@pytest.mark.parametrize(
    ("frozen", "share", "code"), [(-0.3, 0.0, "body-frozen"), (0.022, 1 / 30, "body-frozen-alike")]
)
def test_a_frozen_body_must_be_clearly_better_than_one_that_learns(frozen: float, share: float, code: str) -> None:
    world = TwoRates(body=-2 * DECADE, body_width=0.01, head_width=0.3, frozen=frozen)
    followed = follow(world, FORK)
    assert followed.answer.share == share
    assert code in followed.codes()
    assert followed.answer.ratios == ((1.0,) if share == 0 else (share, 1.0))


@pytest.mark.parametrize(("branching", "most"), [("fork", 2.5), ("replay", 2.5)])
@settings_of_hypothesis(max_examples=12, deadline=None)
@given(
    body=st.floats(-6, 3),
    head=st.floats(-3, 6),
    weights=st.tuples(st.floats(0.001, 0.3), st.floats(0.001, 0.3)),
    horizon=st.sampled_from([320, 500, 768, 1000, 2000]),
    order=st.integers(0, 5),
)
def test_every_study_is_within_its_budget_and_blind_to_the_order_of_outcomes(
    branching: Literal["fork", "replay"],
    most: float,
    body: float,
    head: float,
    weights: tuple[float, float],
    horizon: int,
    order: int,
) -> None:
    settings = TunerSettings.usual(branching, groups="body-head")
    assert settings.budget == most
    world = TwoRates(body, head, *weights, script=Formula(edge=30, horizon=horizon))
    followed = follow(world, settings)
    assert planned_runs(followed, settings, horizon) <= most * (1 + 1e-9)
    assert follow(world, settings, free=3, order=order).answer == followed.answer


@pytest.mark.parametrize("branching", ["fork", "replay"])
def test_the_estimate_adds_what_the_shares_add(branching: Literal["fork", "replay"]) -> None:
    settings, plain = TunerSettings.usual(branching, groups="body-head"), TunerSettings.usual(branching)
    costs = [planned_runs(follow(TwoRates(), each), each, 2000) for each in (settings, plain)]
    planned = [estimate(each, 2000) for each in (settings, plain)]
    assert planned[0].probes == planned[1].probes + 4
    assert planned[0].runs - planned[1].runs == pytest.approx(costs[0] - costs[1], abs=1e-3)
    assert planned[0].runs <= settings.budget == planned[0].budget


def test_too_small_a_budget_drops_shares_and_says_so() -> None:
    settings = replace(FORK, budget=2.02)
    followed = follow(TwoRates(head=DECADE, head_width=0.01), settings)
    assert planned_runs(followed, settings, 2000) <= 2.02
    assert "body-dropped" in followed.codes() or "dropped-third" in followed.codes()


def test_a_probe_of_a_share_may_blow_up() -> None:
    world = TwoRates(head=DECADE, head_width=0.01, script=Formula(edge=2.5))
    followed = follow(world, FORK)
    assert followed.answer.share in (1, 1 / 3, 1 / 10)
    assert any(each.ending == "blown up" for each in followed.answer.shares)


def test_find_takes_the_share_too_at_its_own_length() -> None:
    settings = FindSettings(groups="body-head")
    followed = follow(TwoRates(head=DECADE, head_width=0.01), settings)
    assert followed.answer.share == 1 / 10
    assert followed.answer.rate is not None
    assert followed.answer.rate > 0.05
    assert len(followed.answer.shares) == 4
    assert find_estimate(settings, 2000).probes == find_estimate(FindSettings(), 2000).probes + 4
    assert not followed.of("final")


@pytest.mark.parametrize(
    ("parts", "head", "error"),
    [
        (None, "", "No head"),
        (Parts(), "", "No head"),
        (Parts((), "told"), "nowhere", "nowhere"),
        (Parts(("fc.weight",), "last", 10, 0), "", "one part"),
        (Parts(("fc.weight",), "told", 0, 10), "fc", "one part"),
    ],
)
def test_a_model_without_two_parts_is_refused(parts: Parts | None, head: str, error: str) -> None:
    with pytest.raises(InvalidInput, match=error):
        follow(TwoRates(parts=parts), replace(FORK, head=head))


@pytest.mark.parametrize("found_by", ["told", "loaded", "name", "frozen", "last"])
def test_the_answer_says_which_parameters_were_taken_for_the_head(found_by: str) -> None:
    names = tuple(f"head.{number}.weight" for number in range(10))
    followed = follow(TwoRates(parts=Parts(names, found_by, 10, 100)), FORK)
    said = next(each for each in followed.answer.decisions if each.code == f"parts-{found_by}")
    assert "head.7.weight" in said.values["head"]
    assert "(+2)" in said.values["head"]
    assert followed.answer.parts is not None
    assert followed.answer.parts.head == names
