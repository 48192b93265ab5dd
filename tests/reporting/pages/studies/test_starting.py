"""Mirrors ratecraft/reporting/pages/studies/starting.py: what may be started, how, and what is stopped."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.reporting.pages import made

from ratecraft.errors import InvalidInput
from ratecraft.reporting.pages.studies.starting import command_of, printed, scripts_of, start, stop

SUPERVISOR = """
import signal, sys
from pathlib import Path
from tests.reporting.pages import made
working = made.Working(Path(sys.argv[1]))
print("ready", flush=True)
try:
    signal.pause()
except KeyboardInterrupt:
    working.record.close()
    print("stopped", flush=True)
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Generator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", SUPERVISOR, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["src", "."])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_a_study_is_stopped_as_ctrl_c_stops_it(supervisor: "subprocess.Popen[str]", tmp_path: Path) -> None:
    with made.serving(tmp_path, allow_run=True) as site:
        headers = {"Origin": f"http://127.0.0.1:{site.service.port}", "Content-Type": "application/json"}
        body = json.dumps({"study": "tune-live-1"}).encode()
        answer = made.ask(site, "/stop", headers, method="POST", data=body)
        assert json.loads(answer.body) == {"stopped": True}
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == "stopped\n"
        supervisor.wait()
        again = made.ask(site, "/stop", headers, method="POST", data=body)
        assert json.loads(again.body) == {"stopped": False}


def test_where_the_supervisor_was_killed_nobody_is_stopped(supervisor: "subprocess.Popen[str]", tmp_path: Path) -> None:
    supervisor.send_signal(signal.SIGKILL)
    supervisor.wait()
    assert stop(made.study_folder(tmp_path, "tune-live-1")) is False


def test_a_study_is_started_by_its_words_without_a_shell(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("print('x')\n")
    words = ["; touch owned", "$(touch owned)", "`touch owned`", "--epochs", "3"]
    command = command_of({"verb": "tune", "script": "train.py", "arguments": words}, scripts_of(tmp_path))
    assert command == [sys.executable, "-m", "ratecraft.cli.main", "tune", "train.py", "--", *words]
    echo = [sys.executable, "-c", "import sys; print(sys.argv[1:])", *command[3:]]
    start(echo, tmp_path).wait()
    assert (tmp_path / ".ratecraft" / "ui.log").read_text() == f"{command[3:]}\n"
    assert not (tmp_path / "owned").exists()
    assert printed(tmp_path) == f"{command[3:]}\n"


def test_of_a_long_log_only_the_end_is_told(tmp_path: Path) -> None:
    assert printed(tmp_path) == ""
    (tmp_path / ".ratecraft").mkdir()
    (tmp_path / ".ratecraft" / "ui.log").write_bytes(b"\xff" * 100_000 + b"end")
    assert printed(tmp_path).endswith("end")
    assert len(printed(tmp_path)) < 5000


@pytest.mark.parametrize(
    "asked",
    [
        {"verb": "rm", "script": "train.py"},
        {"verb": "tune", "script": "../train.py"},
        {"verb": "tune", "script": "/etc/passwd"},
        {"verb": "tune", "script": ["train.py"]},
        {"verb": "tune", "script": "--help"},
        {"verb": "tune", "script": "train.py", "arguments": "--epochs 3"},
        {"verb": "tune", "script": "train.py", "arguments": [1]},
        {"verb": "tune", "script": "train.py", "arguments": ["x"] * 65},
        {"verb": "tune", "script": "train.py", "arguments": ["x" * 1001]},
        {},
    ],
)
def test_anything_else_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match="allowed"):
        command_of(asked, ["train.py"])


def test_scripts_are_those_of_the_folder_and_of_one_below_it(tmp_path: Path) -> None:
    for place in ("train.py", "models/net.py", "a/b/deep.py", ".hidden/x.py", "notes.txt", "../outside.py"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("")
    assert scripts_of(tmp_path) == ("models/net.py", "train.py")
