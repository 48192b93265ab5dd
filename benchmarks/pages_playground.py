"""The playground in a real browser: its weight, its first paint, its frames (1 min).

    python benchmarks/pages_playground.py

The page is opened as a plain file in headless Chromium, which draws in software: a screen with a graphics card is
quicker. Frames are counted while the three runs are played at the normal speed, sixty a second being the most that the
browser asks for; work is what the page itself takes of a frame, of its 16.7 ms. Prints the tables of
`benchmarks/README.md`.
"""

import gzip
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.reporting.html.browser import Browser, opened

from ratecraft.reporting.pages.frame import SitePage, site_html
from ratecraft.reporting.pages.learn import assets, learn_files
from ratecraft.reporting.pages.playground import playground_page

LOADS = 9
SECONDS = 3
PLACE = "en/learn/playground.html"
FRAMES = """
const done = arguments[0], gaps = [], work = [], stage = Playground.page.stage;
for (const name of ["forward", "draw"]) {
  const plain = stage[name];
  stage[name] = (...given) => {
    const begun = performance.now();
    plain(...given);
    work.push(performance.now() - begun);
  };
}
let before = null;
const begun = performance.now();
const look = (now) => {
  if (before !== null) gaps.push(now - before);
  before = now;
  if (now - begun < %d) requestAnimationFrame(look);
  else done([gaps, work]);
};
requestAnimationFrame(look);
"""


def weights(page: SitePage) -> list[tuple[str, int, int]]:
    """Kinds of files with their bytes, as they are and as gzip packs them."""
    names = {
        "page": [],
        "scripts": ["report/theme.js", "frame.js", *(name for name in page.scripts if name not in DATA)],
        "data": DATA,
        "styles": ["report/page.css", "frame.css", *page.styles],
    }
    files = {kind: [assets()[name] for name in each] for kind, each in names.items()}
    files["page"] = [site_html(page).encode()]
    packed = {kind: sum(len(gzip.compress(content)) for content in each) for kind, each in files.items()}
    return [(kind, sum(map(len, each)), packed[kind]) for kind, each in files.items()]


DATA = ["playground/digits.js", "playground/surface.js"]


def first_paints(browser: Browser, file: Path) -> tuple[list[float], list[float]]:
    """Milliseconds from asking for the page until something is painted, and until its scripts have run."""
    paints, ready = [], []
    for _ in range(LOADS):
        browser.open(file)
        paints.append(browser.run("return performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        ready.append(
            browser.run("return performance.timing.domContentLoadedEventEnd - performance.timing.navigationStart")
        )
    return paints, ready


def frames(browser: Browser, file: Path, state: str) -> dict[str, float]:
    """How often the page is drawn while runs are played, and what a frame costs."""
    browser.driver.get("about:blank")
    browser.driver.get(f"{file.as_uri()}#{state}")
    gaps, work = browser.driver.execute_async_script(FRAMES % (SECONDS * 1000))
    a_frame = [sum(work[first : first + 2]) for first in range(0, len(work) - 1, 2)]
    return {
        "frames a second": 1000 / statistics.fmean(gaps),
        "slowest 1 % of gaps": statistics.quantiles(gaps, n=100)[-1],
        "work, median": statistics.median(a_frame),
        "work, 95 %": statistics.quantiles(a_frame, n=20)[-1],
    }


def spread(values: list[float]) -> str:
    """Median with the smallest and the largest."""
    return f"{statistics.median(values):.0f} ({min(values):.0f}–{max(values):.0f})"


def main() -> None:
    """Measure and print."""
    rows: list[tuple[Any, ...]] = weights(playground_page("en", is_served=False))
    print("| part | bytes | gzip |\n|---|---|---|")
    for kind, plain, packed in [*rows, ("all", sum(row[1] for row in rows), sum(row[2] for row in rows))]:
        print(f"| {kind} | {plain:,} | {packed:,} |")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for place, content in learn_files():
            if place.startswith("assets/") or place == PLACE:
                file = Path(folder) / "site" / place
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
        page = Path(folder) / "site" / PLACE
        with opened(Path(folder) / "profile") as browser:
            paints, ready = first_paints(browser, page)
            print(f"\nfirst paint {spread(paints)} ms, scripts done {spread(ready)} ms ({LOADS} loads)\n")
            print("| runs on | frames a second | slowest 1 % of gaps, ms | work a frame, ms: median | 95 % |")
            print("|---|---|---|---|---|")
            for problem in ("parabola", "ravine", "bumpy", "surface", "digits"):
                cells = frames(browser, page, f"problem={problem}")
                print(f"| {problem} | {' | '.join(f'{value:.1f}' for value in cells.values())} |")


if __name__ == "__main__":
    main()
