"""How long `import ratecraft` and `ratecraft --help` take, beside a Python that does nothing.

    python benchmarks/start_time.py [--repeats 21]

Prints medians in milliseconds. The three are started in turn, so that a busy machine slows all of them alike.
"""

import argparse
import statistics
import subprocess
import sys
import time

STARTS = {
    "bare Python": "pass",
    "import ratecraft": "import ratecraft",
    "ratecraft --help": "import sys; sys.argv = ['ratecraft', '--help']; from ratecraft.cli.main import main; main()",
}


def seconds_of(code: str) -> float:
    """Wall time of a fresh Python that runs the code."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Start each one in turn and print the medians."""
    parser = argparse.ArgumentParser(description="Start-up times of ratecraft.")
    parser.add_argument("--repeats", type=int, default=21)
    repeats = parser.parse_args().repeats
    rounds = [{name: seconds_of(code) for name, code in STARTS.items()} for _ in range(repeats)]
    medians = {name: 1000 * statistics.median(times[name] for times in rounds) for name in STARTS}
    bare = medians["bare Python"]
    for name, median in medians.items():
        print(f"{name:<18} {median:6.1f} ms   {median - bare:+6.1f} ms")


if __name__ == "__main__":
    main()
