"""Mirrors ratecraft/cli/ui.py: the command in a process of its own, from the link to Ctrl-C."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from tests.reporting.pages import made

COMMAND = [sys.executable, "-m", "ratecraft.cli.main", "ui"]


def started(folder: Path, *options: str, environment: dict[str, str] | None = None) -> "subprocess.Popen[str]":
    pipe = subprocess.PIPE
    return subprocess.Popen([*COMMAND, *options], cwd=folder, stdout=pipe, stderr=pipe, text=True, env=environment)


@pytest.mark.parametrize("as_json", [True, False])
def test_the_link_opens_the_studies_and_ctrl_c_ends_it(tmp_path: Path, as_json: bool) -> None:
    made.finished(tmp_path)
    options = ["--json"] if as_json else []
    with started(tmp_path, *options) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = json.loads(line)["address"] if as_json else line.strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/en/studies\?token=[\w-]{43}", address)
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(address) as answer:
            assert b"tune-train-3f9a12" in answer.read()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 0
    assert "Traceback" not in said
    assert ("Ctrl-C" in said) is not as_json


def test_over_ssh_the_way_to_forward_the_port_is_told(tmp_path: Path) -> None:
    environment = {**os.environ, "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}
    with started(tmp_path, environment=environment) as process:
        assert process.stdout is not None
        port = re.findall(r":(\d+)/", process.stdout.readline())[0]
        assert process.stderr is not None
        said = [process.stderr.readline() for _ in range(2)]
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert f"ssh -L {port}:127.0.0.1:{port}" in said[1]


def test_learn_is_written_without_a_server(tmp_path: Path) -> None:
    command = [*COMMAND, "--write", "public", "--language", "ja"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (tmp_path / done.stdout.strip()).is_file()
    assert done.stdout.strip() == "public/ja/learn/index.html"


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--port", "0"], "port"), (["--port", "99999"], "99999"), (["--study", "nothing"], "no folder")],
)
def test_what_cannot_be_is_said_at_once(tmp_path: Path, options: list[str], said: str) -> None:
    done = subprocess.run([*COMMAND, *options], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_without_starlette_the_command_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "starlette.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'starlette'\", name='starlette')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(COMMAND, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'ratecraft[ui]'" in done.stderr
