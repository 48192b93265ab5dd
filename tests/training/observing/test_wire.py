"""Mirrors training/observing/wire.py."""

from hypothesis import given
from hypothesis import strategies as st

from ratecraft.records.watching.observed import ObservedRun, observed_series
from ratecraft.training.observing.wire import read_piece, written_piece


@given(values=st.lists(st.floats(), max_size=20), facts=st.dictionaries(st.text(max_size=5), st.floats() | st.text()))
def test_a_piece_comes_through_bit_for_bit(values: list[float], facts: dict[str, float | str]) -> None:
    piece = ObservedRun({"loss": observed_series("loss", range(len(values)), values)}, "step", facts, "live")
    read = read_piece(written_piece(piece))
    assert repr(read.series["loss"].values.tolist()) == repr(piece.series["loss"].values.tolist())
    assert read.series["loss"].steps.tolist() == piece.series["loss"].steps.tolist()
    assert repr(read.facts) == repr(piece.facts)
    assert read.source == "live"
