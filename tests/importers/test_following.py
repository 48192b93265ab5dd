"""Mirrors ratecraft/importers/following.py."""

from pathlib import Path

import pytest

from ratecraft.errors import InvalidInput
from ratecraft.importers.following import Following
from ratecraft.importers.logs import read_log

LINES = [f"step {step} loss {2 / (step + 1):.3f}\n" for step in range(30)]


def test_following_a_growing_log_ends_with_what_reading_it_at_once_gives(tmp_path: Path) -> None:
    path = tmp_path / "log"
    following, seen = Following(path), list[int]()
    assert following.look() is None
    with path.open("w", buffering=1) as file:
        for line in LINES:
            file.write(line[:7])
            file.flush()
            following.look()
            file.write(line[7:])
            reading = following.look()
            assert reading is not None
            seen.append(len(reading.runs[0].series["loss"]))
    assert seen == list(range(1, 31))
    assert following.look() is None
    assert reading.runs[0].series["loss"].values.tolist() == read_log(path).runs[0].series["loss"].values.tolist()


@pytest.mark.parametrize("replaced", [True, False])
def test_log_that_is_begun_anew_is_read_anew(tmp_path: Path, replaced: bool) -> None:
    path, other = tmp_path / "log", tmp_path / "other"
    path.write_text("".join(LINES))
    following = Following(path)
    assert following.look() is not None
    other.write_text("step 0 loss 9.0\n")
    if replaced:
        other.rename(path)
    else:
        path.write_text(other.read_text())
    reading = following.look()
    assert reading is not None
    assert reading.runs[0].series["loss"].values.tolist() == [9.0]


def test_what_has_no_lines_cannot_be_followed(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(bytes(range(256)))
    with pytest.raises(InvalidInput, match="cannot be followed: it is not a log of lines"):
        Following(tmp_path / "log").look()
