"""Mirrors ratecraft/cli/diagnose.py: `ratecraft diagnose SCRIPT --prove`, on a real script."""

import json
import textwrap
from pathlib import Path

import pytest

from ratecraft.cli.main import main

SCRIPT = """
    import sys
    import torch
    from torch import nn

    torch.manual_seed(0)
    inputs, way = torch.randn(512, 6), torch.randn(6, 3)
    targets = (inputs @ way + 0.5 * torch.randn(512, 3)).argmax(1)
    model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=float(sys.argv[1]), momentum=0.9)
    for step in range(320):
        chosen = torch.randint(512, (32,))
        loss = nn.functional.cross_entropy(model(inputs[chosen]), targets[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 40 == 39:
            print(f"step {step + 1} loss {loss.item():.4f}")
"""


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with the script, an English terminal of 100 columns."""
    monkeypatch.chdir(tmp_path)
    for name in ("RATECRAFT_LANGUAGE", "LC_ALL", "LC_MESSAGES", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "100")
    Path("train.py").write_text(textwrap.dedent(SCRIPT), encoding="utf-8")
    return tmp_path


def test_a_script_is_proven_its_study_shown_and_what_mends_it_printed(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["diagnose", "train.py", "--prove", "--apply", "--budget", "0.8", "--", "5.0"])
    out = capsys.readouterr().out
    assert code == 3
    assert "Seen in " in out
    assert "ratecraft tune train.py --rate" in out
    assert out.count("-- 5.0") >= 1
    assert "branches, plus" in out

    assert (
        main(["diagnose", "train.py", "--prove", "--json", "--budget", "0.8", "--", "5.0"]) == 3
    )  # nothing is trained
    plain = json.loads(capsys.readouterr().out)
    statuses = [each["status"] for each in plain["runs"][0]["findings"]]
    assert "seen" in statuses
    (study,) = (each.name for each in Path(".ratecraft").glob("prove-*"))

    assert main(["show", study, "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["runs"] == plain["runs"]


def test_a_log_cannot_be_proven(capsys: pytest.CaptureFixture[str]) -> None:
    Path("train.log").write_text("step 1 loss 2.0\n" * 40)
    assert main(["diagnose", "train.log", "--prove"]) == 2
    assert "nothing can be tried on it" in capsys.readouterr().err


def test_a_script_that_is_not_there_is_told_before_anything_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", "other.py", "--prove"]) == 2
    assert "other.py" in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--budget", "2"], ["--new"], ["--workers", "2"], ["--seed", "1"]])
def test_what_counts_with_branches_alone_is_refused_without(
    option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("train.log").write_text("step 1 loss 2.0\n" * 40)
    assert main(["diagnose", "train.log", *option]) == 2
    assert option[0] in capsys.readouterr().err


def test_a_log_that_is_followed_is_no_proof(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", "train.py", "--prove", "--follow"]) == 2
    assert "--follow" in capsys.readouterr().err


def test_what_a_log_advises_is_printed_as_changes(capsys: pytest.CaptureFixture[str]) -> None:
    losses = [2.3 + step**1.5 for step in range(300)]
    Path("train.log").write_text("".join(f"step {at} loss {loss:.4f} lr 1e-1\n" for at, loss in enumerate(losses)))
    assert main(["diagnose", "train.log", "--apply"]) == 3
    out = capsys.readouterr().out
    assert "+torch.nn.utils.clip_grad_norm_" in out
    assert main(["diagnose", "train.log", "--apply", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["apply"]


@pytest.mark.soak
def test_a_second_script_is_no_argument_unless_it_is_said_to_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    Path("other.py").write_text("", encoding="utf-8")
    assert main(["diagnose", "train.py", "other.py", "--prove"]) == 2
    assert "diagnose train.py --prove -- other.py" in " ".join(capsys.readouterr().err.split())
    assert not Path(".ratecraft").exists()
    assert main(["diagnose", "train.py", "--prove", "--", "other.py"]) == 3  # which it cannot take for a rate
    assert "could not convert string to float" in capsys.readouterr().err
