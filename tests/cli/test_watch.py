"""Mirrors ratecraft/cli/watch.py."""

import json
import textwrap
from pathlib import Path

import pytest

from ratecraft.cli.main import main

SCRIPT = """
import sys, torch
torch.manual_seed(0)
net = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(net.parameters(), lr=float(sys.argv[1]))
for _ in range(300):
    inputs = torch.randn(16, 4)
    optimizer.zero_grad()
    (net(inputs) - inputs.sum(1, keepdim=True) - torch.randn(16, 1)).square().mean().backward()
    optimizer.step()
print("trained")
sys.exit(int(sys.argv[2]))
"""


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder with the script, an English terminal of 100 columns."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(textwrap.dedent(SCRIPT))
    for name in ("RATECRAFT_LANGUAGE", "LC_ALL", "LC_MESSAGES", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "100")


def test_a_healthy_script_gets_a_summary_and_keeps_its_output_and_code(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "train.py", "--", "0.01", "7"]) == 7
    out, err = capfd.readouterr()
    assert out == "trained\n"
    assert "loss (300)" in err
    assert err.rstrip().endswith("Nothing found that is wrong.")


def test_a_script_that_blows_up_gets_a_line_and_json_is_all_there_is_on_stdout(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert main(["watch", "train.py", "--json", "--", "10", "0"]) == 0
    out, err = capfd.readouterr()
    said = json.loads(out)
    assert said["code"] == 0
    assert said["told"] == ["non-finite-after-growth"]
    assert said["runs"][0]["findings"][0]["code"] == "non-finite-after-growth"
    assert "trained\n" in err
    assert err.count("[non-finite-after-growth]") == 1


def test_a_script_that_steps_no_optimizer_is_told_so(capfd: pytest.CaptureFixture[str]) -> None:
    Path("idle.py").write_text("print('idle')")
    assert main(["watch", "idle.py"]) == 0
    out, err = capfd.readouterr()
    assert out == "idle\n"
    assert "no step of a torch optimizer was seen" in err


def test_a_script_that_is_not_there_is_an_error_of_usage(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "trian.py"]) == 2
    assert "There is no script `trian.py`" in capfd.readouterr().err
