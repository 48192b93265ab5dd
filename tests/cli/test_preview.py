"""Mirrors ratecraft/cli/preview.py."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from ratecraft.cli.main import main
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.language.text import parse_set


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder, an English terminal of 80 columns."""
    monkeypatch.chdir(tmp_path)
    for name in ("RATECRAFT_LANGUAGE", "LC_ALL", "LC_MESSAGES", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "80")


def test_preview_shows_the_curve_and_the_phases(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "0.1 * (warmup(500) >> cosine())", "--steps", "10000"]) == 0
    out = capsys.readouterr().out
    assert "0.100 ┤" in out
    assert "warmup(500)" in out
    assert "Area: 0.500 of the run at the peak, 0.1." in out


def test_preview_compares(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "cosine()", "--compare", "constant()", "--compare", "linear()", "--no-plot"]) == 0
    out = capsys.readouterr().out
    assert "● has an area of 1.000 relative to its own peak, and moves the weights 2.00 times as far" in out.replace(
        "\n  ", " "
    )
    assert "◆ has an area of 0.5" in out


def test_preview_knows_epochs_and_tokens(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "warmup(epochs(2)) >> cosine()", "--steps-per-epoch", "20", "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert plain["schedules"][0]["hyperparameters"]["rate"]["bound"] == "warmup(40) >> cosine(1, 0, 960)"
    assert main(["preview", "warmup(tokens(1e4)) >> cosine()", "--tokens-per-step", "100", "--csv"]) == 0
    assert capsys.readouterr().out.startswith("step,rate\n0,0.01\n")


def test_preview_writes_a_picture(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "onecycle()", "--svg", "one.svg", "--no-plot"]) == 0
    assert Path("one.svg").read_text(encoding="utf-8").startswith("<svg")


def test_preview_speaks_japanese(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "constant(0.1)", "--language", "ja"]) == 0
    assert "! 最後のステップでもピークの 100%" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["warmup(3) >> cosin()"], "error[schedule-text-name]: Column 14: there is no `cosin`"),
        (["cosine()", "--to", "2000"], "error[preview-needs-step]: `--to` says how a run continues"),
        (["plateau(0.5, patience=3)"], "error[schedule-text-plateau]: Column 1: `plateau` waits for figures"),
        (
            ["warmup(2000) >> cosine()"],
            "error[schedule-beyond-horizon]: `warmup(2000) >> cosine(1, 0)` ends 1000 steps",
        ),
        (["warmup(epochs(3))"], "error[schedule-epochs]: `epochs(3)` is a length in epochs"),
        (["cosine()", "--steps", "0"], "error[option-whole-number]: "),
        (["cosine()", "--steps-per-epoch", "x"], "error[option-number]: "),
        (["exponential(2)", "--steps", "5000"], "error[schedule-overflow]: At step 1024"),
        ([], "error[missing-argument]: "),
    ],
)
def test_what_cannot_be_previewed_is_said_with_exit_code_2(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["preview", *words]) == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_a_run_goes_on_from_a_step_by_the_code_that_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["preview", "0.1 * (warmup(10) >> cosine())", "--steps", "100", "--from-step", "60", "--to", "160"]
    assert main([*words, "--times", "2", "--json"]) == 0
    code = json.loads(capsys.readouterr().out)["schedules"][0]["code"]
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    place: dict[str, Any] = {"optimizer": optimizer}
    exec(compile(code, "code", "exec"), place)  # noqa: S102 - it is our own
    seen: list[float] = []
    for _ in range(100):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        place["scheduler"].step()
    assert main([*words, "--times", "2", "--csv"]) == 0
    shown = [float(line.split(",")[1]) for line in capsys.readouterr().out.splitlines()[1:]]
    assert seen == pytest.approx(shown[60:])
    before = bind(parse_set("0.1 * (warmup(10) >> cosine())").rate, 100)
    assert shown[:60] == pytest.approx(list(before.curve(60)))
    assert shown[60] == pytest.approx(2 * before.at(60))


def test_a_run_that_crashed_goes_on_as_it_was_planned(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "0.1 * linear(1, 0)", "--steps", "100", "--from-step", "40", "--no-plot"]) == 0
    out = capsys.readouterr().out
    assert "Learning rate of 100 optimizer steps" in out
    assert "last_epoch=39" in out
