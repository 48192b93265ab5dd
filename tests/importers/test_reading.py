"""Mirrors ratecraft/importers/reading.py."""

import pytest

from ratecraft.importers.gathering import Gathering
from ratecraft.importers.reading import Torn, TornCounter, reading_of
from ratecraft.importers.rows import Row
from ratecraft.translations.catalogue import LANGUAGES, sentence


def test_torn_parts_are_counted_by_kind_with_the_first_of_their_numbers() -> None:
    torn = TornCounter()
    for number in range(1, 9):
        torn.add("cells", number)
    torn.add("bytes", 3)
    assert torn.counted() == (Torn("cells", 8, (1, 2, 3, 4, 5)), Torn("bytes", 1, (3,)))


@pytest.mark.parametrize("kind", ["cells", "json", "bytes", "long", "unfinished", "record"])
def test_what_could_not_be_read_is_told_in_both_languages(kind: str) -> None:
    reading = reading_of(Gathering(), "log", "csv", lines=9, used=0, torn=(Torn(kind, 2, (4, 7)),))
    (note,) = reading.notes
    for language in LANGUAGES:
        assert "4, 7" in sentence(f"note.{note.code}.text", language, note.values)


def test_log_that_lacks_nothing_needs_no_help() -> None:
    gathering = Gathering()
    for step in range(30):
        gathering.add(Row((("loss", 2.0), ("val_loss", 2.0), ("lr", 0.1), ("grad_norm", 1.0)), step))
    assert reading_of(gathering, "log", "csv", lines=30, used=30).helps == ()


def test_helps_name_what_a_log_lacks() -> None:
    gathering = Gathering()
    gathering.add(Row((("loss", 2.0),), epoch=1.0))
    helps = [note.code for note in reading_of(gathering, "log", "csv", lines=1, used=1).helps]
    assert helps == ["log-more-losses", "log-steps", "log-validation", "log-rates", "log-gradient-norms"]


def test_log_without_runs_asks_for_nothing() -> None:
    reading = reading_of(Gathering(), "log", "text", lines=3, used=0)
    assert (reading.runs, reading.helps) == ((), ())
