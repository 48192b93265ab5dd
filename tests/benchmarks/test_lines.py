"""A file of results survives being killed at any byte."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lines import append, read

LINES = [{"task": "a", "loss": 1.5}, {"task": "{b}", "loss": None}, {"task": "c", "more": [{}]}]


@given(data=st.data())
def test_a_line_torn_by_a_kill_is_written_anew_and_the_whole_ones_stay(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("results") / "results.jsonl"
    for line in LINES:
        append(path, line)
    whole = path.read_bytes()
    kept = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:kept])
    there = read(path)
    assert there == LINES[: len(there)]
    for line in LINES[len(there) :]:
        append(path, line)
    assert path.read_bytes() == whole


def test_without_a_file_there_is_no_result(tmp_path: Path) -> None:
    assert read(tmp_path / "results.jsonl") == []
