"""How fast the record is. Run from the repository: `python benchmarks/record.py [--points 10000000] [--folder PATH]`.

Promises: appending < 5 µs a scalar, amortised over the flushes; 10 million points read in < 1 s.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

from ratecraft.records.events import Finished, Proposed, Started
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.running import SeriesBlock
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.series import pack
from ratecraft.records.storage.store import Record

BLOCK = 64  # steps between two transfers of the losses of a run


def main() -> None:
    """Measure, and print a line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="where the record lies; a temporary folder without it")
    arguments = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        path = Path(folder, "record.sqlite")
        with Record.create(path, StudyHeader("benchmark", "tune", "train.py", (), "0", "")) as record:
            record.claim()
            measure_appending(record, arguments.points)
            measure_events(record)
        with Record.open(path, read_only=True) as record:
            measure_reading(record, arguments.points)
        print(f"file          {path.stat().st_size / 8 / arguments.points:10.3f} of the bytes of its points")


def measure_appending(record: Record, points: int) -> None:
    """In blocks as they come over a worker's pipe, and one by one, each with all flushes."""
    for job, size, count in (("blocks", BLOCK, points), ("singles", 1, points // 10)):
        packed = pack([0.1] * size)
        began = time.perf_counter()
        for first in range(0, count - count % size, size):
            record.series.extend(job, 1, SeriesBlock("loss", first, packed))
        record.series.flush()
        print(f"append        {1e6 * (time.perf_counter() - began) / count:10.3f} µs a scalar, {size} a block")


def measure_events(record: Record, count: int = 200) -> None:
    """A proposal, a start and a finish of a short probe each."""
    taken: list[float] = []
    for number in range(count):
        job = Job(seed=number, stop=320)
        outcome = Outcome(job.key, Ending.DONE, steps=320, losses=(0.1,) * 320)
        for event in (Proposed(job, "bracket"), Started(job.key, 1), Finished(outcome, 1)):
            began = time.perf_counter()
            record.append(event)
            taken.append(1e3 * (time.perf_counter() - began))
    print(f"append        {statistics.median(taken):10.3f} ms an event, on disk; slowest {max(taken):.1f} ms")


def measure_reading(record: Record, points: int) -> None:
    """The long series, and all events with their series."""
    began = time.perf_counter()
    series = record.series.of("blocks", "loss")
    print(f"read          {time.perf_counter() - began:10.3f} s for {len(series):,} points")
    assert len(series) == points - points % BLOCK
    began = time.perf_counter()
    events = list(record.events())
    print(f"read          {time.perf_counter() - began:10.3f} s for {len(events):,} events with their series")


if __name__ == "__main__":
    main()
