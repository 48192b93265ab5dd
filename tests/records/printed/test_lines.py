"""Mirrors ratecraft/records/printed/lines.py."""

from hypothesis import given
from hypothesis import strategies as st

from ratecraft.records.printed.lines import LONGEST_LINE, LineCutter


def cut(*pieces: bytes) -> list[str]:
    cutter = LineCutter()
    return [line for piece in pieces for line in cutter.feed(piece)] + list(cutter.finish())


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=8))
def test_lines_do_not_depend_on_how_the_bytes_came(data: bytes, cuts: list[int]) -> None:
    ends = sorted(min(cut_at, len(data)) for cut_at in cuts)
    pieces = [data[a:b] for a, b in zip([0, *ends], [*ends, len(data)], strict=True)]
    whole = [line.decode("utf-8", "replace") for line in data.replace(b"\r", b"\n").split(b"\n") if line]
    assert cut(*pieces) == whole


def test_a_carriage_return_ends_a_line() -> None:
    assert LineCutter().feed(b"10%\r20%\rval_loss 0.1\r") == ("10%", "20%", "val_loss 0.1")


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    assert cut(b"\xffval_loss 0.1\xc3\n") == ["\ufffdval_loss 0.1\ufffd"]


def test_a_character_cut_in_two_is_whole_again() -> None:
    text = "損失 0.1".encode()
    assert cut(text[:1], text[1:] + b"\n") == ["損失 0.1"]


def test_of_a_line_without_end_its_last_part_is_kept() -> None:
    assert [len(line) for line in cut(b"x" * 100_000, b"y" * 7, b"\n")] == [LONGEST_LINE]
    assert cut(b"x" * 100_000, b" val_loss 0.1\n")[0].endswith("val_loss 0.1")
    assert cut(b"x" * 200_000)[0] == "x" * LONGEST_LINE
