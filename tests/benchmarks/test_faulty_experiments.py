"""Mirrors benchmarks/faulty_runs/experiment.py: the runs as tasks, and what counts as named."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "faulty_runs"))

from cases import by_name
from experiment import is_asked, is_named, task_of, warnings_in, won_back
from truth import Judged

from ratecraft.records.watching.observed import ObservedRun


def judged(case: str, label: Any = "faulty") -> Judged:
    run = ObservedRun({}, "step", {"total_steps": 600.0})
    return Judged("digits_mlp", by_name(case), 0, run, label, final=2.0, twin=1.0, untrained=2.3)


def line(*codes: str, severity: str = "warning", **more: Any) -> dict[str, Any]:
    said = [{"code": code, "severity": severity, "status": "proven", "advice": []} for code in codes]
    return {"key": "", "said": said, "runs": 2.0, **more}


def test_a_bad_step_is_one_gradient_at_one_step_and_no_other_loss() -> None:
    run = judged("bad-step-1")
    task, plain = task_of(run), task_of(judged("linear"))
    batch = [tensor[:8] for tensor in task.data.tensors]  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType,reportAttributeAccessIssue]
    norms: list[tuple[float, float]] = []
    for each in (task, plain):
        each.model.steps_begun.fill_(300)  # pyright: ignore[reportCallIssue]
        loss = each.loss(each.model, batch)
        loss.backward()  # pyright: ignore[reportUnknownMemberType]
        grads = [weight.grad for weight in each.model.parameters() if weight.grad is not None]
        norms.append((loss.item(), float(torch.nn.utils.get_total_norm(grads))))
    (struck, after), (value, norm) = norms
    assert struck == pytest.approx(value)
    assert after == pytest.approx(30 * norm, rel=1e-4)


def test_a_task_has_the_rate_and_the_length_of_its_case() -> None:
    assert task_of(judged("short")).steps == round(0.4 * 600)
    plain, large = (task_of(judged(name)).optimizer.param_groups[0]["lr"] for name in ("linear", "too-large-2"))
    assert large == pytest.approx(10 * plain)


@pytest.mark.parametrize(
    ("codes", "more", "named"),
    [
        (("higher-rate-wins",), {}, True),
        (("lower-rate-wins",), {}, False),
        (("lower-rate-wins", "too-small"), {}, True),
        ((), {}, False),
    ],
)
def test_named_is_what_has_a_code_of_its_kind(codes: tuple[str, ...], more: dict[str, Any], named: bool) -> None:
    assert is_named(judged("too-small-1"), line(*codes, **more)) is named
    assert not is_named(judged("too-small-1"), line(*codes, severity="info", **more))


@pytest.mark.parametrize(("final", "named"), [(1.4, True), (1.6, False)])
def test_so_is_what_advises_a_remedy(final: float, named: bool) -> None:
    said = line("lower-rate-wins", final=final)
    said["said"][0]["advice"] = [["set-rate", {"rate": 0.1, "before": 0.3, "factor": 3.0}]]
    assert is_named(judged("few-rows-1"), said) is named
    assert won_back(judged("few-rows-1"), said) == pytest.approx(2 - final)
    assert [each.advice[0].code for each in warnings_in(said)] == ["set-rate"]


def test_what_a_task_does_not_have_is_not_branched() -> None:
    assert not is_asked(judged("plateau-rule", "healthy"))
    assert not is_asked(judged("no-gradient-1"))
    assert not is_asked(replace(judged("linear", "healthy"), way="summed"))
    assert not is_asked(judged("linear", "dropped"))
