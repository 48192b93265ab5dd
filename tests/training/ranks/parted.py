"""Runs a program in two real processes that join one another by gloo, out of a server that has loaded torch once."""

import multiprocessing
import os
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

import torch._dynamo  # noqa: F401 - a wrapper loads it, for seconds  # pyright: ignore[reportUnusedImport]

from ratecraft.records.watching.observed import Fact, ObservedRun
from ratecraft.training.observing.each_rank.marking import Marking
from ratecraft.training.observing.each_rank.unused import unused_by
from ratecraft.training.ranks.environment import held_port, of_rank
from ratecraft.training.ranks.one_voice import OneVoice
from ratecraft.watching.trace import Trace

RANKS = 2


def seen_of(text: str) -> ObservedRun:
    """What is known of the run of two processes that each run this."""
    context: Any = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    holder, port = held_port()
    pipes, processes = list[Connection](), list[Any]()
    for rank in range(RANKS):
        ours, its = context.Pipe(duplex=False)
        processes.append(context.Process(target=_run, args=(text, rank, port, its)))
        processes[-1].start()
        its.close()
        pipes.append(ours)
    trace = Trace()
    voice = OneVoice(trace.add, RANKS)
    for rank, pipe in enumerate(pipes):
        with suppress(EOFError):
            while True:
                voice.take(rank, ObservedRun({}, "step", pipe.recv(), "live"))
        voice.ended(rank)
    for process in processes:
        process.join()
    holder.close()
    return trace.run


def _run(text: str, rank: int, port: int, pipe: Connection) -> None:
    os.environ |= {**of_rank(rank, port), "WORLD_SIZE": str(RANKS), "MASTER_ADDR": "127.0.0.1"}

    def tell(facts: "dict[str, Fact]") -> None:
        pipe.send(dict(facts))

    marking = Marking(tell, RANKS)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    try:
        exec(compile(text, "train.py", "exec"), {"__name__": "__main__"})  # noqa: S102 - it is meant to be run
    except RuntimeError as error:
        tell(unused_by(error))
    marking.close()
    pipe.close()
    os._exit(0)  # the program is over, whatever its groups still wait for
