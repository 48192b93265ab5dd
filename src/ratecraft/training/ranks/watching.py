"""Runs a script in several processes that train together, and takes what is seen of all of them as one run.

Path:   script, arguments -> a watched process for each rank -> `OneVoice` -> the receiver of the run.

They are started as torchrun starts them, and end as it ends them: once one has failed the others, which would wait for
it, are ended too.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from multiprocessing.connection import Connection, wait

from ratecraft.records.watching.observed import ObservedRun
from ratecraft.training.observing.run import WAIT_SECONDS, Watching, begin_watched, exit_code, passing_on
from ratecraft.training.observing.wire import read_piece
from ratecraft.training.ranks.environment import held_port, of_rank
from ratecraft.training.ranks.one_voice import OneVoice

_END_SECONDS = 10.0  # that a rank which was asked to end has for it


def run_watched_ranks(script: str, arguments: Sequence[str], take: Callable[[ObservedRun], None], how: Watching) -> int:
    """Run a script in the number of processes given by its entry, in this folder, with this process's streams.

    The arguments are those of `run_watched`.

    Returns:
        The exit code of the rank that failed first, else 0; in the form of `run_watched`.
    """
    count = how.entry.processes
    holder, port = held_port()
    started = list[tuple["subprocess.Popen[bytes]", Connection]]()
    try:
        for rank in range(count):
            started.append(begin_watched(script, arguments, how, of_rank(rank, port)))
        with closing(holder), passing_on([process for process, _ in started]):
            return _Followed(started, OneVoice(take, count)).until_the_end()
    finally:
        for process, pipe in started:
            pipe.close()
            if process.poll() is None:
                process.kill()
            process.wait()


class _Followed:
    """The processes of a run, and what is yet to come of each."""

    def __init__(self, started: "Sequence[tuple[subprocess.Popen[bytes], Connection]]", voice: OneVoice) -> None:
        self._processes, self._voice = [process for process, _ in started], voice
        self._open = {pipe: rank for rank, (_, pipe) in enumerate(started)}
        self._failed, self._ends_at = 0, 0.0

    def until_the_end(self) -> int:
        """Take everything that the ranks send; returns the exit code."""
        while self._open:
            ready = wait(list(self._open), WAIT_SECONDS)
            for pipe, rank in list(self._open.items()):
                ended = self._processes[rank].poll() is not None
                if (pipe in ready and not self._taken(pipe, rank)) or (pipe not in ready and ended):
                    del self._open[pipe]
                    self._voice.ended(rank)
            self._look_after()
        while any(process.poll() is None for process in self._processes):  # one may close its pipe and go on
            self._look_after()
            time.sleep(WAIT_SECONDS)
        self._look_after()
        return exit_code(self._failed)

    def _taken(self, pipe: Connection, rank: int) -> bool:
        try:
            self._voice.take(rank, read_piece(pipe.recv_bytes()))
        except (EOFError, OSError):
            return False
        return True

    def _look_after(self) -> None:
        """End the others where one has failed."""
        codes = [process.poll() for process in self._processes]
        failed = next((code for code in codes if code), None)
        if failed is None:
            return
        if not self._failed:
            self._failed, self._ends_at = failed, time.monotonic() + _END_SECONDS
            self._end_others(signal.SIGTERM)
        elif time.monotonic() > self._ends_at:
            self._end_others(signal.SIGKILL)

    def _end_others(self, how: signal.Signals) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(how)
