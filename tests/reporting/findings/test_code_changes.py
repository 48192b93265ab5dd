"""Mirrors ratecraft/reporting/findings/code_changes.py: each advice of a rule leads to a command or code that runs."""

import ast
import tomllib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
import torch

import ratecraft.diagnosis
from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.reporting.findings.applying import applied, applied_text
from ratecraft.reporting.findings.code_changes import code_change
from ratecraft.reporting.text.page import Page
from ratecraft.translations.catalogue import LANGUAGES

ROOM = Path(ratecraft.diagnosis.__file__).parent
CATALOGUE = ROOM.parent / "translations" / "en" / "advice.toml"
NUMBERS: Mapping[str, float] = {
    "rate": 3e-4,
    "before": 1e-3,
    "head": 3e-3,
    "decay": 5e-5,
    "norm": 1.5,
    "factor": 0.3,
    "gap": 0.2,
    "step": 3,
    "steps": 8,
    "share": 0.2,
    "patience": 5,
    "threshold": 0.01,
}
"""A number for each name that an advice may hold."""


def given() -> Iterator[tuple[str, frozenset[str]]]:
    """Code and names of the numbers of every advice that the rules are written to give."""
    for path in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Advice":
                code, *values = node.args
                yield ast.literal_eval(code), frozenset(names(values[0])) if values else frozenset()


def names(values: ast.expr) -> Iterator[str]:
    assert isinstance(values, ast.Dict), "write the numbers of an advice where it is made"
    yield from (ast.literal_eval(key) for key in values.keys if key is not None)


GIVEN = sorted({(code, tuple(sorted(values))) for code, values in given()})
ADVICE = [Advice(code, {name: NUMBERS[name] for name in values}) for code, values in GIVEN]


def after(advice: Advice) -> str:
    """The code once the change is made."""
    return "\n".join(line[1:] for line in code_change(advice) if not line.startswith("-"))


def validated(model: torch.nn.Module) -> float:
    return 0.5


@pytest.fixture
def scope(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A small training, by the names that the texts are written about."""
    monkeypatch.chdir(tmp_path)
    torch.default_generator.manual_seed(0)
    body = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Dropout(0.1))
    model = torch.nn.Sequential(OrderedDict(body=body, head=torch.nn.Linear(8, 2)))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100)
    train_inputs, train_targets = torch.randn(24, 4), torch.randint(2, (24,))
    loader = [(train_inputs[at : at + 4], train_targets[at : at + 4]) for at in range(0, 24, 4)]
    inputs, targets = loader[0]
    loss_function = torch.nn.functional.cross_entropy
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, "checkpoint.pt")
    return {
        "torch": torch,
        "model": model,
        "optimizer": optimizer,
        "scheduler": scheduler,
        "loader": loader,
        "validation_loader": loader,
        "inputs": inputs,
        "targets": targets,
        "loss": loss_function(model(inputs), targets),
        "loss_function": loss_function,
        "train_inputs": train_inputs,
        "train_targets": train_targets,
        "scaler": torch.amp.GradScaler("cpu", enabled=False),
        "validate": validated,
        "epochs": 2,
        "sampler": torch.utils.data.DistributedSampler(train_targets, 1, 0),  # pyright: ignore[reportArgumentType]
    }


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The only process of a group, for what is said of several."""
    store = torch.distributed.FileStore(str(tmp_path_factory.mktemp("group") / "store"), 1)
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


def carried_out(advice: Advice, scope: dict[str, Any]) -> None:
    exec("for _ in range(1):\n" + indent(after(advice), "    "), scope)  # noqa: S102 - it is meant to be run


def test_the_catalogue_has_words_for_each_and_for_no_other() -> None:
    assert {code for code, _ in GIVEN} == set(tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["advice"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("advice", ADVICE, ids=[code for code, _ in GIVEN])
def test_each_advice_leads_to_a_command_or_to_code(advice: Advice, language: str) -> None:
    changes = applied([Finding("spikes", "warning", 0.9, (0, 9), {}, (advice,))])
    assert len(changes) == 1, f"write what carries out `{advice.code}`"
    text = applied_text(changes, Page(language=language))
    assert text.startswith("# spikes: ")
    assert changes[0].command or any(line.startswith("+") for line in changes[0].code)


@pytest.mark.parametrize("advice", [each for each in ADVICE if code_change(each)], ids=lambda each: each.code)
@pytest.mark.usefixtures("alone")
def test_the_code_runs_where_it_is_pasted(advice: Advice, scope: dict[str, Any]) -> None:
    carried_out(advice, scope)
    assert all(bool(torch.isfinite(each).all()) for each in scope["model"].parameters())


def test_first_weights_get_the_size_of_he(scope: dict[str, Any]) -> None:
    layers = [torch.nn.Linear(400, 300), torch.nn.Conv2d(64, 32, 3)]
    model = scope["model"] = torch.nn.ModuleList(layers)
    for parameter in model.parameters():
        torch.nn.init.constant_(parameter, 7.0)
    carried_out(Advice("initialise"), scope)
    for layer in layers:
        assert layer.bias is not None
        assert float(layer.weight.detach().std(correction=0)) * layer.weight[0].numel() ** 0.5 == pytest.approx(
            2**0.5, rel=0.05
        )
        assert not layer.bias.any()


def test_a_lower_decay_leaves_alone_what_has_none(scope: dict[str, Any]) -> None:
    scope["optimizer"].add_param_group({"params": [torch.nn.Parameter(torch.zeros(2))], "weight_decay": 0.0})
    carried_out(Advice("lower-decay", {"decay": 2e-5}), scope)
    assert [group["weight_decay"] for group in scope["optimizer"].param_groups] == [2e-5, 0.0]


def test_what_was_left_out_is_given_to_the_optimizer(scope: dict[str, Any]) -> None:
    optimizer = scope["optimizer"] = torch.optim.SGD(scope["model"].head.parameters(), lr=0.1)
    carried_out(Advice("give-to-optimizer"), scope)
    assert {each for group in optimizer.param_groups for each in group["params"]} == set(scope["model"].parameters())


@pytest.mark.parametrize(
    ("advice", "rates"),
    [
        (Advice("split-rates", {"factor": 10.0}), [1e-4, 1e-3]),
        (Advice("body-rate", {"rate": 2e-5, "head": 4e-4}), [2e-5, 4e-4]),
    ],
)
def test_body_and_head_get_their_own_rates(advice: Advice, rates: list[float], scope: dict[str, Any]) -> None:
    scope["optimizer"] = torch.optim.AdamW(scope["model"].parameters(), lr=1e-3)
    carried_out(advice, scope)
    body, head = scope["optimizer"].param_groups
    assert [body["lr"], head["lr"]] == pytest.approx(rates)
    assert set(head["params"]) == set(scope["model"].head.parameters())
    assert set(body["params"]) == set(scope["model"].body.parameters())


def test_a_longer_run_has_its_steps_and_its_rate_comes_down_to_0(scope: dict[str, Any]) -> None:
    carried_out(Advice("more-steps", {"steps": 20}), scope)  # the loader has 6 batches
    assert scope["scheduler"].last_epoch == 20
    assert scope["optimizer"].param_groups[0]["lr"] == pytest.approx(0, abs=1e-12)
