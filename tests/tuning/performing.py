"""What tests of executors share: jobs that leave one another, and what comes of them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from ratecraft.records.events import Finished, Started
from ratecraft.records.job import Job
from ratecraft.records.outcome import Outcome
from ratecraft.records.running import Executor, Happening


def all_happenings(executor: Executor) -> list[Happening]:
    """What happens until nothing is under way any more."""
    happenings: list[Happening] = []
    while (begun := list(executor.begin())) or not executor.idle:
        happenings += [*begun, *executor.happenings(60)]
    return happenings


def finishes(happenings: Iterable[Happening]) -> list[Finished]:
    return [each for each in happenings if isinstance(each, Finished)]


def finishes_of(executor: Executor, *lineages: tuple[Job, ...]) -> list[Finished]:
    """The finishes of jobs that are submitted together."""
    for lineage in lineages:
        executor.submit(lineage, 1)
    found = finishes(all_happenings(executor))
    executor.close()
    return found


def without_costs(outcome: Outcome) -> Outcome:
    """The outcome but for what depends on how the job came to its run."""
    return replace(outcome, executed=0, recomputed=0, seconds=0.0)


class PermutingExecutor:
    """Performs what it was given one job at a time, trunks first, in an order that a seed decides."""

    def __init__(self, inner: Executor, slots: int, seed: int) -> None:
        self._inner, self._slots, self._random = inner, slots, np.random.default_rng(seed)
        self._given: list[tuple[tuple[Job, ...], int]] = []

    @property
    def free(self) -> int:
        return self._slots - len(self._given)

    @property
    def idle(self) -> bool:
        return self._inner.idle

    def submit(self, lineage: tuple[Job, ...], attempt: int) -> None:
        if lineage[-1].evaluate is None:
            self._inner.submit(lineage, attempt)
        else:
            self._given.append((lineage, attempt))

    def begin(self) -> Iterator[Started]:
        yield from self._inner.begin()
        if self._inner.idle and self._given:
            self._inner.submit(*self._given.pop(int(self._random.integers(len(self._given)))))
            yield from self._inner.begin()

    def happenings(self, timeout: float) -> Iterator[Happening]:
        yield from self._inner.happenings(timeout)

    def close(self) -> None:
        self._inner.close()
