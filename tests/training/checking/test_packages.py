"""Mirrors training/checking/packages.py: what is installed here, against what `pyproject.toml` names."""

import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from ratecraft.training.checking.packages import extra_of, frameworks, is_older, least_version

PROJECT = Path(__file__).parents[3] / "pyproject.toml"


def test_the_ranges_are_those_of_the_project() -> None:
    extras = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for extra in ("torch", "search", "ray", "ui", "peers"):
        for line in extras[extra]:
            package, _, least = line.partition(">=")
            assert least_version(package, extra) == least


def test_an_extra_that_is_here_is_told_with_its_version() -> None:
    found = extra_of("search", ("optuna",), "search-missing")
    assert (found.code, found.state) == ("extra", "ok")
    assert found.values["packages"] == f"optuna {metadata.version('optuna')}"


def test_an_extra_of_which_a_part_is_missing_is_told_with_what_installs_it() -> None:
    found = extra_of("search", ("optuna", "no-such-package"), "search-missing")
    assert (found.code, found.part, found.state) == ("search-missing", "search", "missing")
    assert found.values["missing"] == "no-such-package"
    assert found.values["pip"] == "pip install 'ratecraft[search]'"


def test_frameworks_below_the_range_are_named_with_the_oldest_that_is_tested() -> None:
    found = frameworks({"pytorch-lightning": "1.9.5", "accelerate": "9.0", "fastai": ""})
    assert (found.code, found.state) == ("frameworks-old", "limited")
    assert found.values["packages"] == "pytorch-lightning 1.9.5, accelerate 9.0"
    assert found.values["least"] == f"pytorch-lightning {least_version('lightning', 'peers')}"
    assert found.values["pip"] == "pip install --upgrade pytorch-lightning"


def test_a_python_without_frameworks_lacks_nothing() -> None:
    assert frameworks({}).state == "ok"


@pytest.mark.parametrize(
    ("version", "least", "older"),
    [("2.3.1", "2.4", True), ("2.10.0", "2.4", False), ("2.4", "2.4", False), ("2.4.0rc1", "2.4", False)],
)
def test_versions_are_compared_as_numbers(version: str, least: str, older: bool) -> None:
    assert is_older(version, least) is older
