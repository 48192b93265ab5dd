"""Mirrors ratecraft/cli/entry.py: Ctrl-C while the command loads."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.training.hosted_scripts import environment

INTERRUPTED = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
"""
RUN = "import sys; sys.argv = ['ratecraft', 'tune', 'train.py']; from ratecraft.cli.entry import run; run()"


@pytest.mark.parametrize("module", ["ratecraft.cli.main", "click", "ratecraft.cli.tune"])
def test_ctrl_c_while_modules_load_is_exit_code_130_and_no_traceback(tmp_path: Path, module: str) -> None:
    code = INTERRUPTED.format(name=module) + RUN
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr, done.stdout) == (130, "", "")


def test_where_ctrl_c_is_ignored_it_stays_so(tmp_path: Path) -> None:
    ignored = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
    code = f"{ignored}{INTERRUPTED.format(name='click')}" + RUN.replace("'tune', 'train.py'", "'--version'")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
