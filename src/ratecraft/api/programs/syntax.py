"""Checks that a program is Python at all, before any process is started for it.

Path:   the text of a program -> nothing, or the error that Python itself would give.
"""

import ast
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path

from ratecraft.controllers.baseline.failures import script_failed
from ratecraft.records.notebook import cells_of
from ratecraft.records.outcome import Failure
from ratecraft.records.program import Program


def check_syntax(program: Program, directory: Path) -> None:
    """Parse what will be run, and run nothing of it. Modules that it imports are only read when it runs.

    Args:
        program: A file that is there.
        directory: The working folder.

    Raises:
        ScriptFailed: Python cannot read it (`fails-as-it-is`).
        InvalidInput: It is a malformed notebook.
    """
    for name, source in _sources(program, directory / program.script):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Python shows them when it is run
                ast.parse(source, name)
        except SyntaxError as error:
            said = "".join(traceback.format_exception_only(error))
            place = (error.filename or name, error.lineno or 0)
            failure = Failure("exception", type(error).__name__, str(error), *place, said)
            raise script_failed("fails-as-it-is", failure) from None


def _sources(program: Program, file: Path) -> Iterator[tuple[str, str | bytes]]:
    """The texts to parse, by their names in tracebacks."""
    if program.entry.kind == "notebook":
        for cell in cells_of(file.read_text(encoding="utf-8", errors="replace"), file.name):
            yield f"{file}[cell {cell.number}]", cell.source
    elif file.suffix == ".py":  # Python runs archives and folders, too
        yield str(file), file.read_bytes()
