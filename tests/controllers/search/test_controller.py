"""Mirrors ratecraft/controllers/search/controller.py and its parts: whole searches in worlds of formulas."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.controllers.worlds import Followed, Formula, controller_of, follow

from ratecraft.controllers.search.controller import Told
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.search.space import Parameter, Space
from ratecraft.errors import InvalidInput, ScriptFailed
from ratecraft.records.answer import Answer
from ratecraft.records.events import Finished
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Failure, Group, Outcome, RunFacts

RATE = Parameter(name="rate", low=1e-3, high=1.0, is_log=True)
BATCH = Parameter(name="batch", choices=(8, 16, 32), argument="--batch")
WORLD = Formula(own_rate=0.001, bottom=3.0, edge=99.0)


@dataclass(frozen=True)
class Forked:
    """A formula whose branches execute their own steps only; `length` is how long a run is with a batch."""

    formula: Formula = WORLD
    length: Callable[[int], int] = lambda batch: 2000

    def outcome(self, job: Job) -> Outcome:
        world = self.formula
        if job.arguments:
            world = replace(world, horizon=self.length(int(job.arguments[-1])))
        outcome = world.outcome(job)
        return replace(outcome, executed=outcome.steps)


def settings_of(method: Any, *parameters: Parameter, **given: Any) -> SearchSettings:
    return SearchSettings(method=method, space=Space(parameters), branching="fork", **given)


def middle(settings: SearchSettings, space: Space, told: tuple[Told, ...]) -> Mapping[str, Any]:
    """A model that needs no package: half-way between the two best rates so far; before that, three fixed ones."""
    known = sorted((each for each in told if each.score is not None), key=lambda each: each.score or 0.0)
    if len(told) < 3 or len(known) < 2:
        return {"rate": (1e-3, 1e-2, 1e-1)[len(told) % 3]}
    return {"rate": math.sqrt(known[0].values["rate"] * known[1].values["rate"])}


def searched(world: Any, settings: SearchSettings, **how: Any) -> Followed:
    return follow(world, settings, sample=middle, **how)


def trials_of(followed: Followed) -> dict[int, dict[str, Any]]:
    assert followed.answer.search is not None
    return {each.number: dict(each.values) for each in followed.answer.search.trials}


KNOWN_BEFOREHAND = ("grid", "random", "sobol", "hyperband")


@pytest.mark.parametrize("method", ["grid", "random", "sobol", "tpe", "gp", "asha", "hyperband"])
def test_every_method_comes_to_the_best_of_its_trials_and_says_what_it_gains(method: str) -> None:
    answer = searched(Forked(), settings_of(method, RATE)).answer
    assert answer.search is not None
    assert answer.verdict == "gain"
    whole = [each for each in answer.search.trials if each.is_whole]
    assert answer.search.trials[0] == min(whole, key=lambda each: each.score or math.inf)
    assert answer.rate == answer.search.trials[0].values["rate"]
    assert answer.tuned is not None
    assert answer.tuned.final == answer.search.trials[0].score
    assert answer.own_rate == 0.001
    assert answer.schedules["rate"].curve(2000).max() == pytest.approx(answer.rate)


@pytest.mark.parametrize("method", KNOWN_BEFOREHAND)
def test_the_order_of_outcomes_and_the_number_of_workers_change_nothing(method: str) -> None:
    settings = settings_of(method, RATE, BATCH, trials=12)
    followed = [searched(Forked(), settings, free=free, order=order) for free, order in ((1, 0), (3, 1), (5, 2))]
    first = followed[0]
    assert all(each.answer == first.answer for each in followed[1:])
    assert all({job.job.key for job in each.proposed} == {job.job.key for job in first.proposed} for each in followed)


@pytest.mark.parametrize("method", ["random", "sobol"])
def test_a_longer_search_begins_as_a_shorter_one(method: str) -> None:
    short, long = (trials_of(searched(Forked(), settings_of(method, RATE, trials=count))) for count in (5, 11))
    assert {number: long[number] for number in short} == short


def test_a_grid_is_log_spaced_or_listed() -> None:
    spaced = trials_of(searched(Forked(), settings_of("grid", RATE, trials=4)))
    assert [spaced[number]["rate"] for number in range(4)] == [1e-3, 1e-2, 1e-1, 1.0]
    listed = Parameter(name="rate", choices=(0.1, 0.01, 0.001, 0.0001))
    assert len(trials_of(searched(Forked(), settings_of("grid", listed)))) == 4


def test_without_a_space_the_rate_is_searched_about_what_is_usual_for_the_optimizer() -> None:
    @dataclass(frozen=True)
    class Adam(Forked):
        def outcome(self, job: Job) -> Outcome:
            facts = RunFacts(groups=(Group(1000, 0.05, 1.0, "AdamW"),), own_rate=0.05, horizon=2000)
            return replace(super().outcome(job), facts=facts)

    followed = searched(Adam(replace(WORLD, own_rate=0.05)), settings_of("grid", trials=2))
    assert [trials_of(followed)[number]["rate"] for number in (0, 1)] == [1e-4, 0.2]
    assert "search-usual" in followed.codes()


def test_without_a_recipe_it_is_the_scripts_own_rate_times_and_by_a_hundred() -> None:
    followed = searched(Forked(), settings_of("grid", trials=2))
    assert [trials_of(followed)[number]["rate"] for number in (0, 1)] == [1e-5, 0.1]
    assert "search-about-own" in followed.codes()


def test_nothing_is_tried_twice_and_a_search_ends_where_nothing_is_left() -> None:
    few = Parameter(name="rate", choices=(0.1, 0.01, 0.001))
    for method in ("random", "sobol", "tpe", "asha"):
        followed = follow(Forked(), settings_of(method, few, trials=9), sample=lambda *_: {"rate": 0.1})
        assert sorted(each["rate"] for each in trials_of(followed).values()) == [0.001, 0.01, 0.1]
        assert "search-fewer" in followed.codes()


def test_trials_that_begin_alike_share_their_beginning_and_the_saving_is_counted() -> None:
    decays = Parameter(name="schedule", choices=("constant(1, 0.5) >> linear()", "constant(1, 0.5) >> cosine()"))
    rates = Parameter(name="rate", choices=(0.1, 0.01))
    followed = searched(Forked(), settings_of("grid", rates, decays))
    assert followed.answer.search is not None
    executed = sum(outcome.steps for key, outcome in followed.outcomes.items() if key in _trial_keys(followed))
    assert followed.answer.search.saved == 4 * 2000 - executed == 2 * 1001
    by_replay = searched(WORLD, replace(settings_of("grid", rates, decays), branching="replay"))
    assert by_replay.answer.search is not None
    assert by_replay.answer.search.saved == 0


def test_several_seeds_make_one_score_and_tell_the_noise() -> None:
    followed = searched(Forked(replace(WORLD, noise=0.02)), settings_of("grid", RATE, trials=6, seeds=4))
    search = followed.answer.search
    assert search is not None
    assert search.noise == pytest.approx(0.02, rel=0.6)
    for each in search.trials:
        known = [score for score in each.scores if score is not None]
        assert len(known) == 4
        assert each.score == pytest.approx(math.fsum(known) / 4)
    assert {"search-noise", "compared-better"} <= set(followed.codes())


def test_a_difference_within_the_noise_of_the_seeds_is_no_gain() -> None:
    world = Forked(Formula(own_rate=0.01, bottom=0.0, noise=0.5, width=0.001))
    narrow = Parameter(name="rate", low=0.005, high=0.02, is_log=True)
    assert searched(world, settings_of("random", narrow, trials=4, seeds=3)).answer.verdict == "no-gain"


def test_seeds_that_change_nothing_are_not_run() -> None:
    followed = searched(Forked(replace(WORLD, seeded=True)), settings_of("grid", RATE, trials=3, seeds=4))
    assert len(followed.of("trial")) == 3
    assert "seeds-change-nothing" in followed.codes()


def test_a_metric_that_is_better_when_larger_is_ranked_so() -> None:
    world = Forked(Formula(sign=-1.0, metric="val_acc", floor=-1.0, own_rate=0.001, bottom=3.0))
    answer = searched(world, settings_of("grid", RATE, trials=7)).answer
    assert answer.search is not None
    scores = [each.score for each in answer.search.trials if each.score is not None]
    assert scores == sorted(scores, reverse=True)
    assert answer.verdict == "gain"


def test_trials_that_blow_up_come_last_and_are_told() -> None:
    followed = searched(Forked(replace(WORLD, edge=5.0)), settings_of("grid", RATE, trials=7))
    search = followed.answer.search
    assert search is not None
    assert [each.ending for each in search.trials if each.score is None] == ["blown up"] * 3
    assert all(each.score is None for each in search.trials[-3:])
    assert "search-lost" in followed.codes()
    assert followed.answer.edge == pytest.approx(0.1, rel=0.01)


def test_where_no_trial_comes_to_a_score_there_is_no_rate() -> None:
    high = Parameter(name="rate", choices=(1.0, 2.0))
    answer = searched(Forked(replace(WORLD, edge=5.0)), settings_of("grid", high)).answer
    assert (answer.verdict, answer.rate, answer.tuned) == ("no-information", None, None)


def test_the_best_at_an_end_of_the_range_is_marked() -> None:
    low = Parameter(name="rate", low=1e-4, high=1e-3, is_log=True)
    assert "at-edge" in searched(Forked(), settings_of("grid", low, trials=4)).answer.marks
    assert "at-edge" not in searched(Forked(), settings_of("grid", RATE, trials=7)).answer.marks


def test_without_a_baseline_nothing_is_compared_and_no_gain_is_claimed() -> None:
    followed = searched(Forked(), settings_of("grid", RATE, trials=3, baseline=False))
    assert not followed.of("baseline")
    assert followed.answer.verdict == "not-compared"
    assert "not-compared" in followed.codes()


def test_other_arguments_are_looked_at_first_and_tell_how_long_their_runs_are() -> None:
    world = Forked(length=lambda batch: 16000 // batch)
    followed = searched(world, settings_of("grid", BATCH, Parameter(name="rate", choices=(0.1, 0.01))))
    looks = followed.of("census")
    assert sorted(job.arguments for job in looks) == [("--batch", "16"), ("--batch", "32"), ("--batch", "8")]
    assert {job.arguments[-1]: job.stop for job in followed.of("trial")} == {"8": 2000, "16": 1000, "32": 500}


@pytest.mark.parametrize("method", ["tpe", "asha", "hyperband"])
def test_a_chosen_trial_keeps_its_values_while_its_arguments_are_looked_at(method: str) -> None:
    def model(settings: SearchSettings, space: Space, told: tuple[Told, ...]) -> Mapping[str, Any]:
        return {"rate": 0.001 * (1 + len(told)), "batch": (8, 16, 32)[len(told) % 3]}

    world = Forked(length=lambda batch: 16000 // batch)
    settings = settings_of(method, RATE, BATCH, trials=6)
    followed = follow(world, settings, sample=model, free=2, order=3)
    first = {each.trial.number: each.trial.values for each in followed.proposed[::-1] if each.trial is not None}
    assert trials_of(followed) == first
    assert len(first) == 6


def test_arguments_with_which_the_script_fails_are_lost_trials() -> None:
    @dataclass(frozen=True)
    class Failing(Forked):
        def outcome(self, job: Job) -> Outcome:
            if job.arguments[-1:] == ("8",):
                return Outcome(job.key, Ending.FAILED, failure=Failure("exception", "ValueError"))
            return super().outcome(job)

    followed = searched(Failing(), settings_of("grid", BATCH, Parameter(name="rate", choices=(0.1, 0.01))))
    assert followed.answer.search is not None
    assert len([each for each in followed.answer.search.trials if each.ending == "failed"]) == 1
    assert all(each.values["batch"] != 8 for each in followed.answer.search.trials if each.score is not None)


@pytest.mark.parametrize("method", ["random", "tpe", "asha", "hyperband"])
@pytest.mark.parametrize("budget", [3.0, 5.5])
def test_a_budget_is_kept_and_used_and_ends_with_a_full_run(method: str, budget: float) -> None:
    followed = searched(Forked(), settings_of(method, RATE, budget=budget), free=2)
    spent = sum(followed.outcomes[key].executed for key in _trial_keys(followed)) / 2000
    assert followed.answer.tuned is not None
    assert 0.6 * budget <= spent <= budget


def test_a_grid_beyond_its_budget_is_refused() -> None:
    listed = Parameter(name="rate", choices=(0.1, 0.01, 0.001))
    with pytest.raises(InvalidInput, match=r"A budget of 2\S* runs is too small: this search costs at least 3"):
        searched(Forked(), settings_of("grid", listed, budget=2.0))


def test_a_budget_below_one_trial_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"too small: this search costs at least 3"):
        searched(Forked(), settings_of("random", RATE, budget=2.0, seeds=3))


def test_a_script_that_fails_by_itself_fails_the_search() -> None:
    failed = {"ending": Ending.FAILED, "failure": Failure("exception", "KeyError", "'x'", "train.py", 7)}
    with pytest.raises(ScriptFailed, match="KeyError"):
        searched(Forked(replace(WORLD, baseline=failed)), settings_of("grid", RATE))


def test_a_run_that_is_too_short_for_rungs_is_told() -> None:
    with pytest.raises(InvalidInput, match=r"80 steps is too short to be stopped early: it takes at least 96"):
        searched(Forked(replace(WORLD, horizon=80)), settings_of("asha", RATE))


def test_a_hyperparameter_that_the_optimizers_do_not_have_is_told() -> None:
    @dataclass(frozen=True)
    class Known(Forked):
        def outcome(self, job: Job) -> Outcome:
            outcome = super().outcome(job)
            return replace(outcome, facts=replace(outcome.facts, hyperparameters=("rate", "weight_decay")))

    with pytest.raises(InvalidInput, match="`momentum`"):
        searched(Known(), settings_of("grid", Parameter(name="momentum", choices=(0.5, 0.9))))


@pytest.mark.parametrize("method", ["tpe", "asha"])
def test_what_was_proposed_is_never_computed_again(method: str) -> None:
    """A model that would now say something else changes no trial that is in the record."""
    settings = settings_of(method, RATE, trials=6)
    followed = searched(Forked(), settings)
    controller = controller_of(settings, lambda *_: {"rate": 0.5})
    state = controller.init()
    for each in followed.proposed:
        state = controller.observe(state, each)
        state = controller.observe(state, Finished(followed.outcomes[each.job.key], 1))
    answer = controller.wanted(state, 1)
    assert isinstance(answer, Answer)
    assert answer == followed.answer


def _trial_keys(followed: Followed) -> set[str]:
    return {each.job.key for each in followed.proposed if each.phase == "trial"}
