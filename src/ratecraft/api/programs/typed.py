"""Works out which program the typed words mean; the only place that decides this.

Path:   `python -m pkg.train --epochs 3`, `yolo classify train`, `torchrun train.py`, `digits.ipynb` -> `Program`.

Nothing of the program is run for it, and of its packages nothing is imported where their files can be found without.
"""

import difflib
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import metadata
from pathlib import Path

from ratecraft.api.programs.launchers import LAUNCHERS, MODULES, launched, torchrun_variables
from ratecraft.api.programs.syntax import check_syntax
from ratecraft.errors import InvalidInput
from ratecraft.records.notebook import cells_of
from ratecraft.records.program import Entry, Program
from ratecraft.records.storage.study import script_hash

_PYTHON = re.compile(r"python(3(\.\d+)?)?")
_PYTHON_OPTIONS: Mapping[str, tuple[str, str]] = {
    "-u": ("PYTHONUNBUFFERED", "1"),
    "-B": ("PYTHONDONTWRITEBYTECODE", "1"),
    "-O": ("PYTHONOPTIMIZE", "1"),
    "-OO": ("PYTHONOPTIMIZE", "2"),
    "-s": ("PYTHONNOUSERSITE", "1"),
}
"""Options of Python that can be told by a variable as well; so can `-W`."""


def is_typed_program(word: str, directory: Path | None = None) -> bool:
    """Whether this first word begins a program that is taken as typed: all words behind it are the program's.

    So it is with Python, launchers and commands; a file's own arguments stand behind `--`, since ratecraft's options
    may follow it.

    Args:
        word: The first one.
        directory: The working folder; by default the current one.
    """
    if not word or _is_here(word, directory or Path.cwd()):
        return False
    if _called(word):
        return True
    is_name = os.sep not in word and not word.endswith((".py", ".ipynb")) and ":" not in word
    return is_name and (_entry_point(word) is not None or shutil.which(word) is not None)


def typed_program(words: Sequence[str], directory: Path) -> Program:
    """The program that is meant. That a file is there is seen where its bytes are hashed.

    Args:
        words: The command as typed, at least one word.
        directory: The working folder.

    Raises:
        InvalidInput: The words do not start anything that runs as a process of this Python; the code says what is
            wrong. Or this system has no groups of processes, by which runs of scripts are held (`scripts-elsewhere`).
    """
    if not hasattr(os, "killpg"):
        raise InvalidInput("scripts-elsewhere")
    words = list(words)
    first, *rest = words
    if not is_typed_program(first, directory):
        return _file(first, rest, (), {}, directory)
    name = _called(first)
    if name in LAUNCHERS:
        return _launched(name, words, 1, directory)
    if name:
        _check_python(first)
        return _of_python(words, directory)
    return _command(first, rest, directory)


def in_processes(program: Program, processes: int) -> Program:
    """The program in `processes` processes that train together; each is started as torchrun would start it.

    Args:
        program: The program as typed.
        processes: Number given as an option; 1 for the number in the words.

    Raises:
        InvalidInput: A launcher among the words starts another number (`processes-typed`).
    """
    entry = program.entry
    if processes in (1, entry.processes):
        return program
    if "WORLD_SIZE" in entry.variables:
        raise InvalidInput("processes-typed", typed=entry.processes, given=processes)
    variables = {**torchrun_variables(processes), **entry.variables}
    return replace(program, entry=replace(entry, processes=processes, variables=variables))


def program_hash(program: Program, directory: Path) -> str:
    """Hash of its code: of the file's bytes; of a notebook's cells, since the outputs below them change.

    Raises:
        InvalidInput: There is no such file (`no-such-script`), it is a folder (`script-is-folder`), or the
            notebook is malformed.
        ScriptFailed: It is not Python (`fails-as-it-is`).
    """
    file = directory / program.script
    digest = script_hash(file)
    check_syntax(program, directory)
    if program.entry.kind != "notebook":
        return digest
    cells = cells_of(file.read_text(encoding="utf-8", errors="replace"), file.name)
    return hashlib.sha256("\0".join(cell.source for cell in cells).encode()).hexdigest()


def path_from(directory: Path, script: str | Path) -> str:
    """The script's path from the working folder where it lies inside, else whole: the same however it was written."""
    whole = directory / script
    whole = whole.parent.resolve() / whole.name
    home = directory.resolve()
    return str(whole.relative_to(home) if whole.is_relative_to(home) else whole)


def _is_here(word: str, directory: Path) -> bool:
    """A file in this folder goes before a command of the same name, unless the word leads to a Python or a launcher."""
    return (directory / word).is_file() and not (os.sep in word and _called(word))


def _called(word: str) -> str:
    """The name of the Python or the launcher that a word calls; empty if it calls another program."""
    name = Path(word).name
    return name if name in LAUNCHERS or _PYTHON.fullmatch(name) else ""


def _check_python(word: str) -> None:
    """Refuse the Python of another environment: what is tuned would not be what runs at home.

    Raises:
        InvalidInput: It is (`other-python`).
    """
    path = shutil.which(word)
    if path is None and os.sep not in word:  # then ours is the only one that could be meant
        return
    if path is None or (Path(path).parent != Path(sys.executable).parent and _prefix(path) != sys.prefix):
        raise InvalidInput("other-python", given=path or word, own=sys.executable)


@cache
def _prefix(python: str) -> str:
    """The environment that a Python is of: a shim of pyenv leads to another file, and may lead to the same one."""
    told = subprocess.run(  # noqa: S603 - what was typed to be run
        [python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=False
    )
    return told.stdout.strip()


def _of_python(words: Sequence[str], directory: Path) -> Program:
    """`python [OPTIONS] FILE …` or `python [OPTIONS] -m MODULE …`."""
    at, variables = 1, dict[str, str]()
    while at < len(words) and words[at].startswith("-") and words[at] != "-m":
        name, value = _PYTHON_OPTIONS.get(words[at], ("", ""))
        if words[at] == "-W" and at + 1 < len(words):
            at += 1
            name, value = "PYTHONWARNINGS", words[at]
        if not name:
            raise InvalidInput("python-option", option=words[at], allowed=", ".join((*_PYTHON_OPTIONS, "-W", "-m")))
        variables[name] = value
        at += 1
    is_module = words[at : at + 1] == ["-m"]
    at += is_module
    if at >= len(words):
        raise InvalidInput("python-needs-script")
    if not is_module:
        typed = () if not variables else tuple(words[: at + 1])  # `python train.py` is `train.py`
        return _file(words[at], _own(words[at + 1 :]), typed, variables, directory)
    if words[at] in MODULES:
        return _launched(MODULES[words[at]], words, at + 1, directory)
    return _module(words[at], words, at, variables, directory)


def _launched(launcher: str, words: Sequence[str], behind: int, directory: Path) -> Program:
    from ratecraft.training.machine.devices import visible_devices  # loaded by verbs that start processes

    told = launched(launcher, list(words[behind:]), len(visible_devices(os.environ)))
    at = behind + told.at
    if told.is_module:
        program = _module(words[at], words, at, told.variables, directory)
    else:
        program = _file(words[at], _own(words[at + 1 :]), tuple(words[: at + 1]), told.variables, directory)
    return replace(program, entry=replace(program.entry, processes=told.processes))


def _file(
    name: str, arguments: Sequence[str], typed: tuple[str, ...], variables: Mapping[str, str], directory: Path
) -> Program:
    kind = "notebook" if name.endswith(".ipynb") else "file"
    if kind == "notebook":  # at home its figures are part of its page; in a window each would wait to be closed
        variables = {"MPLBACKEND": os.environ.get("MPLBACKEND", "Agg"), **variables}
    return Program(path_from(directory, name), tuple(arguments), Entry(kind, typed=typed, variables=variables))


def _module(name: str, words: Sequence[str], at: int, variables: Mapping[str, str], directory: Path) -> Program:
    file = _file_of(name, directory, as_main=True)
    entry = Entry("module", name, tuple(words[: at + 1]), variables, _installed(name, file, directory))
    return Program(path_from(directory, file), _own(words[at + 1 :]), entry)


def _command(name: str, arguments: Sequence[str], directory: Path) -> Program:
    point = _entry_point(name)
    if point is None:
        raise InvalidInput("not-of-this-python", given=name, path=shutil.which(name), own=sys.prefix)
    file = _file_of(point.module, directory, as_main=False)
    entry = Entry("command", f"{point.module}:{point.attr}", (name,), {}, _installed(point.module, file, directory))
    return Program(path_from(directory, file), _own(arguments), entry)


def _own(arguments: Sequence[str]) -> tuple[str, ...]:
    """The program's own arguments; a `--` right behind the program may be typed as it is behind a file's name."""
    return tuple(arguments[1:] if arguments[:1] == ["--"] else arguments)


@cache
def _entry_point(name: str) -> metadata.EntryPoint | None:
    """The console script of this environment that is called so."""
    return next(iter(metadata.entry_points(group="console_scripts", name=name)), None)


def _file_of(module: str, directory: Path, *, as_main: bool) -> Path:
    """The file of a module, as Python finds it with the working folder before all others.

    Raises:
        InvalidInput: There is none (`no-such-module`).
    """
    ends = (("__main__.py",) if as_main else ("__init__.py",), ())
    parts = module.split(".")
    for folder in (directory, *map(Path, filter(None, sys.path))):
        place = folder.joinpath(*parts)
        for path in (place.joinpath(*ends[0]), place.with_name(f"{place.name}.py")):
            if path.is_file():
                return path
    try:
        spec = importlib.util.find_spec(module)  # an editable install has a finder of its own
        if as_main and spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{module}.__main__")
    except Exception:  # noqa: BLE001 - a package that is imported to be searched may raise anything
        spec = None
    if spec is None or not spec.origin or not Path(spec.origin).is_file():
        raise InvalidInput("no-such-module", module=module, directory=directory, near=_near(module, directory))
    return Path(spec.origin)


def _near(module: str, directory: Path) -> str:
    """A module of the working folder that is called nearly so; empty where none is."""
    package, _, name = module.rpartition(".")
    beside = [path.stem for path in directory.joinpath(*package.split(".")).glob("*.py")]
    near = difflib.get_close_matches(name, beside, n=1)
    return ".".join(filter(None, (package, *near))) if near else ""


def _installed(module: str, file: Path, directory: Path) -> str:
    """The top package's folder, or its one file, where it is installed; empty if it is of the working folder."""
    in_library = any(file.is_relative_to(sysconfig.get_path(name)) for name in ("purelib", "platlib"))
    if file.is_relative_to(directory) and not in_library:
        return ""
    depth = module.count(".") + (file.stem in ("__init__", "__main__"))
    return os.path.join(file.parents[depth - 1], "") if depth else str(file)  # noqa: PTH118 - it ends in a slash
