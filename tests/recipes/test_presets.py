"""Mirrors ratecraft/recipes/presets.py, its tables, and the data themselves."""

import re
import tomllib
from importlib import resources
from typing import Any

import pytest

from ratecraft.errors import InvalidInput
from ratecraft.recipes.presets import builtin_presets, own_presets
from ratecraft.recipes.recipe import Hyperparameter
from ratecraft.schedules.language.text import parse_set

PRESETS = builtin_presets()
TEXT = resources.files("ratecraft.recipes").joinpath("presets.toml").read_text(encoding="utf-8")


def hyperparameter(optimizer: str, name: str) -> tuple[float, float | None, float | None]:
    found = PRESETS.optimizers[optimizer].hyperparameters[name]
    return found.value, found.low, found.high


def all_hyperparameters() -> dict[str, Hyperparameter]:
    holders: list[tuple[str, Any]] = [
        *((f"optimizer.{key}", each) for key, each in PRESETS.optimizers.items()),
        *((f"task.{key}", each) for key, each in PRESETS.tasks.items()),
        *((f"schedule.{key}", each) for key, each in PRESETS.schedules.items()),
        *((f"task.{task.key}.{key}", each) for task in PRESETS.tasks.values() for key, each in task.optimizers.items()),
    ]
    return {f"{place}.{name}": each for place, holder in holders for name, each in holder.hyperparameters.items()}


@pytest.mark.parametrize(
    ("optimizer", "name", "value", "low", "high"),
    [
        ("sgd", "rate", 0.01, 1e-3, 1.0),
        ("momentum", "rate", 0.01, 0.01, 0.1),
        ("nesterov", "rate", 0.01, 0.01, 0.1),
        ("adam", "rate", 0.001, 1e-4, 1e-2),
        ("adam", "beta1", 0.9, 0.8, 0.95),
        ("adam", "beta2", 0.999, 0.99, 0.999),
        ("adamw", "rate", 0.001, 1e-4, 1e-2),
        ("adamw", "weight_decay", 0.01, 0.01, 0.1),
        ("rmsprop", "rate", 0.001, 1e-4, 1e-2),
        ("rmsprop", "rho", 0.9, 0.9, 0.99),
        ("adagrad", "rate", 0.1, 0.01, 0.1),
    ],
)
def test_the_field_s_folklore_holds_exactly(optimizer: str, name: str, value: float, low: float, high: float) -> None:
    assert hyperparameter(optimizer, name) == (value, low, high)


@pytest.mark.parametrize(
    ("task", "optimizer", "low", "high"),
    [
        ("recurrent", "rmsprop", 1e-4, 1e-3),
        ("fine-tuning-vision", "adamw", 1e-4, 1e-3),
        ("fine-tuning-vision", "momentum", 1e-4, 1e-3),
        ("fine-tuning-language", "adamw", 1e-4, 1e-3),
        ("images", "momentum", 0.01, 0.1),
    ],
)
def test_the_ranges_of_tasks_are_those_of_the_field(task: str, optimizer: str, low: float, high: float) -> None:
    rate = PRESETS.tasks[task].optimizers[optimizer].hyperparameters["rate"]
    assert (rate.low, rate.high) == (low, high)


def test_the_cautions_that_belong_to_the_folklore_are_there() -> None:
    assert "adagrad-decays" in PRESETS.optimizers["adagrad"].cautions
    assert "beta2-lower" in PRESETS.optimizers["adam"].cautions


def test_every_optimizer_that_was_promised_has_a_recipe() -> None:
    promised = (
        *("sgd", "momentum", "nesterov", "adam", "adamw", "nadam", "radam", "rmsprop", "adagrad", "adadelta"),
        *("adamax", "adafactor", "lion", "muon", "muon-matched", "schedule-free", "prodigy"),
    )
    assert tuple(PRESETS.optimizers) == promised


def test_muon_s_other_group_is_an_adamw_at_3e_4() -> None:
    matrices, rest = PRESETS.optimizers["muon"].groups
    assert matrices.factor == 1
    assert rest.factor * PRESETS.optimizers["muon"].hyperparameters["rate"].value == pytest.approx(3e-4)
    assert rest.call is not None
    assert rest.call.name == "torch.optim.AdamW"


def test_every_hyperparameter_has_its_value_within_its_range_and_a_citation() -> None:
    citations = set(tomllib.loads(TEXT)["source"].values())
    ours = [name for name, each in all_hyperparameters().items() if each.low is None or each.high is None]
    uncited = [
        name for name, each in all_hyperparameters().items() if each.source not in citations and ", " not in each.source
    ]
    assert ours == []
    assert [name for name in uncited if not name.startswith("schedule.")] == []


def test_no_source_is_left_over() -> None:
    used = set(re.findall(r'source = "([^"]+)"', TEXT))
    assert set(tomllib.loads(TEXT)["source"]) == used


@pytest.mark.parametrize("key", PRESETS.schedules)
def test_every_shape_is_an_expression_of_height_one(key: str) -> None:
    recipe = PRESETS.schedules[key]
    after = recipe.after_warm_up.replace("$warm_up", "warmup(0.1)").replace("$length", "0.1")
    for text in (recipe.shape, after):
        rate = parse_set(text).rate
        if "epochs" not in text:
            from ratecraft.schedules.horizon import bind

            assert max(bind(rate, 1000).curve(1000)) == pytest.approx(1.0)


def test_a_user_s_hyperparameter_goes_before_ours_and_says_whose_it_is() -> None:
    content = {"optimizer": {"adamw": {"knobs": {"rate": 3e-4}}}}
    mine = own_presets(content, "mine.toml")
    assert mine.optimizers["adamw"].hyperparameters["rate"] == Hyperparameter(3e-4, None, None, "mine.toml", "own")
    assert mine.optimizers["adamw"].hyperparameters["beta1"] == PRESETS.optimizers["adamw"].hyperparameters["beta1"]
    assert mine.origin == "mine.toml"
    assert PRESETS.optimizers["adamw"].hyperparameters["rate"].value == 1e-3


def test_a_user_s_whole_hyperparameter_keeps_its_range_and_source() -> None:
    wide = {"value": 2e-3, "low": 1e-3, "high": 4e-3, "source": "our wiki"}
    mine = own_presets({"task": {"tabular": {"optimizer": {"adamw": {"knobs": {"rate": wide}}}}}}, "mine.toml")
    assert mine.tasks["tabular"].optimizers["adamw"].hyperparameters["rate"] == Hyperparameter(
        2e-3, 1e-3, 4e-3, "our wiki", "own"
    )


def test_a_user_s_own_optimizer_needs_only_its_laws_and_its_rate() -> None:
    own = {"rule": "square-root", "width": "adam", "coupling": "decoupled", "warm_up": "none", "knobs": {"rate": 1e-3}}
    mine = own_presets({"optimizer": {"sophia": own}}, "mine.toml")
    assert mine.optimizers["sophia"].name == "sophia"
    assert len(mine.optimizers) == len(PRESETS.optimizers) + 1


RATE = {"optimizer": {"adam": {"knobs": {"rate": 1e-3}}}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"optimiser": {}}, r"mine.toml: `optimiser` is not a key"),
        ({"optimizer": {"adam": {"lr": 1e-3}}}, r"`optimizer.adam.lr` is not a key"),
        ({"optimizer": {"adam": 3}}, r"`optimizer.adam` takes table; got 3"),
        ({"optimizer": {"adam": {"knobs": 3}}}, r"`optimizer.adam.knobs` takes table; got 3"),
        ({"optimizer": {"adam": {"knobs": {"rate": "fast"}}}}, r"`optimizer.adam.knobs.rate.value` takes number"),
        ({"optimizer": {"adam": {"knobs": {"rate": True}}}}, r"`optimizer.adam.knobs.rate.value` takes number"),
        ({"optimizer": {"adam": {"knobs": {"rate": float("nan")}}}}, r"takes number; got nan"),
        ({"optimizer": {"adam": {"knobs": {"rate": -1.0}}}}, r"takes 0 <= low <= value <= high; got -1"),
        ({"optimizer": {"adam": {"knobs": {"rate": {"value": 1, "high": 0.5}}}}}, r"low <= value <= high; got 1"),
        ({"optimizer": {"adam": {"rule": "cubic"}}}, r"takes linear \| square-root \| none; got 'cubic'"),
        ({"optimizer": {"adam": {"batches": [256, 32]}}}, r"`optimizer.adam.batches` takes \[low, high\]"),
        ({"optimizer": {"adam": {"matters": "rate"}}}, r"`optimizer.adam.matters` takes \[...\]; got 'rate'"),
        ({"optimizer": {"adam": {"matters": [1]}}}, r"`optimizer.adam.matters` takes \[\"text\", ...\]"),
        ({"optimizer": {"sophia": {"rule": "none"}}}, r"`optimizer.sophia.width` takes adam \| sgd \| none; got –"),
        ({"optimizer": {"adam": {"like": {"adamm": {}}}}}, r"names `adamm`, but there is no recipe"),
        ({"optimizer": {"adam": {"any_task": 1}}}, r"`optimizer.adam.any_task` takes true \| false; got 1"),
        ({"task": {"images": {"schedule": "cosin"}}}, r"`task.images.schedule` names `cosin`"),
        ({"task": {"images": {"optimizer": {"adamm": {}}}}}, r"`task.images.optimizer` names `adamm`"),
        ({"task": {"lora": {"optimizer": {"adamw": {"sizes": [[2, 1], [1, 1]]}}}}}, r"sizes` takes \[\[number"),
        ({"schedule": {"step": {"usual": ["stairs"]}}}, r"`schedule.step.usual` names `stairs`"),
    ],
)
def test_a_wrong_file_is_told_with_its_place(content: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        own_presets(content, "mine.toml")


def test_an_optimizer_without_a_rate_is_refused() -> None:
    own = {"rule": "none", "width": "none", "coupling": "coupled", "warm_up": "none"}
    with pytest.raises(InvalidInput, match=r"`optimizer\.sophia\.knobs\.rate` takes number"):
        own_presets({"optimizer": {"sophia": own}}, "mine.toml")
