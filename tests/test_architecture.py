"""What the linter cannot say about the source: sizes, what a room may import, knots, and what must be documented.

A rule takes one file and yields a complaint a line. Each is shown a file that it must complain about, and one that it
must leave alone. The gates of the other tools are proven in `test_gates.py`.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "ratecraft"

MOST_LINES = 400
MOST_FUNCTION_LINES = 50
VAGUE_NAMES = {"base", "common", "helper", "helpers", "misc", "util", "utils"}

# Packages of other people that a room may import. A room that is not here may import none.
FOREIGN = {
    "cli": {"click", "rich"},
    "importers": {"numpy"},
    "integrations": {
        *("fastai", "jax", "keras", "lightning", "mlflow", "optax", "optuna", "skorch", "torch"),
        *("numpy", "transformers", "wandb"),
    },
    "laws": {"numpy", "scipy"},
    "records": {"numpy", "psutil"},
    "reporting": {"PIL", "rich", "starlette", "uvicorn"},
    "schedules": {"numpy"},
    "training": {"numpy", "psutil", "torch"},
    "tuning": {"optuna", "psutil", "ray"},
}
# Rooms that load such a package only inside the function that needs it, so that they stay quick to import.
LATE = {"records", "schedules", "tuning"}

# Rooms whose values never change once made: a decision is a function of them.
FROZEN = {"controllers", "diagnosis", "importers", "laws", "recipes", "schedules"}

# Turning data or text into code is the one thing that a file from elsewhere must never bring about.
UNSAFE_MODULES = {"cloudpickle", "dill", "imp", "joblib", "marshal", "pickle", "runpy", "shelve"}
UNSAFE_CALLS = {"eval", "exec", "os.system", "os.popen", "compile", "torch.load"}
# The host runs the user's own script; that is what it is for.
MAY_RUN_CODE = {"src/ratecraft/training/scripts/entering.py": {"runpy", "exec", "compile"}}


@dataclass(frozen=True)
class File:
    """One source file: its path within the repository, its text and its syntax tree."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def module(self) -> str:
        parts = Path(self.path).with_suffix("").parts[1:]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def room(self) -> str:
        return self.module.split(".")[1] if "." in self.module else ""


def files_of(*folders: str) -> Iterator[File]:
    """Every Python file below the folders."""
    for path in sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        yield File(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))


def functions_of(file: File) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(file.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def public_functions_of(scope: ast.Module | ast.ClassDef) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in scope.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions_of(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node


def imports_of(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    """(line, module, name) of every import, deferred and type-only ones included; name is empty for `import module`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, "." * node.level + (node.module or ""), alias.name) for alias in node.names)


# ---- rules: a file -> complaints


def files_are_short(file: File) -> Iterator[str]:
    lines = len(file.text.splitlines())
    if lines > MOST_LINES:
        yield f"{file.path}: {lines} lines, at most {MOST_LINES}"


def functions_are_short(file: File) -> Iterator[str]:
    for function in functions_of(file):
        first, last = function.lineno, function.end_lineno or function.lineno
        lines = last - first + 1
        if ast.get_docstring(function) is not None:
            lines -= (function.body[0].end_lineno or 0) - function.body[0].lineno + 1
        if lines > MOST_FUNCTION_LINES:
            yield f"{file.path}:{first}: `{function.name}` has {lines} lines, at most {MOST_FUNCTION_LINES}"


def names_say_something(file: File) -> Iterator[str]:
    for part in Path(file.path).with_suffix("").parts:
        if part in VAGUE_NAMES:
            yield f"{file.path}: `{part}` does not say what is inside"


def private_names_are_used(file: File) -> Iterator[str]:
    """What no other file may use and its own does not is left over."""
    for node in file.tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        name = target.id if isinstance(target, ast.Name) else getattr(node, "name", None) or ""
        if re.fullmatch(r"_[^_]\w*", name) and len(re.findall(rf"\b{name}\b", file.text)) == 1:
            yield f"{file.path}:{node.lineno} {name}"


def names_come_from_where_they_are_defined(file: File) -> Iterator[str]:
    """Never from the root package, never from a folder's `__init__`, never through another module."""
    for line, module, name in imports_of(file.tree):
        if module.startswith(".") or module == "ratecraft":
            yield f"{file.path}:{line}: import from the file that defines `{name or module}`"
        elif module.startswith("ratecraft.") and name and file.module != "ratecraft" and name not in defined_in(module):
            yield f"{file.path}:{line}: `{name}` is not defined in `{module}`"


@cache
def defined_in(module: str) -> set[str]:
    """The names that a module's file defines itself; of a folder, the modules in it."""
    place = ROOT.joinpath("src", *module.split("."))
    if place.is_dir():
        return {path.stem for path in place.iterdir()}
    file, names = place.with_suffix(".py"), set[str]()
    for node in ast.parse(file.read_text(encoding="utf-8")).body if file.exists() else []:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names |= {target.id for target in targets if isinstance(target, ast.Name)} | {getattr(node, "name", "")}
    return names


def rooms_import_what_they_may(file: File) -> Iterator[str]:
    allowed = FOREIGN.get(file.room, set())
    for line, module, _ in imports_of(file.tree):
        package = module.split(".")[0]
        if package not in sys.stdlib_module_names | {"ratecraft", ""} | allowed:
            yield f"{file.path}:{line}: `{file.room}` may not import `{package}`"


def quick_rooms_import_late(file: File) -> Iterator[str]:
    if file.room in LATE:
        at_once = ast.Module([node for node in file.tree.body if not waits(node)], type_ignores=[])
        for line, module, _ in imports_of(at_once):
            if module.split(".")[0] in FOREIGN[file.room]:
                yield f"{file.path}:{line}: import `{module}` inside the function that needs it"


def waits(node: ast.stmt) -> bool:
    """Whether importing the module leaves this part of it for later: a function, a class, what is only for types."""
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "TYPE_CHECKING"
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def values_are_frozen(file: File) -> Iterator[str]:
    for node in ast.walk(file.tree) if file.room in FROZEN else ():
        for decorator in node.decorator_list if isinstance(node, ast.ClassDef) else ():
            text = ast.unparse(decorator)
            if re.match(r"(dataclasses\.)?dataclass\b", text) and "frozen=True" not in text:
                yield f"{file.path}:{node.lineno}: `{node.name}` can be changed: dataclass(frozen=True)"


def data_never_becomes_code(file: File) -> Iterator[str]:
    allowed = MAY_RUN_CODE.get(file.path, set())
    for line, module, _ in imports_of(file.tree):
        if module.split(".")[0] in UNSAFE_MODULES - allowed:
            yield f"{file.path}:{line}: `{module}` turns data into code"
    for call in ast.walk(file.tree):
        if not isinstance(call, ast.Call):
            continue
        name, options = ast.unparse(call.func), {word.arg: ast.unparse(word.value) for word in call.keywords}
        if name in UNSAFE_CALLS - allowed and options.get("weights_only") != "True":
            yield f"{file.path}:{call.lineno}: `{name}` turns data into code"
        if options.get("shell", "False") != "False":
            yield f"{file.path}:{call.lineno}: a shell reads the arguments"


def errors_are_documented(file: File) -> Iterator[str]:
    """A public function's docstring names every exception that its own lines raise."""
    for function in public_functions_of(file.tree):
        text = ast.get_docstring(function) or ""
        said = text[text.find("Raises:") :] if "Raises:" in text else ""
        for name in sorted(raised_in(function)):
            if not re.search(rf"\b{name}\b", said):
                yield f"{file.path}:{function.lineno}: `{function.name}` raises `{name}` and its Raises does not say so"


def raised_in(function: ast.AST) -> set[str]:
    """Names of the exception classes that a function's own lines raise, without functions inside it."""
    names: set[str] = set()
    for node in ast.iter_child_nodes(function):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Raise) and node.exc is not None:
            named = ast.unparse(node.exc.func if isinstance(node.exc, ast.Call) else node.exc).split(".")[-1]
            names |= {named} if named[:1].isupper() else set()
        names |= raised_in(node)
    return names


# ---- the rules hold, and each can fail

Rule = Callable[[File], Iterator[str]]
EVERYWHERE: tuple[Rule, ...] = (files_are_short, functions_are_short, names_say_something)
INSIDE: tuple[Rule, ...] = (
    private_names_are_used,
    names_come_from_where_they_are_defined,
    rooms_import_what_they_may,
    quick_rooms_import_late,
    values_are_frozen,
    data_never_becomes_code,
    errors_are_documented,
)

BAD: list[tuple[Rule, str, str]] = [
    (files_are_short, "laws/x.py", "a = 1\n" * 401),
    (functions_are_short, "laws/x.py", "def f():\n" + "    a = 1\n" * 50),
    (functions_are_short, "laws/x.py", "class A:\n    async def f(self):\n" + "        a = 1\n" * 50),
    (names_say_something, "laws/utils.py", ""),
    (names_say_something, "common/x.py", ""),
    (private_names_are_used, "laws/x.py", "_MOST = 3\n_MOSTLY = 4\nleast = _MOSTLY"),
    (private_names_are_used, "laws/x.py", "def _f():\n    pass"),
    (names_come_from_where_they_are_defined, "laws/x.py", "import ratecraft"),
    (names_come_from_where_they_are_defined, "laws/x.py", "def f():\n    from ratecraft import tune"),
    (names_come_from_where_they_are_defined, "laws/x.py", "from . import noise"),
    (names_come_from_where_they_are_defined, "laws/x.py", "from ratecraft.records import Job"),
    (names_come_from_where_they_are_defined, "laws/x.py", "from ratecraft.records.running import Outcome"),
    (rooms_import_what_they_may, "tuning/x.py", "def f():\n    import torch"),
    (rooms_import_what_they_may, "laws/x.py", "from torch.nn import functional"),
    (rooms_import_what_they_may, "controllers/x.py", "import numpy as np"),
    (quick_rooms_import_late, "schedules/x.py", "import numpy as np"),
    (quick_rooms_import_late, "schedules/x.py", "try:\n    import numpy\nexcept ImportError:\n    pass"),
    (values_are_frozen, "laws/x.py", "@dataclass\nclass A:\n    a: int"),
    (values_are_frozen, "controllers/x.py", "@dataclasses.dataclass(frozen=False, slots=True)\nclass A:\n    a: int"),
    (data_never_becomes_code, "records/x.py", "import pickle"),
    (data_never_becomes_code, "training/x.py", "from runpy import run_path"),
    (data_never_becomes_code, "training/scripts/entering.py", "import pickle"),
    (data_never_becomes_code, "records/x.py", "a = eval('1')"),
    (data_never_becomes_code, "records/x.py", "exec('a = 1')"),
    (data_never_becomes_code, "records/x.py", "subprocess.run('ls', shell=True)"),
    (data_never_becomes_code, "training/x.py", "torch.load(path)"),
    (data_never_becomes_code, "training/x.py", "torch.load(path, weights_only=False)"),
    (errors_are_documented, "laws/x.py", "def f():\n    '''Do.'''\n    raise ValueError('no')"),
    (
        errors_are_documented,
        "laws/x.py",
        "def f():\n    '''Do.\n\n    Raises:\n        KeyError: No.\n    '''\n    raise ValueError",
    ),
    (
        errors_are_documented,
        "laws/x.py",
        "class A:\n    def f(self):\n        if self:\n            raise errors.InvalidInput('no')",
    ),
]

GOOD: list[tuple[Rule, str, str]] = [
    (files_are_short, "laws/x.py", "a = 1\n" * 400),
    (functions_are_short, "laws/x.py", "def f():\n    '''Do.\n" + "\n" * 30 + "    '''\n" + "    a = 1\n" * 49),
    (names_say_something, "laws/losses/noise.py", ""),
    (private_names_are_used, "laws/x.py", "_MOST: int = 3\nmost = 1\n\ndef f():\n    return _MOST"),
    (names_come_from_where_they_are_defined, "laws/x.py", "from ratecraft.records.job import Job, Phase"),
    (names_come_from_where_they_are_defined, "laws/x.py", "from ratecraft.records import job"),
    (
        rooms_import_what_they_may,
        "laws/x.py",
        "import math\nimport numpy as np\nfrom ratecraft.errors import InvalidInput",
    ),
    (quick_rooms_import_late, "schedules/x.py", "def f():\n    import numpy as np"),
    (quick_rooms_import_late, "schedules/x.py", "if TYPE_CHECKING:\n    import numpy as np"),
    (values_are_frozen, "laws/x.py", "@final\n@dataclass(frozen=True, slots=True)\nclass A:\n    a: int"),
    (values_are_frozen, "training/x.py", "@dataclass(slots=True)\nclass A:\n    a: int"),
    (data_never_becomes_code, "training/scripts/entering.py", "import runpy\nrunpy.run_path('train.py')"),
    (
        data_never_becomes_code,
        "training/x.py",
        "torch.load(path, weights_only=True)\nsubprocess.run(['ls'], shell=False)",
    ),
    (
        errors_are_documented,
        "laws/x.py",
        "def f():\n    '''Do.\n\n    Raises:\n        ValueError: No.\n    '''\n    raise ValueError('no')",
    ),
    (
        errors_are_documented,
        "laws/x.py",
        "def f():\n    try:\n        g()\n    except KeyError as error:\n        raise",
    ),
    (errors_are_documented, "laws/x.py", "def _f():\n    raise ValueError('no')"),
]


@cache
def complaints() -> Mapping[Rule, list[str]]:
    """Of every rule what it complains about. Each file is read once for all, and its tree forgotten with it."""
    found: dict[Rule, list[str]] = {rule: [] for rule in (*EVERYWHERE, *INSIDE)}
    for file in files_of("src", "tests", "examples", "benchmarks"):
        for rule in (*EVERYWHERE, *INSIDE) if file.path.startswith("src/") else EVERYWHERE:
            found[rule].extend(rule(file))
    return found


@pytest.mark.parametrize("rule", EVERYWHERE, ids=lambda rule: rule.__name__)
def test_every_file_keeps_the_rule(rule: Rule) -> None:
    assert not complaints()[rule], "\n".join(complaints()[rule])


@pytest.mark.parametrize("rule", INSIDE, ids=lambda rule: rule.__name__)
def test_every_file_of_the_package_keeps_the_rule(rule: Rule) -> None:
    assert not complaints()[rule], "\n".join(complaints()[rule])


@pytest.mark.parametrize(("rule", "path", "text"), BAD, ids=lambda value: getattr(value, "__name__", None))
def test_rule_complains_about_a_bad_file(rule: Rule, path: str, text: str) -> None:
    assert list(rule(File(f"src/ratecraft/{path}", text))) != []


@pytest.mark.parametrize(("rule", "path", "text"), GOOD, ids=lambda value: getattr(value, "__name__", None))
def test_rule_leaves_a_good_file_alone(rule: Rule, path: str, text: str) -> None:
    assert list(rule(File(f"src/ratecraft/{path}", text))) == []


def test_every_rule_is_shown_a_bad_and_a_good_file() -> None:
    assert {rule for rule, _, _ in BAD} == {rule for rule, _, _ in GOOD} == {*EVERYWHERE, *INSIDE}


# ---- knots: no module reaches itself, not even through a deferred or type-only import


def knot_of(files: list[File]) -> list[str]:
    """The modules of one import cycle, or none."""
    modules = {file.module for file in files}
    graph: dict[str, set[str]] = {}
    for file in files:
        wanted = {(f"{module}.{name}", module) for _, module, name in imports_of(file.tree)}
        graph[file.module] = {whole if whole in modules else part for whole, part in wanted} & modules
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as knot:
        return list(knot.args[1])
    return []


def test_no_imports_form_a_knot() -> None:
    assert knot_of([*files_of("src")]) == []


@pytest.mark.parametrize(
    "back",
    [
        "import ratecraft.laws.a",
        "def f():\n    from ratecraft.laws.a import x",
        "if TYPE_CHECKING:\n    from ratecraft.laws import a",
    ],
)
def test_deferred_and_type_only_imports_count_for_a_knot(back: str) -> None:
    there = File("src/ratecraft/laws/a.py", "from ratecraft.laws.b import y")
    assert set(knot_of([there, File("src/ratecraft/laws/b.py", back)])) == {"ratecraft.laws.a", "ratecraft.laws.b"}


# ---- what is imported is declared


def test_every_foreign_package_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    frameworks = ("torch", "lightning", "fastai", "skorch", "transformers", "optax", "keras")
    named = (*frameworks, "mlflow", "wandb", "search", "ray", "ui", "card")
    declared = [*project["dependencies"], *(each for name in named for each in extras[name])]
    imported = {module.split(".")[0] for file in files_of("src") for _, module, _ in imports_of(file.tree)}
    spelt = {"PIL": "pillow"}
    foreign = {spelt.get(each, each) for each in imported - sys.stdlib_module_names - {"ratecraft", ""}}
    assert foreign == {re.split(r"\W", name)[0] for name in declared}
