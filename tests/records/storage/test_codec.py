"""Mirrors ratecraft/records/storage/codec.py."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import StudyError
from ratecraft.records.answer import Answer
from ratecraft.records.events import Finished, Proposed, Started
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Note, Outcome, RunFacts
from ratecraft.records.storage.codec import event_from_json, event_to_json, from_plain, series_counts, to_plain
from ratecraft.records.storage.header import StudyHeader

OUTCOME = Outcome("4d0a3d1c9ffbbd59", Ending.DONE, steps=2, losses=(2.0, 1.0), own_rates=(0.1, 0.1))


@dataclass(frozen=True)
class Open:
    """A value whose type says nothing."""

    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


def through_json(plain: object) -> Any:
    return json.loads(json.dumps(plain, allow_nan=False))


@pytest.mark.parametrize("kind", [Job, RunFacts, Outcome, Answer, StudyHeader])
def test_value_comes_back_from_its_json(kind: type[Any]) -> None:
    @given(st.from_type(kind))
    def comes_back(value: object) -> None:
        assert from_plain(kind, through_json(to_plain(value))) == value

    comes_back()


@given(st.from_type(Proposed) | st.from_type(Started))
def test_event_comes_back_from_its_json(event: Proposed | Started) -> None:
    assert event_from_json(through_json(event_to_json(event))) == event


@given(st.from_type(Finished))
def test_finish_comes_back_without_its_series_but_with_their_lengths(event: Finished) -> None:
    plain = through_json(event_to_json(event))
    bare = replace(event.outcome, losses=(), own_rates=(), frozen_losses=(), norms=())
    assert event_from_json(plain) == Finished(bare, event.attempt, event.reused)
    assert list(series_counts(plain).values()) == [
        len(event.outcome.losses),
        len(event.outcome.own_rates),
        len(event.outcome.frozen_losses),
        len(event.outcome.norms),
    ]


@pytest.mark.parametrize("number", [math.inf, -math.inf, 5e-324, 0.1, -0.0, 1.7976931348623157e308])
def test_float_is_kept_to_the_last_bit(number: float) -> None:
    score = from_plain(Outcome, through_json(to_plain(replace(OUTCOME, score=number)))).score
    assert score is not None
    assert score.hex() == number.hex()


def test_a_whole_number_is_read_as_a_float_where_one_is_meant_and_true_is_not() -> None:
    plain = to_plain(replace(OUTCOME, score=0.5))
    score = from_plain(Outcome, plain | {"score": 2}).score
    assert (type(score), score) == (float, 2.0)
    with pytest.raises(ValueError, match="True is no float"):
        from_plain(Outcome, plain | {"score": True})


def test_nan_is_kept() -> None:
    assert math.isnan(from_plain(Outcome, through_json(to_plain(replace(OUTCOME, score=math.nan)))).score or 0.0)


def test_nan_is_kept_in_a_value_without_a_type() -> None:
    values = {"rates": (0.1, math.nan)}
    assert math.isnan(from_plain(Note, through_json(to_plain(Note("spread", values)))).values["rates"][1])


def test_key_that_looks_like_a_mark_stays_a_key() -> None:
    values = {"$float": "nan", "$$": {"$float": 1}}
    assert from_plain(Open, through_json(to_plain(Open(values)))) == Open(values)


def test_unknown_field_is_ignored() -> None:
    plain = to_plain(OUTCOME)
    plain["of the future"] = {"version": 2}
    plain["facts"]["of the future"] = 1
    assert from_plain(Outcome, through_json(plain)) == OUTCOME


@pytest.mark.parametrize("part", ["", "stop_rule", "evaluate"])
def test_unknown_field_of_a_job_is_an_error_because_it_would_be_another_job(part: str) -> None:
    plain: dict[str, Any] = {"stop": 8, "stop_rule": {}, "evaluate": {"kind": "natural"}}
    (plain[part] if part else plain)["of the future"] = 1
    with pytest.raises(StudyError, match=r"jobs of a newer ratecraft, .* does not know: of the future") as caught:
        event_from_json({"kind": "proposed", "job": plain, "phase": "final"})
    assert "Update ratecraft" in caught.value.hint()


@pytest.mark.parametrize(
    ("plain", "complaint"),
    [
        ({}, "None is no kind of event"),
        ([], "None is no kind of event"),
        ({"kind": "forgotten"}, "'forgotten' is no kind of event"),
        ({"kind": "started", "job": "4d0a3d1c9ffbbd59"}, "no Started: .*'attempt'"),
        ({"kind": "started", "job": "4d0a3d1c9ffbbd59", "attempt": "one"}, "'one' is no int"),
        ({"kind": "started", "job": 1, "attempt": 1}, "1 is no str"),
        ({"kind": "proposed", "job": {}, "phase": "party"}, "'party' is none of"),
        ({"kind": "proposed", "job": {"schedules": {"rate": 1}}, "phase": "final"}, "version"),
        ({"kind": "proposed", "job": {"evaluate": {}}, "phase": "final"}, "no job: .*'kind'"),
        (
            {"kind": "finished", "outcome": {"job": "4d", "ending": "lost"}, "attempt": 1},
            "'lost' is not a valid Ending",
        ),
        ({"kind": "finished", "outcome": 7, "attempt": 1}, "7 is no Outcome"),
        (
            {"kind": "finished", "outcome": {"job": "4d", "ending": "done", "halvings": 3}, "attempt": 1},
            "3 is no .*tuple",
        ),
    ],
)
def test_what_is_no_event_is_an_error_that_shows_it(plain: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        event_from_json(plain)


def test_what_a_record_cannot_hold_is_an_error_that_shows_it() -> None:
    with pytest.raises(TypeError, match=r"a record cannot hold \{1\}"):
        to_plain({"edges": {1}})
