"""Mirrors ratecraft/importers/documents.py."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.importers.documents import begins_document, read_document, read_torn_document

STATE = {
    "epoch": 1.0,
    "global_step": 30,
    "max_steps": 90,
    "num_train_epochs": 3,
    "log_history": [
        *(
            {"epoch": step / 30, "grad_norm": 1.0, "learning_rate": 1e-4, "loss": 3 / step, "step": step}
            for step in range(1, 31)
        ),
        {"epoch": 1.0, "eval_loss": 0.5, "eval_runtime": 3.0, "step": 30},
    ],
}


@pytest.mark.parametrize("indent", [None, 2])
def test_trainer_state_is_known_and_read(indent: int | None) -> None:
    text = json.dumps(STATE, indent=indent)
    reading = read_document(text, "state")
    assert begins_document(text.encode())
    assert reading is not None
    (run,) = reading.runs
    assert (reading.format, run.unit, run.facts["total_steps"], run.facts["epochs"]) == ("transformers", "step", 90, 3)
    assert run.series["loss"].steps.tolist() == list(range(1, 31))
    assert run.series["val_loss"].steps.tolist() == [30]


@pytest.mark.parametrize("wrap", [lambda plain: plain, lambda plain: {"history": plain, "params": {"epochs": 3}}])
def test_columns_side_by_side_are_epochs_from_0(wrap) -> None:
    reading = read_document(
        json.dumps(wrap({"loss": [3.0, 2.0, 1.0], "val_loss": [3.0, None, float("nan")]})), "history"
    )
    assert reading is not None
    (run,) = reading.runs
    assert (run.unit, run.series["loss"].steps.tolist(), run.series["val_loss"].steps.tolist()) == (
        "epoch",
        [0, 1, 2],
        [0, 2],
    )


def test_columns_with_a_step_among_them_stand_there() -> None:
    reading = read_document(json.dumps({"step": [10, 20], "loss": [3.0, 2.0]}), "columns")
    assert reading is not None
    assert reading.runs[0].series["loss"].steps.tolist() == [10, 20]


def test_lines_of_json_are_no_document() -> None:
    assert not begins_document(b'{"step": 1, "log": {"loss": 2.5}}\n{"step": 2, "log": {"loss": 2.0}}\n')
    assert not begins_document(b"[2024-01-01 12:00:00] step 1 loss 2.5\n")


def test_document_that_is_torn_is_read_by_its_rows_up_to_there() -> None:
    text = json.dumps(STATE, indent=2)
    cut = text[: text.index('"step": 21')]
    assert read_document(cut, "state") is None
    reading = read_torn_document([cut[:100], cut[100:]], "state")
    assert reading.runs[0].series["loss"].steps.tolist() == list(range(1, 21))
    assert "log-torn-json" in {note.code for note in reading.notes}


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["loss", "step", "history", "epoch", "x"]), inner, max_size=4)
        ),
        max_leaves=20,
    )
)
def test_any_json_is_read_without_an_error(plain: object) -> None:
    assert read_document(json.dumps(plain), "any") is not None


def test_json_that_is_nested_too_deeply_is_no_document() -> None:
    assert read_document("[" * 100_000, "deep") is None
