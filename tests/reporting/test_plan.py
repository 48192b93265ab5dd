"""Mirrors ratecraft/reporting/plan.py and its code."""

import ast
from collections.abc import Callable
from typing import Any

import pytest

from ratecraft.recipes.given import Given
from ratecraft.recipes.plan import Plan
from ratecraft.recipes.planning import plan_of
from ratecraft.recipes.presets import builtin_presets
from ratecraft.reporting.page import Page
from ratecraft.reporting.plan import plan_json, plan_text
from ratecraft.reporting.plan_code import optimizer_code

PLANS = {
    "plan-batch": Given("adamw", batch_size=512, base_batch_size=128, rate=1e-3, steps=20_000),
    "plan-groups": Given("adamw", task="fine-tuning-vision", steps=2000),
    "plan-muon": Given("muon", task="pre-training"),
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
        text = plan_text(plan_of(Given(optimizer, task=task, steps=5000, batch_size=2048)), Page(language, width))
        lines = [line for line in text.splitlines() if "ratecraft " not in line and "# " not in line]
        assert widest("\n".join(lines)) <= width


@pytest.mark.parametrize("name", PLANS)
def test_a_page_in_ascii_gets_nothing_else(name: str) -> None:
    text = plan_text(planned(name), Page(unicode=False))
    assert text.isascii()
    assert "beta2" in text or name == "plan-muon"


def test_no_colour_means_no_escape_codes() -> None:
    plan = planned("plan-batch")
    assert "\x1b" not in plan_text(plan, Page())
    painted = plan_text(plan, Page(colour=True))
    assert "\x1b[36m2e-3\x1b[0m" in painted


@pytest.mark.parametrize("optimizer", builtin_presets().optimizers)
@pytest.mark.parametrize("width", [40, 120])
def test_the_code_is_python_at_every_width(optimizer: str, width: int) -> None:
    cases: tuple[dict[str, Any], ...] = ({}, {"task": "fine-tuning-vision"}, {"width": 512, "base_width": 128})
    for told in cases:
        text = "\n".join(optimizer_code(plan_of(Given(optimizer, **told)), width))
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
    screen = plan_text(plan, Page("ja", 100_000))
    assert plain["settings"]["rate"]["value"] == plan.rate
    for each in (*plain["reasons"], *plain["cautions"]):
        assert each["text"][:15] in screen


def test_a_schedule_in_epochs_is_previewed_with_their_length() -> None:
    plan = plan_of(Given("momentum", schedule="exponential", steps=5000, passes=10))
    assert '"1e-2 * (exponential(0.97, epochs(1)))" --steps 5000 --steps-per-epoch 500' in plan_text(plan, Page())
