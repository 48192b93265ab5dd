"""Mirrors ratecraft/reporting/findings/applying.py: what it prints is pasted and run."""

import json
import math
import shlex

import pytest
import torch

from ratecraft.diagnosis.finding import Advice, Finding, Shown
from ratecraft.records.own_rate import own_rate_of
from ratecraft.reporting.findings.applying import Applied, applied, applied_json, applied_text
from ratecraft.reporting.text.page import Page
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.language.text import parse_set
from ratecraft.schedules.sets import set_of

CLIP = Advice("clip-usual", {"norm": 1.0})
RAISE = Advice("raise-rate", {"rate": 0.03, "before": 1e-3, "factor": 30.0})
WARM_UP = Advice("warm-up", {"steps": 100})
COOL = Advice("cool-down", {"share": 0.2, "steps": 200})


def of(*advice: Advice, script: tuple[str, ...] = (), arguments: tuple[str, ...] = ()) -> tuple[Applied, ...]:
    return applied([Finding("spikes", "warning", 0.9, (0, 9), {}, advice)], script, arguments)


def added(change: Applied) -> str:
    """The lines that a change adds, without what stands around them."""
    return "\n".join(line[1:] for line in change.code if line.startswith("+"))


def optimizer_at(rate: float) -> torch.optim.SGD:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=rate)


def test_a_rate_is_a_command_with_the_script_s_own_arguments_and_a_change_that_runs() -> None:
    (change,) = of(RAISE, script=("my train.py",), arguments=("--lr", "1e-3"))
    assert shlex.split(change.command) == ["ratecraft", "tune", "my train.py", "--rate", "3e-2", "--", "--lr", "1e-3"]
    optimizer = optimizer_at(1e-3)
    exec(added(change), {"optimizer": optimizer})  # noqa: S102 - it is meant to be run
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.03)


@pytest.mark.parametrize(
    ("source", "arguments", "typed"),
    [
        ("", ("--lr", "1e-3"), "python train.py --lr 3e-2"),
        ("", ("--lr=2e-3", "--epochs", "3"), "python train.py --lr=6e-2 --epochs 3"),
        ("", ("optimizer.lr=1e-3",), "python train.py optimizer.lr=3e-2"),
        ("parser.add_argument('--lr', type=float, default=1e-3)", (), "python train.py --lr 3e-2"),
        ("parser.add_argument('--lr', type=float)", (), ""),
        ("lr = 1e-3", (), ""),
    ],
)
def test_a_script_that_takes_its_rate_is_run_with_another_before_anything_else_is_offered(
    source: str, arguments: tuple[str, ...], typed: str
) -> None:
    finding = Finding("too-small", "warning", 0.9, (0, 9), {}, (RAISE,))
    (change,) = applied([finding], ("train.py",), arguments, own=own_rate_of(source, arguments))
    assert change.own == typed
    lines = applied_text([change], Page(width=200)).splitlines()
    assert lines.index(change.command) == len(lines) - 1
    assert not typed or lines[2] == typed


def test_without_a_script_there_is_nothing_to_type() -> None:
    assert [each.command for each in of(RAISE, CLIP)] == ["", ""]


def test_clipping_runs_where_it_is_pasted() -> None:
    (change,) = of(CLIP)
    model = torch.nn.Linear(2, 1)
    (1000 * model(torch.ones(1, 2))).sum().backward()
    exec(added(change), {"torch": torch, "model": model})  # noqa: S102
    norm = torch.nn.utils.get_total_norm([each.grad for each in model.parameters() if each.grad is not None])
    assert float(norm) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(
    ("advice", "rates"),
    [(WARM_UP, {0: 0.001, 49: 0.05, 99: 0.1, 500: 0.1}), (COOL, {0: 0.1, 799: 0.1, 900: 0.05, 1000: 0.0})],
)
def test_a_schedule_is_an_expression_and_plain_pytorch(advice: Advice, rates: dict[int, float]) -> None:
    (change,) = of(advice, script=("train.py",))
    words = shlex.split(change.command)
    shape = bind(set_of(parse_set(words[words.index("--schedule") + 1])).rate, 1000)
    assert all(advice is WARM_UP or shape.at(step) == pytest.approx(10 * rate) for step, rate in rates.items())
    first = added(change).splitlines()[0]
    scope: dict[str, object] = {"torch": torch, "optimizer": optimizer_at(0.1)}
    exec(first, scope)  # noqa: S102
    (scheduler,) = (each for each in scope.values() if isinstance(each, torch.optim.lr_scheduler.LambdaLR))
    for step, rate in rates.items():
        assert 0.1 * scheduler.lr_lambdas[0](step) == pytest.approx(rate, abs=1e-9)


def test_each_advice_is_told_once_and_none_of_a_refuted_finding() -> None:
    one = Finding("spikes", "warning", 0.9, (0, 9), {}, (CLIP,))
    other = Finding("diverged", "error", 0.9, (0, 9), {}, (CLIP, WARM_UP))
    refuted = Finding("too-small", "info", 0.9, (0, 9), {}, (RAISE,), status="refuted")
    assert [(each.finding, each.advice.code) for each in applied([one, other, refuted])] == [
        ("spikes", "clip-usual"),
        ("diverged", "warm-up"),
    ]


def test_without_advice_it_says_so() -> None:
    assert applied_text((), Page()).startswith("Nothing that a command or a few lines of code could change")


def test_what_only_a_command_does_is_a_command_even_where_the_script_is_not_known() -> None:
    (change,) = of(Advice("find-rate"))
    assert (change.command, change.code) == ("ratecraft find train.py", ())


@pytest.mark.parametrize(
    ("advice", "options"),
    [
        (Advice("usual-rate", {"rate": 3e-4}), ["--rate", "3e-4"]),
        (Advice("split-rates", {"factor": 10.0}), ["--groups", "body-head"]),
        (Advice("body-rate", {"rate": 1e-5, "head": 1e-4}), ["--groups", "body-head"]),
    ],
)
def test_a_command_has_the_options_that_carry_it_out(advice: Advice, options: list[str]) -> None:
    (change,) = of(advice, script=("train.py",))
    assert shlex.split(change.command) == ["ratecraft", "tune", "train.py", *options]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_is_pasted_is_the_same_in_every_language_and_never_broken(language: str) -> None:
    changes = of(RAISE, WARM_UP, script=("a/very/long/path/to/a/script/that/nobody/would/type/train.py",))
    text = applied_text(changes, Page(language=language, width=40))
    for change in changes:
        assert change.command in text.splitlines()
        assert set(change.code) <= set(text.splitlines())


def test_json_has_the_same() -> None:
    (plain,) = json.loads(json.dumps(applied_json(of(CLIP))))
    assert (plain["advice"], plain["command"], plain["values"]) == ("clip-usual", None, {"norm": 1.0})
    assert "clip_grad_norm_" in plain["code"]


def proof(code: str, gain: float, loss: float, *advice: Advice) -> Finding:
    shown = Shown("lower", 0, 50, loss, None, gain, gain, gain, 3)
    return Finding(code, "warning", 0.9, (0, 9), {}, advice, "proven", shown)


def test_the_proof_that_won_most_is_followed_and_only_one_rate_is_set() -> None:
    observed = Finding("rate-far-above", "error", 0.9, (0, 9), {}, (Advice("usual-rate", {"rate": 1e-4}), WARM_UP))
    little, much = (Advice("set-rate", {"rate": rate, "before": 1.0, "factor": 1 / rate}) for rate in (0.39, 0.1))
    found = applied([observed, proof("zigzag", 0.5, 0.4, little), proof("diverged", 2.0, 0.1, much)])
    assert [(each.finding, each.advice) for each in found] == [("diverged", much), ("rate-far-above", WARM_UP)]
    saved = applied([proof("zigzag", math.inf, 0.4, little), proof("diverged", math.inf, 0.1, much)])
    assert [each.advice for each in saved] == [much]


def test_comments_are_in_the_reader_s_language() -> None:
    english, japanese = (
        "\n".join(applied([Finding("spikes", "warning", 0.9, (0, 9), {}, (RAISE,))], language=language)[0].code)
        for language in ("en", "ja")
    )
    assert "# right after the optimizer is made" in english
    assert "直後" in japanese
    assert [line.split("  #")[0] for line in english.split("\n")] == [
        line.split("  #")[0] for line in japanese.split("\n")
    ]
