"""What ratecraft sees of each task's script before it trains: its optimizer, model, data. Replay tells the tuner that.

    python benchmarks/tuning/task_facts.py             # minutes: looks at the scripts that are not in the file yet

Path:   tasks/*.py -> the first two steps of each, at a rate of 0 -> frozen/facts.json -> `replay.World`.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import chdir
from functools import cache
from pathlib import Path
from typing import Any

from suite import TASKS

from ratecraft.records.outcome import RunFacts
from ratecraft.records.storage.codec import from_plain, to_plain

__all__ = ["facts_of"]

FACTS = Path(__file__).with_name("frozen") / "facts.json"
SCRIPTS = Path(__file__).with_name("tasks")
LEFT_OUT = ("peak_memory", "device_memory", "sources", "parts", "inputs")
"""What is of the machine or decides nothing of a tuning."""


@cache
def _kept() -> Mapping[str, RunFacts]:
    plain: Mapping[str, Any] = json.loads(FACTS.read_text(encoding="utf-8"))
    return {name: from_plain(RunFacts, facts) for name, facts in plain.items()}


def facts_of(name: str) -> RunFacts | None:
    """What was seen of a task; None where nobody has looked."""
    return _kept().get(name)


def look(name: str) -> dict[str, Any]:
    """Look at a script, in the folder where it lies."""
    from ratecraft.api.running.looking import look_at_script

    with chdir(SCRIPTS):
        plain = to_plain(look_at_script(f"{name}.py").facts)
    return {field: value for field, value in plain.items() if field not in LEFT_OUT}


def main() -> int:
    """Look at what was not seen yet, each script in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--one", metavar="TASK", help="print what is seen of it")
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(look(arguments.one)))
        return 0
    kept: dict[str, Any] = json.loads(FACTS.read_text(encoding="utf-8")) if FACTS.exists() else {}
    failed = 0
    for task in TASKS:
        if task.name in kept:
            continue
        done = subprocess.run([sys.executable, __file__, "--one", task.name], capture_output=True, text=True)
        failed += bool(done.returncode)
        print(task.name, "seen" if not done.returncode else done.stderr[-300:], flush=True)
        if not done.returncode:
            kept[task.name] = json.loads(done.stdout.splitlines()[-1])
            FACTS.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n", encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main())
