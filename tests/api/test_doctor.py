"""Mirrors ratecraft/api/doctor.py and the command: this machine, and a Python that has no torch."""

import json
import subprocess
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest

import ratecraft as rc
from ratecraft.api.doctor import runs_on
from ratecraft.cli.main import main
from ratecraft.errors import InvalidInput


@pytest.mark.soak
def test_this_machine_can_run_a_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RATECRAFT_LANGUAGE", "en")
    found = rc.doctor()
    assert found.able
    assert f"{metadata.version('torch')}, built for" in str(found)
    assert {check["part"] for check in found.to_json()["checks"]} == {check.part for check in found.checks}
    assert list(tmp_path.iterdir()) == []


def test_the_command_prints_one_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "--json", "--language", "ja"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["able"]) == (1, True)
    assert all(check["message"] for check in told["checks"])


def test_a_language_that_nobody_speaks_is_refused() -> None:
    with pytest.raises(InvalidInput, match="ratecraft speaks only: en, ja"):
        rc.doctor("fr")


def test_a_python_without_torch_is_told_what_to_install(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    for name in ("click", "psutil", "numpy", "ratecraft"):  # all that it needs, and nothing else that is installed here
        found = find_spec(name)
        assert found is not None
        assert found.origin is not None
        (site / name).symlink_to(Path(found.origin).parent)
    code = "import sys; from ratecraft.cli.main import main; sys.exit(main(['doctor', '--language', 'en']))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={"PYTHONPATH": str(site), "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    said = " ".join(done.stdout.split())
    assert "Install it here: pip install 'ratecraft[torch]'." in said
    assert "pip install 'ratecraft[ray]'" in said
    assert done.stdout.endswith("No study can run here until this is fixed: PyTorch.\n")


def test_where_no_gpu_is_reached_the_look_at_it_says_so_and_writes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert main(["doctor", "--gpu", "--json", "--language", "en"]) == 2
    told = json.loads(capsys.readouterr().out)
    found = told["checks"][-1]
    assert (told["able"], found["part"], found["state"]) == (False, "cuda", "missing")
    assert found["code"] in ("gpu-none", "cuda-hidden", "cuda-unused")
    assert "nvidia-smi" in found["hint"] or "pytorch.org" in found["hint"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.soak
@pytest.mark.usefixtures("whole_torch")
def test_what_came_of_the_scripts_is_a_file_to_attach_to_an_issue(tmp_path: Path) -> None:
    file = tmp_path / "gpu.json"
    checks = list(runs_on("cpu", file, rc.doctor("en").checks[:3]))
    assert [check.code for check in checks][-2:] == ["ranks", "gpu-file"]
    told = json.loads(file.read_text())
    assert [check["part"] for check in told["checks"]][2:] == ["torch", *(check.part for check in checks[:-1])]
    assert [check["code"] for check in told["checks"] if check["state"] != "ok"] == ["placement-unknown"]
