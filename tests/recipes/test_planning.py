"""Mirrors ratecraft/recipes/planning.py with basis, transfer, course and groups: what a plan comes to."""

import ast
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.recipes.plan import Plan
from ratecraft.recipes.planning import plan_of
from ratecraft.recipes.presets import builtin_presets, own_presets
from ratecraft.recipes.recipe import Call
from ratecraft.recipes.run_description import RunDescription
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.language.text import parse_set

PRESETS = builtin_presets()
PAIRS = [(optimizer, task) for optimizer in PRESETS.optimizers for task in (None, *PRESETS.tasks)]


def planned(optimizer: str, **told: Any) -> Plan:
    return plan_of(RunDescription(optimizer, **told))


def reasons(plan: Plan) -> list[str]:
    return [reason.code for reason in plan.reasons]


def cautions(plan: Plan) -> list[str]:
    return [caution.code for caution in plan.cautions]


# ---- what is usual


@pytest.mark.parametrize(("optimizer", "task"), PAIRS)
def test_every_pair_has_a_plan_whose_peak_is_its_rate(optimizer: str, task: str | None) -> None:
    plan = planned(optimizer, task=task, steps=4000, batch_size=128)
    schedule = bind(parse_set(plan.expression).rate, 4000)
    assert max(schedule.curve(4000)) == pytest.approx(plan.rate, rel=0.05)  # as shown, with two digits
    assert plan.range is not None
    assert plan.range[0] <= plan.rate * (1 + 1e-9)
    assert plan.rate <= plan.range[1] * (1 + 1e-9)


@pytest.mark.parametrize(
    ("optimizer", "rate"),
    [("sgd", 0.01), ("momentum", 0.01), ("adam", 1e-3), ("adamw", 1e-3), ("rmsprop", 1e-3), ("adagrad", 0.1)],
)
@pytest.mark.parametrize("batch", [None, 32, 100, 256])
def test_at_a_usual_batch_the_folklore_stands(optimizer: str, rate: float, batch: int | None) -> None:
    assert planned(optimizer, batch_size=batch).rate == rate


def test_a_value_of_the_task_goes_before_the_general_one() -> None:
    plan = planned("momentum", task="images")
    assert (plan.rate, plan.settings["weight_decay"].value) == (0.1, 1e-4)
    assert reasons(plan)[0] == "for-task"


def test_the_nearest_kin_stands_in_and_is_known_less_well() -> None:
    plan = planned("nesterov", task="images")
    assert plan.rate == 0.1
    assert (plan.confidence, PRESETS.tasks["images"].optimizers["momentum"].hyperparameters["rate"].confidence) == (
        "medium",
        "high",
    )
    assert plan.doubt is not None
    assert (plan.doubt.code, plan.doubt.values["other"]) == ("stands-in", "momentum")


@pytest.mark.parametrize(
    ("optimizer", "told", "rate", "confidence"),
    [  # what an optimizer's general value would be wrong for by a factor of 5 to 1000
        ("adam", {"task": "lora"}, 2e-4, "medium"),
        ("nadam", {"task": "fine-tuning-transformer"}, 2e-5, "medium"),
        ("rmsprop", {"task": "fine-tuning-transformer"}, 2e-5, "low"),
        ("schedule-free", {"task": "fine-tuning-transformer"}, 5e-5, "low"),
        ("lion", {"task": "images"}, 2e-4, "low"),
        ("muon", {"task": "fine-tuning-transformer"}, 2e-5, "medium"),
        ("sgd", {"task": "images"}, 1.0, "medium"),
    ],
)
def test_where_nothing_is_published_another_optimizer_stands_in(
    optimizer: str, told: dict[str, Any], rate: float, confidence: str
) -> None:
    plan = planned(optimizer, **told)
    assert (plan.rate, plan.confidence) == (pytest.approx(rate), confidence)
    assert plan.doubt is not None


def test_rate_times_decay_stays_where_another_rate_stands_in() -> None:
    plan, other = planned("lion", task="images"), planned("adamw", task="images")
    of = [each.rate * each.settings["weight_decay"].value for each in (plan, other)]
    assert of[0] == pytest.approx(of[1])


def test_what_kin_alone_has_is_not_taken_over() -> None:
    own = {"like": {"adamw": {}}, "knobs": {"rate": 1e-3}, "rule": "none", "width": "none", "coupling": "decoupled"}
    presets = own_presets({"optimizer": {"sophia": {**own, "warm_up": "none"}}}, "mine.toml")
    plan = plan_of(RunDescription("sophia", task="images"), presets)
    assert plan.rate == PRESETS.tasks["images"].optimizers["adamw"].hyperparameters["rate"].value
    assert "weight_decay" not in plan.settings


def test_a_task_that_knows_no_optimizer_like_it_leaves_a_guess() -> None:
    plan = planned("adafactor", task="lora")
    assert (plan.rate, plan.confidence) == (1e-2, "low")
    assert plan.doubt is not None
    assert plan.doubt.code == "task-without-optimizer"


def test_an_optimizer_that_sets_its_own_step_is_as_sure_on_every_task() -> None:
    plan = planned("prodigy", task="lora")
    assert (plan.rate, plan.confidence, plan.doubt) == (1.0, "high", None)


def test_parameters_that_change_nothing_are_told() -> None:
    assert "parameters-unused" in cautions(planned("adam", parameters=1e6))
    assert "tokens-unused" in cautions(planned("adam", tokens=1e6))


def test_own_presets_are_told() -> None:
    presets = own_presets({"optimizer": {"adam": {"knobs": {"rate": 5e-4}}}}, "ratecraft.toml")
    plan = plan_of(RunDescription("adam"), presets)
    assert plan.rate == 5e-4
    assert plan.range is None
    assert plan.origin == "ratecraft.toml"
    (told,) = [reason for reason in plan.reasons if reason.code == "from-own-file"]
    assert told.values == {"names": "rate", "file": "ratecraft.toml"}


def test_a_rate_far_above_the_usual_range_is_told_with_its_ratio() -> None:
    plan = planned("adamw", task="fine-tuning-vision", rate=0.03)
    (caution,) = [each for each in plan.cautions if each.code == "rate-above"]
    assert caution.values["ratio"] == pytest.approx(30)


def test_a_rate_far_below_the_usual_range_is_told() -> None:
    assert "rate-below" in cautions(planned("adam", rate=1e-5))


# ---- batch and steps


@pytest.mark.parametrize(
    ("optimizer", "batch", "base", "rate"),
    [
        ("adamw", 1024, None, 2e-3),  # √4 above the usual 256
        ("adamw", 8, None, 5e-4),  # √(1/4) below the usual 32
        ("momentum", 512, None, 0.02),
        ("momentum", 4000, 1000, 0.02),  # the square root from 1,000 on
        ("adam", 512, 128, 2e-3),
        ("prodigy", 4096, None, 1.0),
        ("adadelta", 4096, 32, 1.0),
    ],
)
def test_the_batch_moves_the_rate_by_the_rule_of_the_optimizer(
    optimizer: str, batch: int, base: int | None, rate: float
) -> None:
    assert planned(optimizer, batch_size=batch, base_batch_size=base).rate == pytest.approx(rate)


@pytest.mark.parametrize(
    ("task", "batch", "passes", "rate"),
    [
        ("images", 8192, None, 3.2),  # published for just this
        ("images", 8192, 90, 3.2),
        (None, 1024, None, 0.01 * 1000**0.5 * 1024**0.5 / 256),
        (None, 1024, 20, 0.02),  # data that are seen often: the square root
        ("detection", 64, None, 0.08),
    ],
)
def test_how_far_the_linear_rule_goes_depends_on_what_was_published(
    task: str | None, batch: int, passes: float | None, rate: float
) -> None:
    plan = planned("momentum", task=task, batch_size=batch, passes=passes)
    assert plan.rate == pytest.approx(rate)
    assert plan.range is not None
    assert plan.range[1] >= plan.rate * (1 - 1e-9)


def test_the_published_rate_of_a_large_batch_lies_in_the_range_of_the_careful_one() -> None:
    plan = planned("momentum", task="tabular", batch_size=8192)
    assert plan.range is not None
    assert plan.range[1] == pytest.approx(0.1 * 32)


@pytest.mark.parametrize(("batch", "confidence"), [(512, "high"), (4096, "medium"), (100_000, "low")])
def test_a_rate_is_known_the_less_the_farther_its_batch_lies(batch: int, confidence: str) -> None:
    assert planned("adamw", batch_size=batch).confidence == confidence


def test_processes_add_up_their_batches() -> None:
    plan = planned("adamw", batch_size=64, processes=8)
    assert plan.rate == planned("adamw", batch_size=512).rate
    assert reasons(plan).count("processes") == 1
    known = planned("adamw", rate=1e-3, batch_size=64, processes=4)
    assert known.rate == pytest.approx(2e-3)


def test_goyal_s_recipe_is_reproduced_up_to_the_linear_limit() -> None:
    plan = planned("momentum", task="images", batch_size=512, base_batch_size=256, steps=90_000, schedule="step")
    assert plan.rate == pytest.approx(0.2)
    assert plan.expression == "0.2 * (warmup(4500) * multistep([0.333, 0.667, 0.889], 0.1))"


def test_a_known_setting_takes_its_companions_along() -> None:
    plan = planned("adamw", rate=1e-3, base_batch_size=256, batch_size=512)
    values = {name: hyperparameter.value for name, hyperparameter in plan.settings.items()}
    assert values["rate"] == pytest.approx(1e-3 * 2**0.5)
    assert values["beta1"] == pytest.approx(0.8)
    assert values["beta2"] == pytest.approx(0.998)
    assert values["epsilon"] == pytest.approx(1e-8 / 2**0.5)
    assert values["weight_decay"] == pytest.approx(0.01 * 2**0.5)
    assert [plan.settings[name].confidence for name in ("beta1", "beta2")] == ["low", "medium"]


def test_rmsprop_s_memory_is_carried_over_without_a_beta1() -> None:
    plan = planned("rmsprop", rate=1e-3, base_batch_size=256, batch_size=512)
    assert plan.settings["rho"].value == pytest.approx(0.8)
    assert "beta1" not in plan.settings


def test_usual_values_keep_their_betas_at_another_batch() -> None:
    assert planned("adamw", batch_size=4096).settings["beta1"].value == 0.9


def test_a_beta_that_would_forget_at_once_is_held_and_told() -> None:
    plan = planned("adam", base_batch_size=64, batch_size=1024)
    assert plan.settings["beta1"].value == pytest.approx(0.8)
    assert "beta-held" in cautions(plan)


def test_a_noise_scale_replaces_the_rule() -> None:
    plan = planned("momentum", base_batch_size=100, batch_size=1000, noise_scale=1000)
    assert plan.rate == pytest.approx(0.01 * 11 / 2)
    assert {"batch-noise", "batch-cost", "batch-useful"} <= set(reasons(plan))
    assert "batch-linear" not in reasons(plan)


def test_adam_beyond_the_noise_scale_is_warned() -> None:
    assert "past-noise-scale" in cautions(planned("adam", batch_size=4096, noise_scale=1000))
    assert "past-noise-scale" not in cautions(planned("momentum", batch_size=4096, noise_scale=1000))


@given(batch=st.integers(1, 10**5), noise=st.floats(1, 1e6))
def test_a_larger_batch_never_lowers_the_rate(batch: int, noise: float) -> None:
    for optimizer in ("momentum", "adamw"):
        for scale in (None, noise):
            small, large = (planned(optimizer, batch_size=size, noise_scale=scale) for size in (batch, 2 * batch))
            assert small.rate <= large.rate * (1 + 1e-9)


@pytest.mark.parametrize(("passes", "slope", "code"), [(1, -0.1, "steps-once"), (10, -0.2, "steps-often")])
def test_a_longer_run_wants_a_lower_rate(passes: float, slope: float, code: str) -> None:
    plan = planned("adam", rate=1e-3, base_steps=1000, steps=4000, passes=passes)
    assert plan.rate == pytest.approx(1e-3 * 4**slope)
    assert code in reasons(plan)


def test_a_decay_that_cannot_act_in_time_is_told_with_one_that_can() -> None:
    plan = planned("adamw", batch_size=128, steps=20_000)
    (caution,) = [each for each in plan.cautions if each.code == "decay-slow"]
    assert caution.values["scale"] == pytest.approx(100_000)
    assert caution.values["wanted"] == pytest.approx(0.05)


def test_a_decay_that_no_usual_value_would_make_act_is_left_alone() -> None:
    assert "decay-idle" in cautions(planned("adamw", steps=500))


# ---- course


@pytest.mark.parametrize(
    ("optimizer", "told", "expression"),
    [
        ("adam", {"steps": 100_000}, "1e-3 * (warmup(2000) >> constant(1) >> linear(1, 0, 0.6))"),
        ("adam", {"steps": 1000}, "1e-3 * (warmup(100) >> constant(1) >> linear(1, 0, 0.6))"),
        ("adam", {}, "1e-3 * (warmup(2000) >> constant(1) >> linear(1, 0, 0.6))"),
        ("radam", {"steps": 1000}, "1e-3 * (constant(1) >> linear(1, 0, 0.6))"),
        ("adagrad", {"task": "sparse-embeddings"}, "0.1 * (constant(1))"),
        ("momentum", {}, "1e-2 * (constant(1) >> linear(1, 0, 0.6))"),
        ("momentum", {"batch_size": 512}, "2e-2 * (warmup(0.05) >> constant(1) >> linear(1, 0, 0.6))"),
        ("prodigy", {"steps": 1000}, "1 * (cosine(1, 0))"),
        ("schedule-free", {"steps": 50_000}, "2.5e-3 * (constant(1))"),
        ("adamw", {"task": "fine-tuning-transformer", "steps": 1000}, "2e-5 * (warmup(100) >> linear(1, 0))"),
        ("adamw", {"task": "fine-tuning-transformer"}, "2e-5 * (warmup(0.1) >> linear(1, 0))"),
        ("adam", {"schedule": "inverse-sqrt", "steps": 10_000}, "1e-3 * (inverse_sqrt(1000))"),
        ("adam", {"schedule": "one cycle"}, "1e-3 * (onecycle())"),
        ("adam", {"schedule": "cosine()"}, "1e-3 * (cosine())"),
    ],
)
def test_the_course_fits_optimizer_task_and_length(optimizer: str, told: dict[str, Any], expression: str) -> None:
    if told.get("schedule") == "one cycle":
        told = {**told, "schedule": "one-cycle"}
    assert planned(optimizer, **told).expression == expression


def test_schedule_free_warms_up_by_its_own_argument() -> None:
    assert "warmup_steps=2000" in planned("schedule-free", steps=50_000).call.arguments


def test_a_warm_up_that_was_cut_is_told() -> None:
    assert "warm-up-cut" in cautions(planned("adam", steps=1000))
    assert "warm-up-cut" not in cautions(planned("adam", steps=100_000))


def test_an_own_expression_is_looked_at() -> None:
    plan = planned("adam", schedule="0.5 * (warmup(10) >> constant(1))", steps=1000)
    assert "schedule-height" in cautions(plan)
    assert [remark.code for remark in plan.remarks] == ["never-zero"]
    assert plan.schedule is None


def test_an_expression_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cosin"):
        planned("adam", schedule="cosin()")


# ---- groups


def test_a_schedule_of_ones_own_counts_the_epochs_that_are_told() -> None:
    plan = planned("adam", schedule="cosine_restarts(epochs(0.5))", steps=1000, steps_per_epoch=500)
    assert [(each.code, each.values["given"]) for each in plan.remarks] == [("restart-period", 0.5)]


def test_epochs_in_a_schedule_of_ones_own_are_asked_for_where_nothing_tells_them() -> None:
    with pytest.raises(InvalidInput, match="the number of optimizer steps per epoch is not known") as caught:
        planned("adam", schedule="step(epochs(30), 0.1)", steps=1000)
    assert "--steps-per-epoch 100" in caught.value.hint()


@pytest.mark.parametrize("task", ["fine-tuning-vision", "fine-tuning-language"])
def test_the_body_gets_a_tenth_of_the_head(task: str) -> None:
    plan = planned("adamw", task=task)
    body, head = plan.groups
    assert (body.role, head.role) == ("body", "head")
    assert body.rate == plan.rate
    assert head.rate == pytest.approx(10 * body.rate)


def test_the_groups_of_muon_move_together() -> None:
    matrices, rest = planned("muon", batch_size=4096).groups
    assert matrices.rate == pytest.approx(0.04)
    assert rest.rate == pytest.approx(6e-4)


def test_a_wider_model_gets_a_rate_for_each_kind_of_layer() -> None:
    plan = planned("adamw", width=1024, base_width=256)
    rates = {group.role: (group.rate, group.weight_decay, group.initial_sd) for group in plan.groups}
    assert rates["input"] == (1e-3, 0.01, 1.0)
    assert rates["hidden"] == pytest.approx((2.5e-4, 0.04, 0.5))
    assert rates["output"] == pytest.approx((2.5e-4, 0.04, 0.25))


def test_muon_has_no_rule_for_the_width() -> None:
    plan = planned("muon", width=1024, base_width=256)
    assert "width-no-rule" in cautions(plan)
    assert [group.role for group in plan.groups] == ["matrices", "rest"]


def test_a_trained_body_has_no_other_width() -> None:
    with pytest.raises(InvalidInput, match="fine-tuning-vision starts from a trained body"):
        planned("adamw", task="fine-tuning-vision", width=1024, base_width=256)


# ---- code


def made(call: Call, parameters: list[torch.nn.Parameter]) -> torch.optim.Optimizer:
    arguments = {name: ast.literal_eval(value) for name, _, value in (each.partition("=") for each in call.arguments)}
    kind: Any = getattr(torch.optim, call.name.rpartition(".")[2])
    return kind(parameters, **arguments)


@pytest.mark.parametrize(("optimizer", "task"), PAIRS)
def test_every_call_of_torch_makes_the_optimizer_that_was_planned(optimizer: str, task: str | None) -> None:
    plan = planned(optimizer, task=task)
    calls = [(plan.call, plan.rate)] if not plan.groups else [(group.call, group.rate) for group in plan.groups]
    for call, rate in calls:
        if call.name.startswith("torch.optim."):
            (group,) = made(call, [torch.nn.Parameter(torch.zeros(2, 2))]).param_groups
            assert group["lr"] == pytest.approx(rate, rel=0.05)
