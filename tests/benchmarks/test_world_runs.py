"""Mirrors benchmarks/world_runs on a slice: what is said of public logs, and of those that did well."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "world_runs"))

from verdicts import LARGE, SMALL, UNREADABLE, is_hinted, is_named, said_of
from world import Label, WorldRun, world_runs

WARNED, UNJUDGED = 0.01, 0.02  # of the runs that did well, at most
EVERY = {"algoperf": 4, "nanogpt": 8, "deepobs": 11}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[WorldRun, ...]]:
    """Every fourth, eighth or eleventh run of each source, each in a file of its own."""
    folder = tmp_path_factory.mktemp("world")
    return {source: world_runs(source, folder / source, every) for source, every in EVERY.items()}


def labelled(runs: dict[str, tuple[WorldRun, ...]], *labels: Label) -> list[WorldRun]:
    return [run for run in runs["deepobs"] if run.label in labels]


@pytest.mark.parametrize("source", ["algoperf", "nanogpt"])
def test_runs_that_did_well_are_read_and_hardly_ever_warned_of(
    source: str, runs: dict[str, tuple[WorldRun, ...]]
) -> None:
    said = {run.name: said_of(run.path) for run in runs[source]}
    verdicts = {name: each.verdict if each else UNREADABLE for name, each in said.items()}
    assert [name for name, verdict in verdicts.items() if verdict == UNREADABLE] == []
    warned = [name for name, verdict in verdicts.items() if verdict in ("warning", "lost")]
    assert len(warned) <= WARNED * len(said), warned
    unjudged = [name for name, verdict in verdicts.items() if verdict == "cannot-judge"]
    assert len(unjudged) <= UNJUDGED * len(said), unjudged


def test_no_run_near_the_best_rate_is_said_to_be_lost_or_too_small(runs: dict[str, tuple[WorldRun, ...]]) -> None:
    said = {run.name: said_of(run.path) for run in labelled(runs, "good")}
    assert len(said) > 20
    assert [name for name, each in said.items() if each is None or is_hinted(each, SMALL)] == []
    assert [name for name, each in said.items() if each is None or each.verdict == "lost"] == []


def test_more_than_half_of_the_rates_that_are_too_large_are_named(runs: dict[str, tuple[WorldRun, ...]]) -> None:
    said = [said_of(run.path) for run in labelled(runs, "too large", "far too large")]
    assert len(said) > 30
    assert sum(each is not None and is_named(each, LARGE) for each in said) > 0.5 * len(said)
