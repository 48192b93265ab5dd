"""Mirrors ratecraft/api/plan.py."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import ratecraft as rc
from ratecraft.api.plan import PlanResult, plan
from ratecraft.errors import InvalidInput
from ratecraft.schedules.horizon import bind


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder, an English terminal of 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RATECRAFT_LANGUAGE", "en")
    monkeypatch.setenv("COLUMNS", "80")


def test_the_result_tells_rate_range_settings_and_schedule() -> None:
    result = rc.plan("adamw", batch_size=128, steps=10_000)
    assert isinstance(result, PlanResult)
    assert (result.rate, result.range) == (1e-3, (1e-4, 1e-2))
    assert result.settings["weight_decay"].value == 0.01
    assert bind(result.schedule, 10_000).at(999) == 1e-3
    assert str(result).startswith("AdamW: rate 1e-3, usually 1e-4 – 1e-2; well known\n")


def test_json_has_the_same_numbers() -> None:
    result = plan("momentum", "images", batch_size=256)
    plain = json.loads(json.dumps(result.to_json()))["plan"]
    assert plain["settings"]["rate"]["value"] == result.rate
    assert plain["expression"] == result.expression
    assert {"code", "values", "text"} == set(plain["reasons"][0]) == set(plain["cautions"][0])


def test_a_file_of_the_folder_goes_before_the_usual_values(tmp_path: Path) -> None:
    (tmp_path / "ratecraft.toml").write_text("[optimizer.adam.knobs]\nrate = 3e-4\n")
    result = plan("adam")
    assert result.rate == 3e-4
    assert "From ratecraft.toml, overriding the usual values: rate." in str(result)


def test_a_file_that_is_named_goes_before_that_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "ratecraft.toml").write_text("[optimizer.adam.knobs]\nrate = 3e-4\n")
    (tmp_path / "other.toml").write_text("[optimizer.adam.knobs]\nrate = 7e-4\n")
    assert plan("adam", presets="other.toml").rate == 7e-4


@pytest.mark.parametrize(
    ("text", "said"), [(None, "No such file"), ("rate = ", "Invalid value"), ("\udcff", "can't decode")]
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "mine.toml").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InvalidInput, match=f"presets file mine.toml can't be read: .*{said}"):
        plan("adam", presets="mine.toml")


@pytest.mark.parametrize("given", [3, ""])
def test_presets_that_are_no_path_are_refused(given: object) -> None:
    with pytest.raises(InvalidInput, match="`presets` must be the path of a TOML file"):
        plan("adam", presets=given)  # pyright: ignore[reportArgumentType]


SCRIPT = """
import sys, torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
data = TensorDataset(torch.randn(64, 3, 8, 8), torch.randint(0, 2, (64,)))
model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2))
model.load_state_dict(model.state_dict())
optimizer = torch.optim.AdamW(model.parameters(), lr=float(sys.argv[1]))
for epoch in range(10):
    for x, y in DataLoader(data, batch_size=16):
        optimizer.zero_grad(); nn.functional.cross_entropy(model(x), y).backward(); optimizer.step()
"""


def test_a_script_s_rate_is_held_against_what_is_usual_for_what_it_does(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    result = plan("train.py", arguments=["3e-2"])
    assert result.seen is not None
    assert (result.seen.task, result.seen.batch_size) == ("fine-tuning-vision", 16)
    assert [change.code for change in result.changes] == ["rate-high-of-task", "one-rate"]
    assert "AdamW at 3e-2 is 30 times the top of the usual range for" in str(result)
    assert result.to_json()["plan"]["changes"][0]["values"]["ratio"] == pytest.approx(30)


def test_what_is_told_goes_before_what_is_seen(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    result = plan("train.py", "images", arguments=["1e-3"], batch_size=64, optimizer="adam")
    assert (result.plan.task, result.plan.optimizer, result.plan.given.batch_size) == ("images", "adam", 64)
    assert [change.code for change in result.changes] == ["decay-coupled"]


def task_of(rate: float) -> rc.Task:
    def loss(model: nn.Module, batch: tuple[torch.Tensor]) -> torch.Tensor:
        return model(batch[0]).mean()

    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
    return rc.Task(model, optimizer, loss, torch.utils.data.TensorDataset(torch.zeros(64, 4)), steps=50, batch_size=8)


def test_a_task_is_looked_at_in_the_same_way() -> None:
    assert plan(task_of(0.02)).rate == plan("momentum", batch_size=8, passes=6.25).rate
    (change,) = plan(task_of(1.0)).changes
    assert change.code == "rate-high"


def test_within_the_usual_ranges_nothing_is_to_be_changed() -> None:
    result = plan(task_of(0.01))
    assert result.changes == ()
    assert "Nothing: your values are within the usual ranges." in str(result)


@pytest.mark.parametrize(
    ("what", "how", "said"),
    [
        (None, {}, "takes the name of an optimizer or something to inspect"),
        ("adam", {"optimizer": "adamw"}, "Two optimizers were given: adam and adamw"),
        ("adam", {"arguments": ["--epochs"]}, "are for a script"),
        ("absent.py", {}, "no script `absent.py`"),
        (3, {}, "`optimizer` must be a name as text"),
    ],
)
def test_what_cannot_be_planned_is_told(what: Any, how: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        plan(what, **how)
