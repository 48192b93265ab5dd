"""Mirrors training/processes/wire.py."""

import math
from multiprocessing import Pipe

import pytest

from ratecraft.records.job import Evaluate, StopRule
from ratecraft.records.outcome import Ending, Failure, Figure, Group, Note, RunFacts
from ratecraft.records.running import Passage, Score, SeriesBlock
from ratecraft.records.storage.series import pack
from ratecraft.schedules.builders.constructors import constant, cosine, warmup
from ratecraft.training.processes.wire import (
    Advance,
    Close,
    Line,
    Message,
    Noted,
    Scored,
    Start,
    Stepped,
    Told,
    receive,
    send,
)

FACTS = RunFacts(
    optimizers=("SGD", "Adam"),
    groups=(Group(12, 0.1, 1.0), Group(3, 0.05, 0.5)),
    leading=0,
    own_rate=0.1,
    samples_per_step=32.0,
    horizon=100,
    horizon_source="loops",
)
FAILURE = Failure("exception", "ValueError", "見えない\nline", "train.py", 3, "  File …")
MESSAGES: tuple[Message, ...] = (
    Start("train.py", ("--epochs", "3"), "/home/me", writable=("/tmp",), best_by=Evaluate("natural", "val_loss")),  # noqa: S108
    Start("train.py", (), "/home/me"),
    Advance({"rate": 0.1 * (warmup(4) >> constant(1, 6) >> cosine(1, 0, 9))}, {"1": 0.5}, 25, StopRule("halve", 8, 3)),
    Advance(),
    Evaluate("figure", "val_acc", 200, "max"),
    Close(),
    Told(Figure(3, "val_loss", 0.25, "bar")),
    Line("epoch 1 │ 損失 0.1"),
    Noted(Note("write-denied", {"path": "/home/me/best.pt"})),
    Stepped(Passage(25, Ending.BLOWN_UP, 25, (8, 16), FAILURE), FACTS),
    Scored(Score(0.5, 7, "models/a.pt"), RunFacts()),
    Scored(Score(None, failure=FAILURE), RunFacts()),
    SeriesBlock("loss", 64, pack([0.1, -0.0, math.inf, 1e-300])),
    SeriesBlock("loss", 0, pack([10.0] * 64)),  # whose bytes hold line feeds
)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_comes_out_as_it_went_in(message: Message) -> None:
    ours, theirs = Pipe()
    send(ours, message)
    assert receive(theirs) == message


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 5e-324])
def test_odd_numbers_come_through(value: float) -> None:
    ours, theirs = Pipe()
    send(ours, Told(Figure(0, "val_loss", value)))
    told = receive(theirs)
    assert isinstance(told, Told)
    assert repr(told.figure.value) == repr(value)


def test_a_series_comes_through_bit_for_bit() -> None:
    ours, theirs = Pipe()
    block = SeriesBlock("loss", 0, bytes(range(256)) * 2)
    send(ours, block)
    assert receive(theirs) == block


def test_the_end_of_the_other_side_is_told() -> None:
    ours, theirs = Pipe()
    theirs.close()
    with pytest.raises((EOFError, OSError)):
        receive(ours)
    with pytest.raises(OSError, match=r"[Bb]roken pipe"):
        send(ours, Close())
