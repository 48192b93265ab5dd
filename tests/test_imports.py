"""What is loaded when: the package and its help start quickly because they load little.

What that costs in time is measured by `benchmarks/start_time.py`.
"""

import subprocess
import sys
from pathlib import Path

import pytest

import ratecraft

FOREIGN = {"click", "numpy", "psutil", "rich", "scipy", "torch"}


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh Python has loaded after the code, beyond those that it starts with."""
    whole = f"import sys; before = set(sys.modules)\n{code}\nprint(*sorted(set(sys.modules) - before), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", whole], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def packages(modules: set[str]) -> set[str]:
    return {module.split(".")[0] for module in modules}


def command(*arguments: str) -> str:
    """Code that types `ratecraft ARGUMENTS` and goes on after its exit."""
    return f"""
from ratecraft.cli.main import main
sys.argv = ["ratecraft", *{arguments!r}]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""


def test_importing_the_package_loads_nothing_but_itself() -> None:
    assert loaded_by("import ratecraft") == {"ratecraft"}


def test_importing_tune_needs_no_optional_package() -> None:
    loaded = packages(loaded_by("from ratecraft import tune"))
    assert not loaded & {"torch", "rich", "click"}


def test_log_outside_a_study_loads_no_package_of_others() -> None:
    loaded = packages(loaded_by("import ratecraft\nratecraft.log(val_loss=0.5)"))
    assert not loaded & FOREIGN


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_load_neither_torch_nor_numpy_nor_rich(argument: str) -> None:
    loaded = packages(loaded_by(command(argument)))
    assert loaded & FOREIGN == {"click"}


@pytest.mark.parametrize("name", ratecraft.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(ratecraft, name) is not None


def test_public_names_are_sorted_and_complete() -> None:
    assert ratecraft.__all__ == sorted(ratecraft.__all__)
    assert set(dir(ratecraft)) == set(ratecraft.__all__)


def test_only_what_users_import_lists_its_names() -> None:
    package = Path(ratecraft.__file__).parent
    listing = {
        path.relative_to(package)
        for path in package.rglob("*.py")
        if any(line.startswith("__all__") for line in path.read_text(encoding="utf-8").splitlines())
    }
    files = {path for path in listing if str(path.parent) not in ("integrations", "schedules/dialects")}
    assert {str(path) for path in files} == {"__init__.py", "errors.py", "schedules/__init__.py"}


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'ratecraft' has no attribute 'tuna'"):
        _ = ratecraft.tuna  # pyright: ignore[reportAttributeAccessIssue]
