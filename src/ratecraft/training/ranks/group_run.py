"""A `Run` of several processes that train together: each a `ScriptRun`, all told the same, one answer of theirs.

Path:   an executor calls `advance` and `evaluate` -> every rank, in a thread each -> their answers, joined.

Nothing here waits for ranks that cannot come any more: once one has failed, or has told the figure that is asked for,
the others are ended from here, whatever they wait for among themselves.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from ratecraft.errors import CannotBranch
from ratecraft.records.job import Evaluate, StopRule
from ratecraft.records.outcome import RANKS_DIFFER, Ending, Failure, Note, RunFacts
from ratecraft.records.running import ALIKE, Listener, Passage, Run, Score
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.training.hosting.script_run import ScriptRun
from ratecraft.training.ranks.answers import cause, is_echo, joined_passage, joined_score, never_came, with_lines
from ratecraft.training.ranks.merging import Merged

Answer = TypeVar("Answer", Passage, Score)

_CAUSE_SECONDS = 5.0  # a rank that missed another one may tell so before that one's death is seen
_FIRST_SECONDS = 30.0  # for the first rank's own figure where another one has told its


@dataclass(frozen=True, slots=True)
class Rank:
    """One process of a run, and the file for its output."""

    run: ScriptRun
    log: Path


class GroupRun:
    """The processes of one run.

    Args:
        ranks: The ranks, in order.
        merged: Joins their reports while they train.
        ended: Called once when all processes are gone.
    """

    def __init__(self, ranks: Sequence[Rank], merged: Merged, ended: Callable[[], None]) -> None:
        self._ranks, self._merged, self._ended = ranks, merged, ended
        self._gone: set[int] = set()
        self._closing, self._closed = threading.Lock(), False

    def advance(
        self,
        schedules: Mapping[str, Schedule],
        to_step: int | None,
        stop_rule: StopRule,
        scale: Mapping[str, float] = ALIKE,
        treatment: str = "",
    ) -> Passage:
        """Train until `to_step` steps are done; None: until the script's own end."""
        asked = _Asked(self._living(), lambda run: run.advance(schedules, to_step, stop_rule, scale, treatment))
        while (passage := joined_passage(asked.answers, len(self._ranks))) is None:
            asked.wait()
        if passage.ending is Ending.FAILED:
            rank, failure = self._cause(asked)
            passage = replace(asked.answers.get(rank, passage), failure=failure)
        if passage.ending is not Ending.DONE:
            self._end_all_but(asked.answers)
        self._merged.passage_ends()
        return passage

    def branch(self, listener: Listener) -> Run:
        """Not possible: runs of several processes are replayed.

        Raises:
            CannotBranch: Always.
        """
        raise CannotBranch("cannot-branch", reason="process")

    def evaluate(self, how: Evaluate) -> Score:
        """Score the weights as they are now: the last act of the run, which ends with it."""
        asked = _Asked(self._living(), lambda run: run.score(how))
        while (score := joined_score(how, asked.answers, asked.count)) is None:
            told = [answer for answer in asked.answers.values() if answer.value is not None]
            failed = any(answer.failure is not None and answer.value is None for answer in asked.answers.values())
            if failed or not asked.wait(_FIRST_SECONDS if told else None):
                score = told[0] if told else Score(None, failure=self._cause(asked)[1])
                break
        self._end_all_but(asked.answers)
        for rank in asked.answers:
            self._ranks[rank].run.hear_out()
        self._merged.passage_ends()
        return score

    def facts(self) -> tuple[RunFacts, tuple[Note, ...]]:
        """What the first rank reported about the script, and how much all ranks together held and read."""
        told = [rank.run.facts() for rank in self._ranks]
        (facts, _), count = told[0], len(self._ranks)
        samples, notes = facts.samples_per_step, list[Note]()
        for _, rank_facts in told:
            notes += [note for note in rank_facts if note not in notes]
        if samples:
            notes.append(
                Note("processes", {"processes": count, "samples": round(samples * count), "each": round(samples)})
            )
        if differences := self._merged.differences:
            notes.append(Note(RANKS_DIFFER, {**differences, "processes": float(count)}))
        together = replace(
            facts,
            processes=count,
            samples_per_step=samples and samples * count,
            peak_memory=sum(rank_facts.peak_memory for rank_facts, _ in told),
            device_memory=max(rank_facts.device_memory for rank_facts, _ in told),
        )
        return together, tuple(notes)

    def close(self) -> None:
        """End the processes and all that they started; safe to call twice and from another thread."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        _at_once([rank.run.close for rank in self._ranks])
        self._ended()

    def _living(self) -> dict[int, ScriptRun]:
        return {number: rank.run for number, rank in enumerate(self._ranks) if number not in self._gone}

    def _end_all_but(self, answered: Mapping[int, object]) -> None:
        """End the ranks that have not answered: they wait for those that have."""
        for number, run in self._living().items():
            if number not in answered:
                self._gone.add(number)
                run.kill()

    def _cause(self, asked: "_Asked[Answer]") -> tuple[int, Failure]:
        """The rank whose failure is the cause of the others', waited for where those told so far may only follow."""
        deadline = time.monotonic() + _CAUSE_SECONDS
        while True:
            told = {rank: failure for rank, answer in asked.answers.items() if (failure := answer.failure) is not None}
            left = deadline - time.monotonic()
            if not all(map(is_echo, told.values())) or left <= 0 or not asked.wait(left):
                silent = [rank for rank in self._living() if rank not in asked.answers]
                if (missed := never_came(told, silent)) is not None:
                    return missed[0], self._named(missed[1], missed[0])
                rank = cause(told)
                return rank, self._named(told[rank], rank)

    def _named(self, failure: Failure, rank: int) -> Failure:
        log = self._ranks[rank].log
        return with_lines(failure, rank, log.read_text(encoding="utf-8", errors="replace") if log.exists() else "")


class _Asked(Generic[Answer]):
    """A question to several ranks, each in a thread that waits for it; their answers in the order of their coming."""

    def __init__(self, runs: Mapping[int, ScriptRun], act: Callable[[ScriptRun], Answer]) -> None:
        self.answers: dict[int, Answer] = {}
        self.count = len(runs)
        self._queue: SimpleQueue[tuple[int, Answer | BaseException]] = SimpleQueue()
        for rank, run in runs.items():
            threading.Thread(target=self._ask, args=(act, rank, run), name=f"rank {rank}", daemon=True).start()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for one more answer; returns whether one came.

        Raises:
            BaseException: The error raised instead of an answer.
        """
        if len(self.answers) == self.count:
            return False
        try:
            rank, answer = self._queue.get(timeout=seconds)
        except Empty:
            return False
        if isinstance(answer, BaseException):
            raise answer
        self.answers[rank] = answer
        return True

    def _ask(self, act: Callable[[ScriptRun], Answer], rank: int, run: ScriptRun) -> None:
        try:
            self._queue.put((rank, act(run)))
        except BaseException as error:  # noqa: BLE001 - raised where the answer is waited for
            self._queue.put((rank, error))


def _at_once(acts: Sequence[Callable[[], None]]) -> None:
    """Do all of it side by side: each may have to wait for a process that ends."""
    threads = [threading.Thread(target=act, daemon=True) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
