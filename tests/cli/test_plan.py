"""Mirrors ratecraft/cli/plan.py."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ratecraft.cli.main import main


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder, an English terminal of 100 columns."""
    monkeypatch.chdir(tmp_path)
    for name in ("RATECRAFT_LANGUAGE", "LC_ALL", "LC_MESSAGES", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "100")


def test_flags_give_a_plan(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--optimizer", "adamw", "--batch-size", "512"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("AdamW: rate 1.4e-3, usually 1.4e-4 – 1.4e-2; well known\n")
    assert "1.4e-3 * (warmup(2000) >> constant(1) >> linear(1, 0, 0.6))" in out


def test_every_flag_reaches_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    words = {
        "--optimizer": "adam",
        "--rate": "1e-3",
        "--batch-size": "512",
        "--base-batch-size": "256",
        "--steps": "8000",
        "--base-steps": "4000",
        "--passes": "3",
        "--parameters": "1e6",
        "--width": "512",
        "--base-width": "256",
        "--noise-scale": "2000",
        "--schedule": "cosine",
        "--tokens": "1e9",
        "--processes": "2",
    }
    assert main(["plan", *(word for pair in words.items() for word in pair), "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)["plan"]
    codes = {reason["code"] for reason in plan["reasons"]}
    assert {"rate-given", "batch-noise", "adam-sde", "steps-often", "width", "schedule-given", "processes"} <= codes
    assert plan["cautions"][0]["code"] == "parameters-unused"
    assert [group["role"] for group in plan["groups"]] == ["input", "hidden", "output"]


def test_json_and_text_say_the_same_in_japanese(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["plan", "--optimizer", "adagrad", "--language", "ja"]
    assert main([*words, "--json"]) == 0
    caution = json.loads(capsys.readouterr().out)["plan"]["cautions"][0]["text"]
    assert main(words) == 0
    assert "ウォームアップなし" not in capsys.readouterr().out
    assert main([*words, "--full"]) == 0
    screen = capsys.readouterr().out
    assert caution[:20] in screen
    assert "ウォームアップなし" in screen


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "error[plan-of-what]"),
        (["--optimizer", "adam", "adamw"], "Two optimizers were given: adamw and adam."),
        (["adamw", "--", "--epochs", "3"], "are for a script, but none was given"),
        (["train.py"], "error[no-such-script]"),
        (["adamv"], "Did you mean adam, adamw, "),
        (["--optimizer", "adamv"], "Did you mean adam, adamw, "),
        (["--optimizer", "adam", "--task", "image"], "Did you mean images"),
        (["--optimizer", "adam", "--schedule", "cosin"], "Did you mean cosine"),
        (["--optimizer", "adam", "--batch-size", "none"], "`--batch-size` takes a number above 0"),
        (["--optimizer", "adam", "--base-width", "64"], "`base_width` has no meaning without `width`"),
        (["--optimizer", "adam", "--presets", "none.toml"], "error[presets-file]"),
        (["--optimizer", "adam", "--no-plot"], "error[no-such-option]"),
    ],
)
def test_what_does_not_fit_is_an_error_of_usage(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err


SCRIPT = """
import sys, torch
from torch import nn
model = nn.Linear(4, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=float(sys.argv[1]))
for step in range(4000):
    optimizer.zero_grad(); model(torch.randn(8, 4)).square().mean().backward(); optimizer.step()
"""


def test_a_script_s_values_are_compared_as_text_and_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "my digits.py").write_text(SCRIPT)
    assert main(["plan", "my digits.py", "--language", "ja", "--", "1e-5"]) == 0
    told = capsys.readouterr().out
    assert "Adam の学習率 1e-5 は、通常の範囲" in told
    assert re.search(r"ratecraft find 'my digits.py' --rates \S+ \S+ -- 1e-5\n", told)
    assert main(["plan", "my digits.py", "--json", "--", "1e-5"]) == 0
    plan = json.loads(capsys.readouterr().out)["plan"]
    assert [change["code"] for change in plan["changes"]] == ["rate-low", "steps-gain-little"]
    assert plan["changes"][1]["values"]["worth"] == 40
    assert (plan["seen"]["steps"], plan["seen"]["steps_source"]) == (4000, "loops")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my digits.py"]


def test_help_has_examples_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    for language, heading in (("en", "Examples:"), ("ja", "例:")):
        assert main(["plan", "--help", "--language", language]) == 0
        assert f"{heading}\n  ratecraft plan" in capsys.readouterr().out


def test_a_plan_needs_no_torch(tmp_path: Path) -> None:
    typed = "from ratecraft.cli.main import main\nmain(['plan', '--optimizer', 'adam'])"
    code = f"import sys\n{typed}\nassert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=tmp_path)
