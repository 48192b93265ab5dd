"""Mirrors ratecraft/recipes/observed_training.py: what a look comes to, and what kind of training it is taken for."""

from dataclasses import replace
from typing import Any

import pytest

from ratecraft.errors import InvalidInput
from ratecraft.recipes.observed_training import ObservedTraining, observed_training, run_description_of
from ratecraft.recipes.presets import builtin_presets
from ratecraft.records.outcome import Group, ModelFacts, RunFacts

OPTIMIZERS = builtin_presets().optimizers
SGD = Group(1000, 0.1, 1.0, "SGD", {"momentum": 0.9, "weight_decay": 1e-4})
FACTS = RunFacts(
    optimizers=("SGD",),
    groups=(SGD,),
    own_rate=0.1,
    samples_per_step=32.0,
    dataset_length=1000,
    horizon=500,
    horizon_source="loops",
)


def seen(**facts: Any) -> ObservedTraining:
    return observed_training(replace(FACTS, **facts), OPTIMIZERS)


def model(loaded: int | None = 0, **kinds: int) -> ModelFacts:
    named = {name.replace("_", "-"): count for name, count in kinds.items()}
    return ModelFacts("Net", sum(named.values()), loaded, named)


@pytest.mark.parametrize(
    ("name", "settings", "recipe"),
    [
        ("SGD", {"momentum": 0.0}, "sgd"),
        ("SGD", {"momentum": 0.9}, "momentum"),
        ("SGD", {"momentum": 0.9, "nesterov": 1.0}, "nesterov"),
        ("AdamW", {}, "AdamW"),
        ("AdamWScheduleFree", {}, "AdamWScheduleFree"),
    ],
)
def test_an_optimizer_is_known_by_its_class_and_its_momentum(
    name: str, settings: dict[str, float], recipe: str
) -> None:
    assert seen(groups=(Group(10, 0.1, 1.0, name, settings),)).optimizer == recipe


@pytest.mark.parametrize("name", ["LBFGS", "MyAdamX"])
def test_an_optimizer_without_usual_values_is_told_with_what_measures_it(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"The training uses {name}, for which no usual values are known") as caught:
        seen(groups=(Group(10, 0.1, 1.0, name),))
    assert "`ratecraft tune` measure its rate all the same" in caught.value.hint()
    assert "--optimizer NAME, one of " in caught.value.hint()


def test_it_may_be_told_what_an_unknown_optimizer_counts_as() -> None:
    facts = replace(FACTS, groups=(Group(10, 0.1, 1.0, "MyAdamX", {"beta1": 0.9}),))
    assert observed_training(facts, OPTIMIZERS, "adam").optimizer == "adam"


def test_a_run_without_a_group_has_no_optimizer() -> None:
    with pytest.raises(InvalidInput, match="no torch optimizer"):
        seen(groups=())


@pytest.mark.parametrize(
    ("own", "base", "peak", "rate"),
    [(0.1, 0.1, None, 0.1), (1e-4, 0.1, None, 0.1), (0.04, 0.04, 1.0, 1.0), (None, 0.2, None, 0.2)],
)
def test_its_rate_is_the_largest_that_is_known_of(
    own: float | None, base: float, peak: float | None, rate: float
) -> None:
    settings = {} if peak is None else {"peak": peak}
    found = seen(own_rate=own, groups=(Group(10, base, 1.0, "SGD", settings),))
    assert found.values["rate"] == rate
    assert "peak" not in found.values


def test_a_rate_of_0_is_no_value() -> None:
    assert "rate" not in seen(own_rate=None, groups=(Group(10, 0.0, 1.0, "SGD"),)).values


@pytest.mark.parametrize(
    ("kinds", "task"),
    [
        (model(convolution=900, norm=50, linear=50), "images"),
        (model(convolution_1d=900, linear=100), None),
        (model(embedding=300, recurrent=600, linear=100), "recurrent"),
        (model(sparse_embedding=900, linear=100), "sparse-embeddings"),
        (model(embedding=300, attention=400, linear=300), "pre-training"),
        (model(linear=1000), None),
        (model(1000, convolution=900, linear=100), "fine-tuning-vision"),
        (model(990, convolution=10, attention=400, linear=590), "fine-tuning-vision"),
        (model(990, embedding=300, attention=400, linear=300), "fine-tuning-transformer"),
        (model(700, embedding=800, recurrent=200), "fine-tuning-language"),
        (model(900, linear=1000), None),
        (model(400, convolution=900, linear=100), "plain-images"),
        (ModelFacts(), None),
    ],
)
def test_a_task_is_guessed_from_kinds_of_layers_and_loaded_weights(kinds: ModelFacts, task: str | None) -> None:
    assert seen(model=kinds).task == task


def test_adapters_on_a_frozen_model_are_lora() -> None:
    kinds = model(9900, attention=9900, adapter=100)
    assert seen(model=kinds, groups=(replace(SGD, parameters=100),)).task == "lora"


def test_where_loading_cannot_be_seen_the_reason_says_so() -> None:
    assert seen(model=model(None, convolution=100)).assumed.code == "task-kind-unseen"
    assert seen(model=model(0, convolution=100)).assumed.code == "task-kind"


def test_passes_are_counted_where_batch_data_and_steps_are_known() -> None:
    assert seen().passes == 16.0
    assert seen(dataset_length=None).passes is None
    assert seen(horizon=None).passes is None


def test_what_is_told_goes_before_what_is_seen() -> None:
    found = seen(model=model(convolution=100))
    given = run_description_of(found, {"task": "tabular", "batch_size": 64, "steps": None, "noise_scale": 500.0})
    assert (given.task, given.batch_size, given.steps, given.noise_scale) == ("tabular", 64, 500, 500.0)
    assert given.passes is None  # which were those of another batch
    assert run_description_of(found, {}).passes == 16.0


@pytest.mark.parametrize(
    ("told", "steps"), [({}, 31.0), ({"batch_size": 50}, 20.0), ({"steps_per_epoch": 7.0, "batch_size": 50}, 7.0)]
)
def test_the_steps_of_an_epoch_are_those_seen_unless_the_batch_is_another(told: dict[str, Any], steps: float) -> None:
    assert run_description_of(seen(steps_per_epoch=31.0), told).sizes.steps_per_epoch == steps
