"""Writes a study without end, for `test_store.py` to kill. Prints a line once an event is on disk, and one a block.

The n-th job's loss at step t is `loss_of(n, t)`, so that whoever reads the record knows what must be in it.
"""

import random
import sys
from pathlib import Path

from ratecraft.records.events import Finished, Proposed, Started
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.running import SeriesBlock
from ratecraft.records.storage.database import JournalMode
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.series import pack
from ratecraft.records.storage.store import Record

STEPS = 3000


def job_of(number: int) -> Job:
    return Job(seed=number, stop=STEPS)


def loss_of(number: int, step: int) -> float:
    return number + 1.0 / (step + 1)


def write(path: Path, journal_mode: JournalMode) -> None:
    draw = random.Random(str(path.stat().st_size) if path.exists() else "")  # noqa: S311
    if not path.exists():
        Record.create(path, StudyHeader("endless", "tune", "train.py", (), "0", ""), journal_mode).close()
    with Record.open(path, journal_mode=journal_mode) as record:
        record.claim()
        events = list(record.events())
        number = sum(isinstance(event, Finished) for event in events)
        proposed = {event.job for event in events if isinstance(event, Proposed)}
        while True:
            job = job_of(number)
            if job not in proposed:
                record.append(Proposed(job, "bracket"))
                tell("event")
            attempt = 1 + sum(isinstance(event, Started) and event.job == job.key for event in events)
            record.append(Started(job.key, attempt))
            tell("event")
            record.append(Finished(run(record, draw, number, attempt), attempt))
            tell("event")
            number += 1


def run(record: Record, draw: random.Random, number: int, attempt: int) -> Outcome:
    losses = [loss_of(number, step) for step in range(STEPS)]
    first = 0
    while first < STEPS:
        last = min(STEPS, first + draw.randint(1, 1000))
        record.series.extend(job_of(number).key, attempt, SeriesBlock("loss", first, pack(losses[first:last])))
        if draw.random() < 0.7:
            record.series.flush()
        first = last
        tell("block")
    return Outcome(job_of(number).key, Ending.DONE, steps=STEPS, executed=STEPS, losses=tuple(losses))


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    write(Path(sys.argv[1]), "DELETE" if sys.argv[2] == "DELETE" else "WAL")
