"""Mirrors ratecraft/cli/scale.py: what is refused before anything is run."""

from pathlib import Path

import pytest

from ratecraft.cli.main import main

WIDTHS = ("--vary", "--width {64,128,256}")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RATECRAFT_LANGUAGE", "en")
    (tmp_path / "train.py").write_text("import torch\n")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["train.py"], "scale-no-axis"),
        (["train.py", *WIDTHS], "scale-no-axis"),
        (["train.py", *WIDTHS, "--target", "--depth 4"], "scale-other-arguments"),
        (["train.py", "--vary", "--width {64,128}", "--target", "--width 1024"], "scale-few-sizes"),
        (["package.tasks:make", *WIDTHS, "--target", "--width 1024"], "scale-what"),
        (["none.py", *WIDTHS, "--target", "--width 1024"], "no-such-script"),
    ],
)
def test_a_law_that_cannot_be_is_refused(words: list[str], code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scale", *words]) == 2
    assert f"[{code}]" in capsys.readouterr().err
