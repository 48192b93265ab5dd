"""Mirrors ratecraft/api/plan.py."""

import json
from pathlib import Path

import pytest

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
    assert str(result).startswith("AdamW\n")


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
    assert "From ratecraft.toml, before the usual values: rate." in str(result)


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
