"""The pictures of the README: the report of a finished study, as a browser shows it.

    make demo
    PYTHONPATH=tests/reporting/html .venv/bin/python docs/screenshots.py build/demo

Writes `docs/images/report-*.png`, each at most 150 KB. Needs chromium, chromium-driver and fonts-noto-cjk (Debian), and
Pillow, which the examples bring along.
"""

import base64
import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from browser import Browser, opened
from PIL import Image

from ratecraft.api.results.report import write_report
from ratecraft.records.storage.study import find_study

IMAGES = Path(__file__).with_name("images")
MOST_BYTES = 150_000
COLOURS = 256


@dataclass(frozen=True)
class Picture:
    """What is shown: language, theme, width of the window, and from a section on (empty: the top) so many pixels."""

    name: str
    language: str = "en"
    theme: str = "light"
    width: int = 860
    section: str = ""
    height: int = 1330


PICTURES = (
    Picture("report-light"),
    Picture("report-dark", theme="dark", section="comparison", height=1130),
    Picture("report-ja", language="ja"),
    Picture("report-phone", width=390, height=1460),
)


def taken(browser: Browser, page: Path, picture: Picture) -> bytes:
    """The picture as PNG, in as few colours as it needs."""
    browser.open(page, theme=picture.theme, width=picture.width)
    top = browser.run(f"return document.getElementById('{picture.section or 'top'}').getBoundingClientRect().top")
    clip = {
        "x": 0,
        "y": int(top) if picture.section else 0,
        "width": picture.width,
        "height": picture.height,
        "scale": 1,
    }
    request = {"format": "png", "captureBeyondViewport": True, "clip": clip}
    shown = base64.b64decode(browser.driver.execute_cdp_cmd("Page.captureScreenshot", request)["data"])
    small, file = Image.open(io.BytesIO(shown)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE), io.BytesIO()
    small.save(file, "PNG", optimize=True)
    return file.getvalue()


def main(directory: Path) -> None:
    """Take every picture of the newest study of a folder."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder, "profile")) as browser:
        for picture in PICTURES:
            page = Path(folder, f"{picture.language}.html")
            write_report(find_study(directory), directory, page, picture.language)
            image = taken(browser, page, picture)
            if len(image) > MOST_BYTES:
                sys.exit(f"{picture.name}: {len(image)} bytes, at most {MOST_BYTES}")
            (IMAGES / f"{picture.name}.png").write_bytes(image)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
