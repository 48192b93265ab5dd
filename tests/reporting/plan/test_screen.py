"""Mirrors ratecraft/reporting/plan/screen.py and its code."""

import ast
from collections.abc import Callable
from typing import Any

import pytest

from ratecraft.recipes.comparing import Compared, compared
from ratecraft.recipes.observed_training import ObservedTraining
from ratecraft.recipes.plan import Plan, Reason
from ratecraft.recipes.planning import plan_of
from ratecraft.recipes.presets import builtin_presets
from ratecraft.recipes.run_description import RunDescription
from ratecraft.records.outcome import ModelFacts, Note
from ratecraft.reporting.plan.code import optimizer_code
from ratecraft.reporting.plan.screen import plan_json, plan_text, value_text
from ratecraft.reporting.text.page import Page

PLANS = {
    "plan-batch": RunDescription("adamw", batch_size=512, base_batch_size=128, rate=1e-3, steps=20_000),
    "plan-groups": RunDescription("adamw", task="fine-tuning-vision", steps=2000),
    "plan-muon": RunDescription("muon", task="pre-training"),
}


def planned(name: str) -> Plan:
    return plan_of(PLANS[name])


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_known_setting_at_another_batch_looks_like_this(
    language: str, width: int, golden: Callable[[str, str], None]
) -> None:
    golden(f"plan-batch-{language}-{width}", plan_text(planned("plan-batch"), Page(language, width)))


@pytest.mark.parametrize("language", ["en", "ja"])
def test_in_full_it_looks_like_this(language: str, golden: Callable[[str, str], None]) -> None:
    golden(f"plan-full-{language}-80", plan_text(planned("plan-batch"), Page(language, 80), full=True))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("optimizer", builtin_presets().optimizers)
def test_a_screen_has_at_most_25_lines_and_begins_with_the_rate(optimizer: str, language: str) -> None:
    for task in (None, *builtin_presets().tasks):
        plan = plan_of(
            RunDescription(optimizer, task=task, parameters=7e9, batch_size=512, base_batch_size=64, steps=1000)
        )
        lines = plan_text(plan, Page(language, 80)).splitlines()
        assert len(lines) <= 25
        assert value_text("rate", plan.rate) in "".join(lines[:2])


def test_what_makes_a_rate_less_sure_stands_right_below_it() -> None:
    plan = plan_of(RunDescription("rmsprop", task="fine-tuning-transformer"))
    first, second, *_ = plan_text(plan, Page("en", 100)).splitlines()
    assert first.endswith("a guess to start from")
    assert second.startswith("  Nothing is published for RMSprop on fine-tuning-transformer")


def test_a_number_of_a_schedule_has_its_unit() -> None:
    text = plan_text(plan_of(RunDescription("momentum", schedule="step")), Page("en", 100), full=True)
    assert "30 epochs" in text


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", ["plan-groups", "plan-muon"])
def test_groups_look_like_this(name: str, language: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}-{language}-80", plan_text(planned(name), Page(language, 80)))


@pytest.mark.parametrize("optimizer", builtin_presets().optimizers)
@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [60, 100])
def test_only_code_and_commands_are_wider_than_the_page(
    optimizer: str, language: str, width: int, widest: Callable[[str], int]
) -> None:
    for task in (None, "images", "fine-tuning-language"):
        text = plan_text(
            plan_of(RunDescription(optimizer, task=task, steps=5000, batch_size=2048)), Page(language, width)
        )
        lines = [line for line in text.splitlines() if "ratecraft " not in line and "# " not in line]
        assert widest("\n".join(lines)) <= width


@pytest.mark.parametrize("name", PLANS)
def test_a_page_in_ascii_gets_nothing_else(name: str) -> None:
    text = plan_text(planned(name), Page(unicode=False))
    assert text.isascii()
    assert "beta2" in text or name == "plan-muon"


def test_no_colour_means_no_escape_codes() -> None:
    plan = planned("plan-batch")
    assert "\x1b" not in plan_text(plan, Page(), full=True)
    assert "\x1b[36m2e-3\x1b[0m" in plan_text(plan, Page(colour=True), full=True)


@pytest.mark.parametrize("optimizer", builtin_presets().optimizers)
@pytest.mark.parametrize("width", [40, 120])
def test_the_code_is_python_at_every_width(optimizer: str, width: int) -> None:
    cases: tuple[dict[str, Any], ...] = ({}, {"task": "fine-tuning-vision"}, {"width": 512, "base_width": 128})
    for told in cases:
        text = "\n".join(optimizer_code(plan_of(RunDescription(optimizer, **told)), width))
        assert "$" not in text
        assert "optimizer" in text.split(" = ")[0]
        ast.parse(text)


def test_what_all_groups_share_is_written_once() -> None:
    assert optimizer_code(planned("plan-groups"), 80) == [
        "optimizer = torch.optim.AdamW([",
        '    {"params": body, "lr": 1e-4},',
        '    {"params": head, "lr": 1e-3},',
        "], betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2)",
    ]


def test_json_says_everything_that_the_screen_says() -> None:
    plan = planned("plan-batch")
    plain = plan_json(plan, "ja")["plan"]
    screen = plan_text(plan, Page("ja", 100_000), full=True)
    assert plain["settings"]["rate"]["value"] == plan.rate
    for each in (*plain["reasons"], *plain["cautions"]):
        assert each["text"][:15] in screen


def test_a_schedule_in_epochs_is_previewed_with_their_length() -> None:
    plan = plan_of(RunDescription("momentum", schedule="exponential", steps=5000, passes=10))
    assert '"1e-2 * (exponential(0.97, epochs(1)))" --steps 5000 --steps-per-epoch 500' in plan_text(plan, Page())


def looked_at() -> Compared:
    model = ModelFacts("ResNet", 11_689_512, 11_000_000, {"convolution": 11_000_000, "linear": 689_512})
    values = {"rate": 3e-2, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.3}
    assumed = Reason("task-loaded", {"model": "ResNet", "share": 0.941, "task": "fine-tuning-vision"})
    seen = ObservedTraining(
        "adamw", values, "fine-tuning-vision", assumed, model, "AdamW", 1, True, 32, 5000, 1560, "loops"
    )
    return compared(seen, {})


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [60, 100])
def test_a_script_that_was_looked_at_looks_like_this(
    language: str, width: int, golden: Callable[[str, str], None]
) -> None:
    found = looked_at()
    notes = (Note("write-denied", {"path": "/home/me/out.csv"}),)
    golden(f"plan-seen-{language}-{width}", plan_text(found.plan, Page(language, width), found, notes))


def test_json_of_a_look_has_what_was_seen_and_what_would_change() -> None:
    found = looked_at()
    plain = plan_json(found.plan, "en", found)["plan"]
    assert plain["seen"]["assumed"]["code"] == "task-loaded"
    assert plain["seen"]["passes"] == pytest.approx(9.984)
    assert [each["code"] for each in plain["changes"]] == ["rate-high-of-task", "setting-high", "one-rate"]
    assert "seen" not in plan_json(found.plan, "en")["plan"]


def test_what_is_not_known_is_called_so() -> None:
    seen = ObservedTraining("momentum", {}, None, Reason("task-unseen"), class_name="SGD")
    found = compared(seen, {})
    text = plan_text(found.plan, Page("en", 100), found)
    assert "Model: unknown, unknown" in text
    assert "Length: unknown; set it with --steps" in text
    assert "No rate above 0 was seen in the first steps" in text
