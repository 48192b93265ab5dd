"""The local site under load, and as a browser meets it: memory with many viewers, weight and first paint of every page.

    python benchmarks/pages.py                       # 20 viewers for a minute, then the pages in Chromium
    python benchmarks/pages.py --seconds 600         # the ten minutes that the promise is about
    python benchmarks/pages.py --seconds 0           # only the pages

Path:   made records (a finished study, one at work, a run of a million steps) -> `ratecraft ui` in a process of its own
        -> viewers over sockets, a browser -> the tables of `benchmarks/README.md`.
Units:  ms to the first byte of an answer, to the first paint, and until all is drawn; memory is the resident set of the
        server's process, MB of 2**20 bytes; weights are bytes of answers, kB of 1000.

A viewer holds a stream of events, and every few seconds loads a page and a stretch of the long run, as somebody would
who zooms. The study at work grows by 50 losses a second.
"""

import argparse
import http.client
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.reporting.html.browser import opened  # noqa: E402
from tests.reporting.pages import made  # noqa: E402

LONG = 1_000_000
PAGES = {
    "list of studies": "studies",
    "finished study": "studies/tune-train-3f9a12",
    "study at work": "studies/tune-live-1",
    "run of a million steps": "studies/tune-long-1/runs/{key}",
    "two studies compared": "studies/compare?study=tune-train-3f9a12&study=tune-other-2",
    "a schedule tried": "try",
    "a plan": "try/plan?optimizer=adamw&task=fine-tuning-vision&batch_size=64&steps=3000",
    "Learn": "learn/index.html",
}
PAINT = """
const paint = performance.getEntriesByName('first-contentful-paint')[0];
const loaded = performance.getEntriesByType('navigation')[0];
const all = [loaded, ...performance.getEntriesByType('resource')];
return [paint ? paint.startTime : -1, loaded.responseStart, loaded.loadEventEnd,
        all.reduce((sum, each) => sum + each.encodedBodySize, 0), all.length,
        document.querySelectorAll('canvas').length];
"""


class Viewer(threading.Thread):
    """One stream, and now and then a page."""

    def __init__(self, port: int, cookie: str, paths: list[str], seed: int, is_over: threading.Event) -> None:
        super().__init__(daemon=True)
        self._port, self._cookie, self._paths = port, cookie, paths
        self._random = random.Random(seed)  # noqa: S311 - who loads what, the same every time
        self._is_over = is_over
        self.messages = self.pages = self.failures = 0

    def run(self) -> None:
        """Look until it is over."""
        stream = self._asked("/en/studies/tune-live-1/live")
        due = time.monotonic() + self._random.uniform(0, 5)
        while not self._is_over.is_set():
            self.messages += stream.readline().startswith(b"id:")
            if time.monotonic() > due:
                due = time.monotonic() + self._random.uniform(2, 6)
                answer = self._asked(self._random.choice(self._paths))
                self.failures += answer.status != 200
                self.pages += bool(answer.read())
                answer.close()
        stream.close()

    def _asked(self, path: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.request("GET", path, headers={"Cookie": self._cookie, "Connection": "close"})
        return connection.getresponse()


def main() -> None:
    """Make the studies, serve them, look."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60, help="of load; 0 for none")
    parser.add_argument("--viewers", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=5, help="loads of each page, of which the median is told")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made.finished(folder)
        made.finished(folder, "tune-other-2")
        _, key = made.long_run(folder, LONG)
        working = made.Working(folder)
        command = [sys.executable, "-m", "ratecraft.cli.main", "ui", "--json"]
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                told = json.loads(process.stdout.readline())
                if given.seconds:
                    load(process.pid, told, working, key, given)
                look(told, key, given.repeats)
            finally:
                process.kill()
        working.record.close()


def load(pid: int, told: dict[str, Any], working: made.Working, key: str, given: argparse.Namespace) -> None:
    """Memory of the server while everybody looks."""
    cookie = f"ratecraft-{told['port']}={told['address'].rpartition('token=')[2]}"
    run = f"/en/studies/tune-long-1/runs/{key}"
    paths = [f"/en/{page.format(key=key)}" for page in PAGES.values()]
    paths += [f"{run}/window?from={at * 90_000}&to={at * 90_000 + 40_000}" for at in range(10)]
    over = threading.Event()
    viewers = [Viewer(told["port"], cookie, paths, seed, over) for seed in range(given.viewers)]
    for viewer in viewers:
        viewer.start()
    memory: list[tuple[float, float]] = []
    begin = time.monotonic()
    while (now := time.monotonic() - begin) < given.seconds:
        working.tell(25)
        memory.append((now, psutil.Process(pid).memory_info().rss / 2**20))
        time.sleep(0.5)
    over.set()
    half = [each for each in memory if each[0] > given.seconds / 2]
    slope = statistics.linear_regression([at for at, _ in half], [size for _, size in half]).slope * 60
    print(f"\n{given.viewers} viewers, {given.seconds:g} s, {psutil.Process(pid).num_threads()} threads")
    print(f"memory, MB: {memory[0][1]:.0f} at first, {half[0][1]:.0f} half-way, {memory[-1][1]:.0f} at the end, "
          f"at most {max(size for _, size in memory):.0f}; {slope:+.1f} a minute in the second half")  # fmt: skip
    messages, pages = sum(each.messages for each in viewers), sum(each.pages for each in viewers)
    most = max(each.messages for each in viewers) / given.seconds
    print(f"{messages} messages (at most {most:.1f} a second for one viewer), {pages} pages, "
          f"{sum(each.failures for each in viewers)} refused")  # fmt: skip


def look(told: dict[str, Any], key: str, repeats: int) -> None:
    """Weight and first paint of every page, in Chromium, its cache empty and then full."""
    print("\n| page | kB, all of it | requests | answer, ms | first paint, ms | all drawn, ms | from the cache, ms |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as profile, opened(Path(profile)) as browser:
        browser.emulate()
        browser.driver.get(told["address"])
        for name, path in PAGES.items():
            address = f"http://127.0.0.1:{told['port']}/en/{path.format(key=key)}"
            cold = [painted(browser.driver, address, is_cold=True) for _ in range(repeats)]
            warm = [painted(browser.driver, address, is_cold=False) for _ in range(repeats)]
            first, weight, count = middle(cold, 0), middle(cold, 3) / 1000, middle(cold, 4)
            print(
                f"| {name} | {weight:.0f} | {count:.0f} | {middle(cold, 1):.0f} | {first:.0f} | {middle(cold, 2):.0f} "
                f"| {middle(warm, 0):.0f} |"
            )


def painted(driver: Any, address: str, *, is_cold: bool) -> list[float]:
    """What the browser says of one load."""
    driver.execute_cdp_cmd("Network.enable", {})
    if is_cold:
        driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    driver.get("about:blank")
    driver.get(address)
    waited: Callable[[], Any] = lambda: driver.execute_script(PAINT)  # noqa: E731
    for _ in range(100):
        seen = waited()
        if seen[0] > 0 and seen[2] > 0:
            return [float(each) for each in seen]
        time.sleep(0.05)
    sys.exit(f"no paint of {address}")


def middle(loads: list[list[float]], at: int) -> float:
    """The median of one figure."""
    return statistics.median(each[at] for each in loads)


if __name__ == "__main__":
    main()
