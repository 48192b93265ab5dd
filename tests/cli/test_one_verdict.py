"""One script has one verdict: under watch, from its record, and under a guard."""

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from ratecraft.cli.main import main

SCRIPT = """
import torch
from torch import nn
torch.manual_seed(0)
inputs = torch.randn({count}, 8)
labels = {labels}
held = {count} - 128
net = nn.Sequential(nn.Linear(8, 32), nn.{between}(), nn.Linear(32, 3))
optimizer = torch.optim.SGD(net.parameters(), lr={rate})
for epoch in range({epochs}):
    for batch in torch.randperm(held).split(32):
        {clear}
        nn.functional.cross_entropy(net(inputs[batch]), labels[batch]).backward()
        optimizer.step()
    with torch.no_grad():
        print(f"val_loss {{nn.functional.cross_entropy(net(inputs[held:]), labels[held:]):.4f}}")
"""

LEARNED = "(inputs[:, 0] + 0.5 * inputs[:, 1] > 0).long() + (inputs[:, 2] > 0.5).long()"
USUAL = {
    "count": 640,
    "labels": LEARNED,
    "between": "Tanh",
    "rate": 0.1,
    "epochs": 20,
    "clear": "optimizer.zero_grad()",
}

CASES: dict[str, tuple[dict[str, Any], str, int, list[str]]] = {
    "healthy": ({}, "nothing", 0, []),
    "diverging": ({"rate": 1000.0}, "lost", 3, ["collapsed-at-once"]),
    "at chance": (
        {"count": 2688, "labels": "torch.randint(0, 3, (2688,))", "epochs": 4},
        "lost",
        3,
        ["not-learning"],
    ),
    "gradients never cleared": ({"clear": "pass"}, "lost", 3, ["gradients-never-cleared"]),
}


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "C.UTF-8")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("healthy", marks=pytest.mark.soak),
        pytest.param("diverging", marks=pytest.mark.soak),
        pytest.param("at chance", marks=pytest.mark.soak),
        "gradients never cleared",
    ],
)
def test_watch_its_record_and_the_guard_say_the_same_of_a_script(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    changed, verdict, code, first = CASES[name]
    Path("train.py").write_text(textwrap.dedent(SCRIPT.format(**USUAL | changed)))
    said: dict[str, tuple[str, list[str]]] = {}
    for how, options in (("plain", ()), ("guarded", ("--guard",))):
        assert main(["watch", "train.py", "--study", how, "--json", *options]) == 0
        said[how] = _of(capfd.readouterr().out)
        assert main(["diagnose", how, "--json"]) == code
        said[f"{how} record"] = _of(capfd.readouterr().out)
    assert said == dict.fromkeys(said, (verdict, first))


def _of(text: str) -> tuple[str, list[str]]:
    """The verdict of what was printed, and the first finding that is worse than a hint."""
    (run,) = json.loads(text)["runs"]
    return run["verdict"], [finding["code"] for finding in run["findings"] if finding["severity"] != "info"][:1]
