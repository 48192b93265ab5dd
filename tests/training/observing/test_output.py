"""Mirrors training/observing/output.py."""

import io
import logging
import sys

import pytest

from ratecraft.training.observing.output import read_along


def test_lines_are_heard_and_the_streams_stay_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = (io.TextIOWrapper(io.BytesIO(), "latin-1", newline="\r\n", write_through=True) for _ in range(2))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    heard: list[str] = []
    read_along(heard.append)
    print("val_loss", 0.5)
    print("a", end="")
    print("é")
    print("bar\r", end="", file=sys.stderr)
    handler = logging.StreamHandler()
    handler.emit(logging.LogRecord("x", logging.INFO, "", 0, "logged", None, None))
    assert heard == ["val_loss 0.5", "aé", "bar", "logged"]
    assert sys.stdout is out
    assert out.buffer.getvalue() == "val_loss 0.5\r\naé\r\n".encode("latin-1")  # type: ignore[attr-defined]
