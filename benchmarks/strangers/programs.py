"""The table of programs: what a stranger would install and type, and which figure they look at.

Path:   `programs.toml` -> `Program` -> `measure.py` runs it, `outcome_table.py` judges what came.
"""

import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sources import Source

__all__ = ["PROGRAMS", "SCRIPTS", "Program", "programs"]

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs.toml"
SCRIPTS = HERE / "scripts"


@dataclass(frozen=True, slots=True)
class Program:
    """One training program that nobody here wrote, or a short script in the style of its library's own pages.

    Attributes:
        name: Unique.
        command: As typed at home, to train.
        packages: What pip installs for it, with ranges.
        licence: Of the library that is run.
        domain: What it learns.
        optimizer: As the library calls it.
        cadence: When it tells a validation figure: epoch, steps, end, none.
        data: Where data and weights come from.
        figures: `name:direction` of the figures that its user would compare, the first one best.
        files: Of `scripts/`, copied into its folder.
        source: The public repository whose files it is, where it comes in no package and is no script of ours.
        prepare: A command that makes its data, run once before.
        traits: What else is special about it.
        settings: Environment variables that its user has set.
        processes: How many train together.
        options: What its user has to say to ratecraft beside the command.
        slice: It needs nothing beyond the development extras: `make soak` runs it.
        held_out: Fixed before any work on it, and run once at the end only.
    """

    name: str
    command: str
    packages: tuple[str, ...]
    licence: str
    domain: str
    optimizer: str
    cadence: str
    data: str
    figures: tuple[str, ...]
    files: tuple[str, ...] = ()
    source: Source | None = None
    prepare: str = ""
    traits: tuple[str, ...] = ()
    settings: Mapping[str, str] | None = None
    processes: int = 1
    options: tuple[str, ...] = ()
    slice: bool = False
    held_out: bool = False

    @property
    def published(self) -> bool:
        """Whether it is a program of a public repository that trains in one process."""
        return self.source is not None and self.processes == 1

    @property
    def plain(self) -> list[str]:
        """The words of its command."""
        return shlex.split(self.command)

    @property
    def tuned(self) -> list[str]:
        """What a stranger types for `ratecraft tune`, without its first two words: a script by its name alone."""
        first, *rest = self.plain
        if first == "python" and rest[0].endswith(".py"):
            return ["--json", *self.options, rest[0], *(["--", *rest[1:]] if rest[1:] else [])]
        return ["--json", *self.options, *self.plain]


def programs(path: Path = PROGRAMS) -> dict[str, Program]:
    """The table by name."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["programs"]
    return {row["name"]: Program(**{name: _frozen(value) for name, value in row.items()}) for row in rows}


def _frozen(value: Any) -> Any:
    match value:
        case {"repository": str()}:
            entries = cast("dict[str, Any]", value)
            return Source(**{name: _frozen(each) for name, each in entries.items()})
        case list():
            return tuple(cast("list[Any]", value))
        case _:
            return value
