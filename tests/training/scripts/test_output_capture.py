"""Mirrors training/scripts/output_capture.py."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from ratecraft.training.scripts.output_capture import OutputCapture


@dataclass
class Pipes:
    """Two pipes in place of descriptors 1 and 2, and the lines that were heard."""

    out: tuple[int, int] = field(default_factory=os.pipe)
    err: tuple[int, int] = field(default_factory=os.pipe)
    lines: list[str] = field(default_factory=list)

    def hearing(self) -> OutputCapture:
        return OutputCapture(self.lines.append, (self.out[1], self.err[1]))

    def passed_on(self) -> tuple[bytes, bytes]:
        return os.read(self.out[0], 100_000), os.read(self.err[0], 100_000)


@pytest.fixture
def pipes() -> Iterator[Pipes]:
    both = Pipes()
    for end in (both.out[0], both.err[0]):
        os.set_blocking(end, False)
    yield both
    for end in (*both.out, *both.err):
        os.close(end)


def test_lines_are_heard_and_bytes_are_passed_on(pipes: Pipes) -> None:
    with pipes.hearing():
        print("val_loss", 0.1)
        print("損失 0.1", file=sys.stderr)
    assert pipes.lines == ["val_loss 0.1", "損失 0.1"]
    assert pipes.passed_on() == (b"val_loss 0.1\n", "損失 0.1\n".encode())


def test_all_four_names_are_replaced_and_put_back(pipes: Pipes) -> None:
    def streams() -> list[object]:
        return [sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__]

    before = streams()
    with pipes.hearing():
        assert not any(new is old for new, old in zip(streams(), before, strict=True))
        assert sys.stdout is sys.__stdout__
        assert sys.stderr is sys.__stderr__
    assert all(new is old for new, old in zip(streams(), before, strict=True))


def test_they_are_put_back_after_an_exception(pipes: Pipes) -> None:
    before = sys.stdout
    with pytest.raises(KeyboardInterrupt), pipes.hearing():
        raise KeyboardInterrupt
    assert sys.stdout is before


def test_the_streams_are_text_streams_of_no_terminal(pipes: Pipes) -> None:
    with pipes.hearing():
        assert not sys.stdout.isatty()
        assert sys.stdout.encoding == "utf-8"
        assert sys.stdout.fileno() == pipes.out[1]
        assert sys.stdout.name == "<stdout>"


def test_pieces_bytes_and_carriage_returns_become_lines(pipes: Pipes) -> None:
    with pipes.hearing():
        sys.stdout.write("val_")
        sys.stdout.write("loss 0.1")
        sys.stdout.write("\n")
        sys.stdout.buffer.write(b"\xff 1\r 2\r")
        sys.stdout.write("lone \ud800 surrogate\n")
        sys.stdout.write("no end")
        assert pipes.lines == ["val_loss 0.1", "\ufffd 1", " 2", "lone ? surrogate"]
    assert pipes.lines[-1] == "no end"


def test_logging_is_heard(pipes: Pipes) -> None:
    with pipes.hearing():
        handler = logging.StreamHandler()
        logger = logging.Logger("script")
        logger.addHandler(handler)
        logger.warning("val_loss 0.1")
    assert pipes.lines == ["val_loss 0.1"]


def test_a_handler_that_outlives_it_still_writes_but_is_not_heard(pipes: Pipes) -> None:
    with pipes.hearing():
        stream = sys.stderr
    stream.write("after\n")
    assert os.read(pipes.err[0], 100) == b"after\n"
    assert pipes.lines == []


def test_what_the_listener_prints_is_not_told_to_it(pipes: Pipes) -> None:
    lines: list[str] = []

    def heard(line: str) -> None:
        lines.append(line)
        print("heard", line)
        print("heard", line, file=sys.stderr)

    with OutputCapture(heard, (pipes.out[1], pipes.err[1])):
        print("one")
    assert lines == ["one"]
    assert pipes.passed_on() == (b"one\nheard one\n", b"heard one\n")


def test_lines_of_several_threads_stay_whole(pipes: Pipes) -> None:
    with pipes.hearing():
        # `print` writes a line and its end apart, and threads come between them with any stream.
        write = sys.stdout.write
        threads = [
            threading.Thread(target=lambda n=n: [write(f"{n}" * 20 + "\n") for _ in range(50)]) for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(pipes.lines) == sorted(str(n) * 20 for n in range(4) for _ in range(50))


def test_a_closed_stream_does_not_disturb_the_end(pipes: Pipes) -> None:
    with pipes.hearing():
        print("one")
        sys.stdout.close()
    assert pipes.lines == ["one"]


CHILD = """
import os, subprocess, sys
from ratecraft.training.scripts.output_capture import OutputCapture
lines = []
with OutputCapture(lines.append):
    print("one", flush=True)
    if os.fork() == 0:
        print("of a forked child")
        os.write(1, b"" if lines == ["one"] else b"told in the child")
        os._exit(0)
    os.wait()
    subprocess.run(["echo", "of a program"])
os.write(1, repr(lines).encode())
"""


def test_children_write_but_are_not_heard() -> None:
    done = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=True)
    assert done.stdout == "one\nof a forked child\nof a program\n['one']"
