"""Generators of the waist's own types, for `st.from_type`, and a record to write into."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import strategies as st

from ratecraft.records.answer import Answer, Decision, Foreseen, Probe, Ramp, RunResult, Share, Span
from ratecraft.records.events import Finished, Proposed, Started
from ratecraft.records.job import Evaluate, Job, StopRule
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import Failure, Figure, Group, Note, Outcome, RunFacts
from ratecraft.records.proof import Arm, TriedArm
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.store import Record
from ratecraft.records.trials import Axis, Searched, Trial, Tried
from ratecraft.schedules.builders.constructors import constant, cosine, linear, warmup
from ratecraft.schedules.trees.nodes import Schedule

NUMBERS = st.floats(allow_nan=False)  # NaN is left to tests of its own: it is not equal to itself
COUNTS = st.integers(0, 2**40)
# Undecodable bytes of a path or a print become lone surrogates, and must not stop a record.
TEXTS = st.text(st.characters(codec="utf-8") | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF), max_size=8)
NAMES = st.sampled_from(["rate", "momentum", "group 1", "$odd", "学習率"])
OPEN_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | COUNTS | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=4,
)


def schedule_of(rate: float, steps: int) -> Schedule:
    return constant(rate, steps) >> rate * (warmup(steps) >> linear(1.0, 0.1, steps) >> cosine())


SCHEDULES = st.builds(schedule_of, st.floats(1e-9, 1e3), st.integers(1, 999))


def tuples(kind: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[Any]:
    return st.lists(kind, max_size=most).map(tuple)


def mappings(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Mapping[str, Any]]:
    return st.dictionaries(NAMES, values, max_size=3)


BY_HINT: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: COUNTS,
    int | None: st.none() | COUNTS,
    float: NUMBERS,
    float | None: st.none() | NUMBERS,
    tuple[float, float] | None: st.none() | st.tuples(NUMBERS, NUMBERS),
    tuple[float, ...]: tuples(NUMBERS, 20),
    tuple[float | None, ...]: tuples(st.none() | NUMBERS),
    tuple[int, ...]: tuples(COUNTS),
    tuple[Any, ...]: tuples(COUNTS | NUMBERS | TEXTS),
    str: TEXTS,
    str | None: st.none() | TEXTS,
    tuple[str, ...]: tuples(TEXTS),
    Mapping[str, Any]: mappings(OPEN_VALUES),
    Mapping[str, float]: mappings(st.floats(0, 8)),
    Mapping[str, float | None]: mappings(st.none() | NUMBERS),
    Mapping[str, Schedule]: mappings(SCHEDULES),
}


def register(kind: type) -> None:
    """Every field of the kind varies, those with a default too; each by its hint."""
    fields = {name: BY_HINT.get(hint, st.from_type(hint)) for name, hint in get_type_hints(kind).items()}
    made = st.builds(kind, **fields)
    BY_HINT.update({kind: made, kind | None: st.none() | made, tuple[kind, ...]: tuples(made)})
    st.register_type_strategy(kind, made)


for each in (StopRule, Evaluate, Job, Started, Figure, Failure, Note, Group, RunFacts, Outcome, Finished):
    register(each)
for each in (Metric, RunResult, Probe, Ramp, Decision, Share, Span, Foreseen, Axis, Trial, Tried, Searched):
    register(each)
for each in (Arm, TriedArm):
    register(each)
for each in (Proposed, Answer, StudyHeader):
    register(each)


@pytest.fixture(scope="session")
def header() -> StudyHeader:
    settings = {"budget": 1.6, "metric": "val_loss:min", "threads": 1}
    return StudyHeader("tune-train-0", "tune", "train.py", ("--epochs", "3"), "e3b0c442", "2.4.0", settings)


@pytest.fixture
def record(tmp_path: Path, header: StudyHeader) -> Iterator[Record]:
    with Record.create(tmp_path / "record.sqlite", header) as made:
        yield made
