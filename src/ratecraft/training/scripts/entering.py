"""Runs a program as Python itself does: as `__main__`, with its usual `sys.argv` and `sys.path`.

Path:   `Entry`, the script's path in this run -> the script's own code.
"""

import importlib
import linecache
import os
import runpy
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from ratecraft.records.notebook import cells_of, left_out
from ratecraft.records.program import Entry


def enter(entry: Entry, script: Path, arguments: Sequence[str], note: Callable[..., object]) -> None:
    """Run it to its end, or to whatever it raises.

    Args:
        entry: How it becomes `__main__`.
        script: The script's file in this run's folder, which is the current folder.
        arguments: The script's own arguments.
        note: Takes what the user must be told: a code and its values.

    Raises:
        BaseException: Whatever it raises.
    """
    if os.environ.get("MASTER_PORT") == "0":
        os.environ["MASTER_PORT"] = str(_free_port())
    match entry.kind:
        case "file":
            sys.argv = [str(script), *arguments]
            sys.path.insert(0, str(script.resolve().parent))
            runpy.run_path(str(script), run_name="__main__")
        case "module":
            sys.argv = [str(script), *arguments]
            sys.path.insert(0, str(Path.cwd()))
            runpy.run_module(entry.target, run_name="__main__", alter_sys=True)
        case "command":
            folder = Path(sys.executable).parent  # where such commands lie: theirs is the first folder of imports
            sys.argv = [str(folder / entry.typed[-1]), *arguments]
            sys.path.insert(0, str(folder))
            sys.exit(_loaded(entry.target)())
        case "notebook":
            sys.argv = [str(script), *arguments]
            sys.path.insert(0, str(script.resolve().parent))
            _run_notebook(script, note)


def _loaded(reference: str) -> Any:
    """The function that an entry point names: `package.module:function`."""
    module, _, attributes = reference.partition(":")
    found: Any = importlib.import_module(module)
    for name in filter(None, attributes.split(".")):
        found = getattr(found, name)
    return found


def _run_notebook(script: Path, note: Callable[..., object]) -> None:
    """One code cell after the other, each a file of its own to tracebacks: `digits.ipynb[cell 3]`."""
    cells = cells_of(script.read_text(encoding="utf-8"), script.name)
    lines = left_out(cells)
    if lines:
        note("notebook-left-out", lines=" · ".join(lines))
    module = ModuleType("__main__")
    module.__dict__.update(display=print, get_ipython=lambda: None)
    sys.modules["__main__"] = module
    for cell in cells:
        name = f"{script}[cell {cell.number}]"
        linecache.cache[name] = (len(cell.source), None, cell.source.splitlines(keepends=True), name)
        exec(compile(cell.source, name, "exec"), module.__dict__)  # noqa: S102 - the user's own code


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
