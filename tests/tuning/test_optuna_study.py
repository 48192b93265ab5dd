"""Mirrors ratecraft/tuning/optuna_study.py."""

import math
import sys
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratecraft.controllers.search.controller import Told
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.search.space import Condition, Parameter, Space
from ratecraft.errors import InvalidInput
from ratecraft.records.answer import Answer
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import Figure
from ratecraft.records.trials import Axis, Searched, Tried
from ratecraft.tuning.optuna_study import export, suggest

optuna = pytest.importorskip("optuna")

RATE = Parameter(name="rate", low=1e-4, high=1e-1, is_log=True)
KIND = Parameter(name="kind", choices=("sgd", "adam"), argument="--kind")
DEPTH = Parameter(name="depth", low=1, high=4, is_integer=True, argument="--depth")
MOMENTUM = Parameter(name="momentum", low=0.5, high=0.9, when=(Condition("kind", ("sgd",)),))
SPACE = Space((RATE, KIND, DEPTH, MOMENTUM))
METHODS = pytest.mark.parametrize("method", ["tpe", "gp"])


def told_of(count: int) -> tuple[Told, ...]:
    """Trials spread over the space, the best near a rate of 3e-3; the last one is under way, the first blew up."""
    found: list[Told] = []
    for number in range(count):
        values = SPACE.values([(number * share) % 1 for share in (0.618, 0.5, 0.382, 0.7)])
        score = (math.log10(values["rate"]) + 2.5) ** 2
        found.append(Told(values, None if number == count - 1 else math.inf if number == 0 else score))
    return tuple(found)


@METHODS
@given(count=st.integers(0, 14), seed=st.integers(0, 3))
@settings(max_examples=4, deadline=None)
def test_what_is_suggested_lies_in_the_space(method: Any, count: int, seed: int) -> None:
    values = suggest(SearchSettings(method=method, seed=seed), SPACE, told_of(count))
    assert 1e-4 <= values["rate"] <= 1e-1
    assert values["depth"] in (1, 2, 3, 4)
    assert isinstance(values["depth"], int)
    assert ("momentum" in values) == (values["kind"] == "sgd")


@METHODS
def test_the_same_trials_suggest_the_same_in_every_process(method: Any) -> None:
    chosen = SearchSettings(method=method)
    assert suggest(chosen, SPACE, told_of(13)) == suggest(chosen, SPACE, told_of(13))
    assert suggest(chosen, SPACE, told_of(4)) != suggest(replace(chosen, seed=1), SPACE, told_of(4))


@METHODS
def test_a_model_goes_where_the_scores_are_good(method: Any) -> None:
    known = told_of(25)[:-1]
    near = [suggest(SearchSettings(method=method, seed=seed), SPACE, known)["rate"] for seed in range(3)]
    away = sorted(abs(math.log10(rate) + 2.5) for rate in near)
    assert away[1] < 0.5  # of a range of three decades


def test_a_model_leaves_alone_what_is_under_way() -> None:
    """Two suggestions for two workers are not one and the same."""
    chosen = SearchSettings(method="gp")
    known = tuple(each for each in told_of(13) if each.score is not None)
    first = suggest(chosen, Space((RATE,)), tuple(Told({"rate": each.values["rate"]}, each.score) for each in known))
    under_way = Told({"rate": first["rate"]}, None)
    told = (*(Told({"rate": each.values["rate"]}, each.score) for each in known), under_way)
    assert abs(math.log10(suggest(chosen, Space((RATE,)), told)["rate"] / first["rate"])) > 1e-3


def test_without_optuna_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InvalidInput, match=r"`tpe` needs Optuna"):
        suggest(SearchSettings(method="tpe"), SPACE, ())


def answer_of(direction: Any = "min") -> Answer:
    tried = [
        Tried(1, {"rate": 0.01, "kind": "sgd", "momentum": 0.9}, 0.4, (0.39, 0.41), 100, True, "done", "b"),
        Tried(0, {"rate": 0.001, "kind": "adam"}, 0.7, (0.7, 0.7), 25, False, "done", "a"),
        Tried(2, {"rate": 0.1, "kind": "adam"}, None, (None, None), 3, True, "blown up", "c"),
    ]
    axes = (RATE.axis, KIND.axis, MOMENTUM.axis)
    return Answer(
        "gain", Metric("val_loss", direction), search=Searched("random", axes, tuple(tried), seeds=2, noise=0.01)
    )


def test_an_exported_search_is_a_study_that_optuna_opens(tmp_path: Any) -> None:
    storage = f"sqlite:///{tmp_path}/search.db"
    figures = {"b": (Figure(50, "val_loss", 0.6), Figure(50, "val_acc", 0.1), Figure(100, "val_loss", 0.39))}
    export(answer_of(), figures, storage, "mine")
    study = optuna.load_study(study_name="mine", storage=storage)
    states = [trial.state.name for trial in study.trials]
    assert states == ["PRUNED", "COMPLETE", "FAIL"]
    assert study.direction.name == "MINIMIZE"
    assert study.best_trial.params == {"rate": 0.01, "kind": "sgd", "momentum": 0.9}
    assert study.best_value == 0.4
    assert study.trials[1].intermediate_values == {50: 0.6, 100: 0.39}
    assert study.trials[0].intermediate_values == {25: 0.7}
    assert study.trials[1].user_attrs["scores"] == [0.39, 0.41]
    assert study.trials[1].distributions["rate"] == optuna.distributions.FloatDistribution(1e-4, 1e-1, log=True)


def test_what_is_better_when_larger_is_maximised() -> None:
    study = export(answer_of("max"), {}, optuna.storages.InMemoryStorage(), "mine")
    assert study.direction.name == "MAXIMIZE"


def test_a_name_that_is_there_is_not_written_over() -> None:
    storage = optuna.storages.InMemoryStorage()
    export(answer_of(), {}, storage, "mine")
    with pytest.raises(InvalidInput, match=r"already has a study named mine"):
        export(answer_of(), {}, storage, "mine")


def test_what_is_no_search_has_nothing_to_export() -> None:
    with pytest.raises(InvalidInput, match=r"not a search \(`found`\)"):
        export(Answer("found", Metric("val_loss", "min")), {}, optuna.storages.InMemoryStorage(), "mine")


def test_an_axis_of_whole_numbers_is_one_for_optuna() -> None:
    axis = Axis("depth", 1.0, 4.0, is_integer=True)
    tried = Tried(0, {"depth": 3}, 0.4, (0.4,), 100, True, "done", "b")
    answer = Answer("gain", Metric("val_loss", "min"), search=Searched("grid", (axis,), (tried,)))
    study = export(answer, {}, optuna.storages.InMemoryStorage(), "mine")
    assert study.trials[0].distributions["depth"] == optuna.distributions.IntDistribution(1, 4)
