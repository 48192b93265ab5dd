"""The study that a script typed in the current folder means."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ratecraft.api.programs.typed import typed_program
from ratecraft.api.studies import script_study as studies
from ratecraft.api.studies.keywords import Running
from ratecraft.api.studies.script_study import ScriptStudy
from ratecraft.api.studies.study import Settings


def script_study(script: str | Path, arguments: Sequence[str], settings: Settings, **running: Any) -> ScriptStudy:
    """The study; `running` are fields of `Running`."""
    program = typed_program((str(script), *arguments), Path.cwd())
    return studies.script_study(program, settings, Running(**running))
