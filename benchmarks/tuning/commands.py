"""What a command of ratecraft prints about a script: the findings of its `--json`, and nothing else.

Path:   text of a script -> a folder of its own -> `ratecraft … --json` -> findings.
Units:  a cost is in runs of the script's own length.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["COMMANDS", "commit_of", "findings_of"]

COMMANDS: Mapping[str, Sequence[str]] = {
    "watch": ("watch", "train.py", "--json"),
    "prove": ("diagnose", "train.py", "--prove", "--json"),
}


def findings_of(text: str, command: str) -> tuple[list[dict[str, Any]], float]:
    """The findings of a script, the foremost first, and what they cost; where a command refuses, why, as a finding."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "train.py").write_text(text, encoding="utf-8")
        ran = subprocess.run(
            [str(Path(sys.executable).with_name("ratecraft")), *COMMANDS[command]],
            cwd=folder,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    lines = [each for each in ran.stdout.splitlines() if each.startswith("{")]
    if not lines:
        return [_refused("no-answer", ran.stderr.strip()[-200:])], 0.0
    answer = json.loads(lines[-1])
    cost = round(answer.get("cost", {}).get("total_runs", 1.0), 2)
    if "runs" not in answer:
        return [_refused(answer.get("code", "no-answer"), "no answer")], cost
    found = [each for run in answer["runs"] for each in run["findings"]]
    if not found and answer.get("code"):
        return [_refused("script-failed", ran.stderr.strip()[-200:])], cost
    return found, cost


def _refused(code: str, status: str) -> dict[str, Any]:
    return {"code": code, "severity": "warning", "status": status, "advice": []}


def commit_of(folder: Path) -> str:
    """The commit that a folder is at."""
    asked = ["git", "-C", str(folder), "rev-parse", "--short", "HEAD"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
