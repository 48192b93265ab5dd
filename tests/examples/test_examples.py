"""The example scripts, each with little to do: they run to their end as they are, and print a validation figure."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SHORT = {
    "mnist_cnn.py": ["--epochs", "1", "--batch-size", "1000"],
    "char_transformer.py": ["--steps", "4", "--eval-every", "2", "--batch-size", "2"],
    "source_gru.py": ["--epochs", "1", "--batch-size", "1000", "--width", "8"],
}


def run(script: str, folder: Path) -> str:
    """What the script prints; a warning is an error."""
    command = [sys.executable, "-W", "error", str(EXAMPLES / script), *SHORT[script]]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_every_example_is_run_here() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(SHORT)


@pytest.mark.parametrize("script", SHORT)
def test_example_does_not_know_ratecraft(script: str) -> None:
    text = (EXAMPLES / script).read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert "ratecraft" not in text


# The demo's own test runs the first of them, longer; of the others the usual tests run one.
@pytest.mark.parametrize(
    "script", [pytest.param(name, marks=[pytest.mark.soak] * (name != "char_transformer.py")) for name in SHORT]
)
def test_example_prints_a_finite_validation_loss_to_its_end(script: str, tmp_path: Path) -> None:
    figures = re.findall(r"val[_ ]loss[ =](\d+\.\d{4})", run(script, tmp_path))
    assert len(figures) == (2 if script == "char_transformer.py" else 1)


@pytest.mark.soak
def test_image_example_saves_its_best_weights_and_appends_to_its_log(tmp_path: Path) -> None:
    folder = tmp_path / "mnist_cnn"
    folder.mkdir()
    (folder / "log.csv").write_text("an earlier run\n")
    run("mnist_cnn.py", tmp_path)
    assert (folder / "best.pt").stat().st_size > 0
    assert re.fullmatch(r"an earlier run\n1(,\d\.\d{4}){3}\s*", (folder / "log.csv").read_text())
