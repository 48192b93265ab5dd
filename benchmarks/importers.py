"""How fast logs are read, and in how much memory: `python benchmarks/importers.py [--megabytes 300] [--formats ...]`.

Writes a log of each format, reads it in a fresh process, and prints megabytes a second of processor time (other
processes may be at work beside) and the peak of memory beyond what importing the reader takes. Every log has a spike
and a NaN; it is checked that both are found at their step.
"""

import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

SPIKE, BROKEN = 12_345, 23_456  # steps

READER = """\
import json, math, resource, sys, time
from pathlib import Path
from ratecraft.importers.logs import read_log

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

before, began = peak(), time.process_time()
reading = read_log(Path(sys.argv[1]))
seconds = time.process_time() - began
(run,) = reading.runs
loss = run.series["loss"]
points = dict(zip(loss.steps.tolist(), loss.values.tolist()))
found = points.get(int(sys.argv[2])) == 99.5 and math.isnan(points.get(int(sys.argv[3]), 0))
print(json.dumps([seconds, peak() - before, before, reading.lines, len(loss), found, reading.format]))
"""


def nanogpt(step: int, loss: float, draw: random.Random) -> str:
    """A line of training, and every 250 steps one of evaluation."""
    line = f"iter {step}: loss {loss:.4f}, time {draw.uniform(90, 120):.2f}ms, mfu {draw.uniform(1, 50):.2f}%\n"
    return line if step % 250 else f"step {step}: train loss {loss:.4f}, val loss {loss + 0.1:.4f}\n{line}"


def timm(step: int, loss: float, draw: random.Random) -> str:
    """A line of an epoch of 1251 steps."""
    epoch, place = divmod(step, 1251)
    return (
        f"Train: {epoch} [{place:>4d}/1251 ({100 * place / 1250:>3.0f}%)]  Loss: {loss:#.3g} ({loss:#.3g})  "
        f"Time: {draw.uniform(0.3, 0.4):.3f}s, {draw.uniform(2000, 3000):>7.2f}/s  LR: {0.1:.3e}  Data: 0.010 (0.010)\n"
    )


def bars(step: int, loss: float, draw: random.Random) -> str:
    """A drawing of a bar over 1000 steps; all drawings of one epoch share a line."""
    epoch, place = divmod(step, 1000)
    done = 20 * place // 1000
    end = "\n" if place == 999 else "\r"
    speed = f"{draw.uniform(40, 50):.2f}it/s, loss={loss:.3g}]"
    bar = f"{place // 10:3d}%|{'█' * done}{' ' * (20 - done)}| {place}/1000"
    return f"Epoch {epoch}: {bar} [00:{place // 50:02d}<00:{20 - place // 50:02d}, {speed}{end}"


def table(step: int, loss: float, draw: random.Random) -> str:
    """A row of CSV."""
    header = "step,loss,lr,grad_norm\n" if step == 0 else ""
    return f"{header}{step},{loss:.6f},0.001,{draw.uniform(0.5, 2):.5f}\n"


def json_lines(step: int, loss: float, draw: random.Random) -> str:
    """A row of JSON."""
    return json.dumps({"step": step, "loss": loss, "lr": 1e-3, "grad_norm": draw.uniform(0.5, 2)}) + "\n"


FORMATS: dict[str, Callable[[int, float, random.Random], str]] = {
    each.__name__: each for each in (nanogpt, timm, bars, table, json_lines)
}


def lines_of(make: Callable[[int, float, random.Random], str]) -> Iterator[bytes]:
    """A log without an end."""
    draw, step = random.Random(0), 0  # noqa: S311
    while True:
        loss = 2 + 8 / (1 + step / 1e5) + draw.gauss(0, 0.1)
        loss = 99.5 if step == SPIKE else math.nan if step == BROKEN else loss
        yield make(step, loss, draw).encode()
        step += 1


def write(path: Path, make: Callable[[int, float, random.Random], str], size: int) -> int:
    """Write a log of about so many bytes; how many they are."""
    written, lines = 0, lines_of(make)
    with path.open("wb") as file:
        while written < size:
            written += file.write(next(lines))
        file.write(b"\n")
    return written


def main() -> None:
    """Measure, and print a row a format."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    arguments = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("| format | MB | lines read | MB/s | peak beyond the import, MB | points kept |")
    print("|---|---|---|---|---|---|")
    for name in arguments.formats:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "log")
            size = write(path, FORMATS[name], arguments.megabytes * 1_000_000) / 1e6
            command = [sys.executable, "-c", READER, str(path), str(SPIKE), str(BROKEN)]
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        seconds, peak, _, lines, kept, found, _ = json.loads(told)
        assert found, f"{name}: the spike or the NaN is gone"
        print(f"| {name} | {size:.0f} | {lines} | {size / seconds:.1f} | {peak:.0f} | {kept} |", flush=True)


if __name__ == "__main__":
    main()
