"""Mirrors ratecraft/controllers/prove/controller.py, in worlds that are formulas."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from tests.controllers.worlds import Followed, follow

from ratecraft.controllers.prove.controller import Plan, Prove
from ratecraft.controllers.prove.settings import ProveSettings
from ratecraft.controllers.prove.trying import Further
from ratecraft.errors import InvalidInput, NoAnswer, ScriptFailed
from ratecraft.records.events import Proposed
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Failure, Figure, Outcome, RunFacts
from ratecraft.records.proof import AS_IT_IS, Arm, Experiment, TriedArm
from ratecraft.records.treatment import MEASURED, clip_norm_of, clipped, rest_of

HIGHER, CLIPPED, HELD = Arm("higher", 3.0), Arm("clipped", treatment=clipped(2.0)), Arm("held", cooled=0.0)
FROM_NEW = Experiment(0, 0.1, (AS_IT_IS, HIGHER, CLIPPED), 50)
LATER = Experiment(200, 0.1, (AS_IT_IS, HIGHER, HELD), 40)


@dataclass(frozen=True)
class World:
    """A run whose loss at a branch's end is 1 / its peak rate, halved by clipping, doubled without a cool-down.

    `noise` is added from repeat to repeat, another one to each arm; beyond `edge` a branch blows up.
    """

    steps: int = 1000
    ending: Ending = Ending.DONE
    noise: float = 0.0
    edge: float = 10.0
    failure: Failure | None = None
    figures: tuple[Figure, ...] = ()
    facts: RunFacts = RunFacts()
    scored: bool = True

    def outcome(self, job: Job) -> Outcome:
        facts = replace(self.facts, horizon=1000, own_rate=0.1)
        if job.evaluate is not None and job.evaluate.kind == "natural":
            losses = tuple(1.0 for _ in range(self.steps))
            ended = Ending.FAILED if self.failure else self.ending
            return Outcome(
                job.key,
                ended,
                self.steps,
                self.steps,
                losses=losses,
                figures=self.figures,
                failure=self.failure,
                facts=facts,
            )
        count = (job.stop or 0) - job.start
        if job.evaluate is None:
            return Outcome(job.key, Ending.DONE, count, count, losses=(4.0,) * count)
        curve = job.schedules["rate"].curve(count, job.start)
        peak = float(curve.max())
        if peak > self.edge:
            return Outcome(job.key, Ending.BLOWN_UP, 3, 3, first_loss=2.0)
        score = 1 / peak / (2 if clip_norm_of(job.treatment) else 1) * (2 if curve[-1] == peak else 1)
        jitter = self.noise * ((job.seed + job.start // 7 + round(peak * 10)) % 3 - 1)
        told = score + jitter if self.scored else None
        return Outcome(job.key, Ending.DONE, count, count, score=told, first_loss=2.0)


def nothing_more(tried: Sequence[TriedArm], waiting: Sequence[Experiment], steps: int) -> tuple[Experiment, ...]:
    return ()


def proof(
    *experiments: Experiment,
    world: World | None = None,
    free: int = 1,
    order: int = 0,
    further: Further = nothing_more,
    **settings: object,
) -> Followed:
    plan: Plan = lambda asked, outcome, steps: experiments  # noqa: E731
    given = ProveSettings(**{"branching": "fork", **settings})  # pyright: ignore[reportArgumentType]
    return follow(world or World(), free=free, order=order, controller=Prove(given, plan, further))


def tried(followed: Followed) -> dict[tuple[int, str], TriedArm]:
    return {(each.start, each.arm.name): each for each in followed.answer.tried}


def test_the_run_is_made_first_and_measured_and_its_branches_after_it() -> None:
    followed = proof(FROM_NEW)
    first, *others = followed.proposed
    assert (first.phase, first.job.treatment) == ("baseline", MEASURED)
    assert {each.phase for each in others} == {"branch"}
    assert followed.answer.verdict == "proved"
    assert (followed.answer.horizon, followed.answer.own_rate) == (1000, 0.1)


def test_the_plan_is_asked_about_the_run_that_was_made() -> None:
    asked: list[tuple[Proposed, Outcome, int]] = []

    def plan(*known: object) -> tuple[Experiment, ...]:
        asked.append(known)  # pyright: ignore[reportArgumentType]
        return ()

    follow(World(), controller=Prove(ProveSettings(), plan, nothing_more))
    proposed, outcome, steps = asked[0]
    assert (proposed.job.key, steps) == (outcome.job, 1000)


def test_every_arm_is_tried_three_times_with_the_same_places_for_all() -> None:
    followed = proof(FROM_NEW, LATER)
    jobs = {each.job.key: each.job for each in followed.proposed}
    for row in followed.answer.tried:
        assert len(row.scores) == len(row.jobs) == 3
    for start in (0, 200):
        rows = [row for row in followed.answer.tried if row.start == start]
        places = [[(jobs[key].start, jobs[key].stop, jobs[key].seed) for key in row.jobs] for row in rows]
        assert all(each == places[0] for each in places)
        assert len(set(places[0])) == 3


def test_a_branch_leaves_the_script_s_own_run_and_a_new_start_stands_still_until_it_begins() -> None:
    followed = proof(FROM_NEW, LATER)
    jobs = {each.job.key: each.job for each in followed.proposed}
    later = [jobs[key] for key in tried(followed)[200, "higher"].jobs]
    assert [job.start for job in later] == [200, 205, 210]
    for job in later:
        trunk = jobs[job.parent or ""]
        assert (trunk.schedules, trunk.treatment, trunk.stop) == ({}, "", job.start)
    new = [jobs[key] for key in tried(followed)[0, "higher"].jobs]
    assert [(job.start, job.seed) for job in new] == [(0, 0), (0, 1), (0, 2)]
    assert [rest_of(job.treatment) for job in new] == [0, 6, 12]
    for repeat, job in enumerate(new):
        curve = job.schedules["rate"].curve(job.stop or 0)
        assert [round(float(rate), 6) for rate in curve[: 6 * repeat]] == [0.0] * 6 * repeat
        assert float(curve[6 * repeat]) == pytest.approx(0.3)


def test_every_arm_cools_down_to_nothing_but_the_one_that_shows_what_that_wins() -> None:
    followed = proof(LATER)
    jobs = {each.job.key: each.job for each in followed.proposed}
    for row in followed.answer.tried:
        for key in row.jobs:
            job = jobs[key]
            stop = job.stop or 0
            last = job.schedules["rate"].at(stop)
            assert (last == pytest.approx(0, abs=1e-12)) is (row.arm.cooled > 0)
            falls = sum(rate < row.rate * 0.999 for rate in job.schedules["rate"].curve(stop - job.start, job.start))
            assert falls >= 8 or not row.arm.cooled


def test_a_warm_up_is_part_of_its_arm() -> None:
    warmed = replace(FROM_NEW, arms=(AS_IT_IS, Arm("warmed-up", warm_up=20)))
    followed = proof(warmed)
    jobs = {each.job.key: each.job for each in followed.proposed}
    rates = jobs[tried(followed)[0, "warmed-up"].jobs[0]].schedules["rate"].curve(50)
    assert float(rates[0]) < 0.01
    assert float(rates[10]) == pytest.approx(0.055)
    assert float(rates.max()) == pytest.approx(0.1)


def test_scores_and_where_they_began_are_told() -> None:
    found = tried(proof(FROM_NEW, LATER))
    assert found[0, "as-it-is"].scores == pytest.approx((10.0,) * 3)
    assert found[0, "higher"].scores == pytest.approx((10 / 3,) * 3)
    assert found[0, "clipped"].scores == pytest.approx((5.0,) * 3)
    assert found[200, "held"].scores == pytest.approx((20.0,) * 3)
    assert (found[0, "higher"].before, found[200, "higher"].before) == ((2.0,) * 3, (4.0,) * 3)
    assert found[0, "higher"].rate == pytest.approx(0.3)


def test_what_blows_up_has_no_score() -> None:
    assert tried(proof(FROM_NEW, world=World(edge=0.2)))[0, "higher"].scores == (None,) * 3


@pytest.mark.parametrize("free", [1, 2, 7])
@pytest.mark.parametrize("order", [0, 1, 2])
def test_neither_workers_nor_the_order_of_outcomes_decide(free: int, order: int) -> None:
    usual = proof(FROM_NEW, LATER, world=World(noise=1.0))
    other = proof(FROM_NEW, LATER, world=World(noise=1.0), free=free, order=order)
    assert other.answer == usual.answer


def test_what_may_be_chance_is_tried_more_often_and_what_is_clear_is_not() -> None:
    clear, noisy = proof(FROM_NEW), proof(FROM_NEW, world=World(noise=3.0))
    assert {len(row.scores) for row in clear.answer.tried} == {3}
    assert 5 in {len(row.scores) for row in noisy.answer.tried}
    assert "experiment-repeated" in noisy.codes()


def test_the_budget_is_kept_and_what_it_does_not_hold_is_told() -> None:
    small = proof(FROM_NEW, LATER, budget=0.45)  # of 1.37
    steps = sum((each.job.stop or 0) - each.job.start for each in small.proposed if each.phase == "branch")
    assert steps <= 0.45 * 1000
    assert "arms-left-out" in small.codes()
    assert [row.arm.name for row in small.answer.tried] == ["as-it-is", "higher"]
    assert "arms-left-out" not in proof(FROM_NEW, LATER, budget=3.0).codes()


def test_a_replay_pays_for_every_way_to_its_place() -> None:
    assert tried(proof(LATER, branching="fork", budget=0.7))
    assert not tried(proof(LATER, branching="replay", budget=0.7))


def test_a_run_that_was_seen_before_is_not_made_again() -> None:
    followed = proof(world=World(), experiments=(FROM_NEW,), steps=800)
    assert {each.phase for each in followed.proposed} == {"branch"}
    assert (followed.answer.horizon, followed.answer.horizon_source) == (800, "steps")
    assert len(followed.answer.tried) == 3


def test_a_run_that_blew_up_is_measured_by_the_steps_it_was_to_have() -> None:
    assert proof(FROM_NEW, world=World(steps=5, ending=Ending.BLOWN_UP)).answer.horizon == 1000


def test_nothing_to_try_is_an_answer() -> None:
    assert proof().answer.tried == ()


def test_a_run_that_is_no_run_is_told() -> None:
    with pytest.raises(InvalidInput, match="step"):
        proof(world=World(steps=0))
    with pytest.raises(NoAnswer):
        proof(world=World(steps=63))
    with pytest.raises(ScriptFailed):
        proof(world=World(failure=Failure("exception", "ValueError", "oh")))


def test_what_was_tried_tells_what_is_tried_next_beside_the_run_as_it_is_that_is_not_tried_again() -> None:
    seen: list[list[str]] = []

    def further(tried: Sequence[TriedArm], waiting: Sequence[Experiment], steps: int) -> tuple[Experiment, ...]:
        seen.append([each.arm.name for each in tried])
        return (replace(FROM_NEW, arms=(AS_IT_IS, Arm("highest", 10.0))),)

    followed = proof(replace(FROM_NEW, arms=(AS_IT_IS, HIGHER)), further=further)
    assert [each.arm.name for each in followed.answer.tried] == ["as-it-is", "higher", "highest"]
    assert seen[0] == ["as-it-is", "higher"]
    assert len({each.job.key for each in followed.proposed}) == len(followed.proposed) == 1 + 3 * 3


def test_a_second_round_from_the_same_step_pays_no_second_way() -> None:
    further: Further = lambda tried, waiting, steps: (replace(LATER, arms=(AS_IT_IS, HELD)),)  # noqa: E731
    first = replace(LATER, arms=(AS_IT_IS, HIGHER))
    way, branch = 210, 3 * 40
    assert len(tried(proof(first, further=further, budget=(way + 3 * branch) / 1000))) == 3
    assert len(tried(proof(first, further=further, budget=(way + 3 * branch - 1) / 1000))) == 2


@pytest.mark.parametrize(("figures", "metric"), [((Figure(1000, "val_loss", 1.0),), "val_loss"), ((), "")])
def test_a_validated_experiment_is_scored_by_the_run_s_own_validation_where_it_has_one(
    figures: tuple[Figure, ...], metric: str
) -> None:
    followed = proof(replace(LATER, validated=True), world=World(figures=figures, facts=RunFacts(loader=True)))
    jobs = {each.job.key: each.job for each in followed.proposed}
    for row in followed.answer.tried:
        assert (row.metric, row.validated) == (metric, True)
        assert {how.kind for key in row.jobs if (how := jobs[key].evaluate)} == {"figure" if metric else "frozen"}


def test_a_validation_that_is_out_of_reach_scores_nothing() -> None:
    experiment = replace(LATER, validated=True)
    far, near = (
        World(figures=tuple(Figure(step, "val_loss", 1.0) for step in steps)) for steps in ((900,), (260, 400))
    )
    assert {row.metric for row in proof(experiment, world=far).answer.tried} == {""}
    assert {row.metric for row in proof(experiment, world=near).answer.tried} == {"val_loss"}


def test_weight_decay_is_a_schedule_of_its_own() -> None:
    undecayed = replace(LATER, arms=(AS_IT_IS, Arm("undecayed", weight_decay=0.0)))
    jobs = [each.job for each in proof(undecayed).proposed if each.phase == "branch" and each.job.evaluate]
    assert sorted(tuple(sorted(job.schedules)) for job in jobs) == 3 * [("rate",)] + 3 * [("rate", "weight_decay")]


def test_a_rate_may_fall_over_a_whole_branch() -> None:
    falling = replace(LATER, arms=(replace(AS_IT_IS, cooled=1.0), HELD))
    job = next(each.job for each in proof(falling).proposed if each.phase == "branch" and each.job.evaluate)
    curve = job.schedules["rate"].curve(40, job.start)
    assert float(curve[0]) == pytest.approx(0.1)
    assert all(after < before for before, after in pairwise(curve.tolist()))


def test_a_branch_that_ends_before_it_is_scored_is_told() -> None:
    with pytest.raises(NoAnswer, match="shorter"):
        proof(LATER, world=World(scored=False))


def test_a_rate_that_is_held_is_tried_more_often_where_it_may_do_worse_by_chance() -> None:
    held = replace(LATER, arms=(AS_IT_IS, HELD))
    noisy = proof(held, world=World(noise=5.2))
    assert {len(row.scores) for row in noisy.answer.tried} == {5}


def test_where_every_arm_is_replayed_what_begins_at_step_0_is_tried_first() -> None:
    experiments = (LATER, replace(FROM_NEW, waits=True))
    further: Further = lambda tried, waiting, steps: waiting  # noqa: E731
    forked, replayed = (
        [row.start for row in proof(*experiments, further=further, branching=way, budget=9.0).answer.tried]
        for way in ("fork", "replay")
    )
    assert forked == [200, 200, 200, 0, 0, 0]
    assert replayed == [0, 0, 0, 200, 200, 200]
