"""Mirrors ratecraft/reporting/progress/first_sign.py."""

import io

import pytest

from ratecraft.reporting.progress.first_sign import FirstSign


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Closed(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")


def test_on_a_terminal_it_stands_until_something_else_is_said() -> None:
    stream = Terminal()
    with FirstSign(stream, "en", "screen.begins.find", script="train.py") as sign:
        assert stream.getvalue() == "Finding a rate for train.py: getting"
        sign.give_way()
    assert stream.getvalue() == "Finding a rate for train.py: getting\r\x1b[K"


def test_it_is_taken_away_before_an_error_is_told() -> None:
    stream = Terminal()
    with pytest.raises(ValueError, match="wrong"), FirstSign(stream, "ja", "screen.begins.demo"):
        raise ValueError("wrong")
    assert stream.getvalue().endswith("\r\x1b[K")


def test_elsewhere_it_is_the_first_line() -> None:
    stream = io.StringIO()
    with FirstSign(stream, "ja", "screen.begins.tune", script="train.py"):
        pass
    assert stream.getvalue() == "train.py を調整します。準備しています…\n"


def test_without_a_stream_nothing_is_said() -> None:
    with FirstSign(None, "en", "screen.begins.resume") as sign:
        sign.give_way()


def test_a_reader_that_has_gone_ends_nothing() -> None:
    with FirstSign(Closed(), "en", "screen.begins.resume"):
        pass
