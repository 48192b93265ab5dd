"""Opens, in a language, every command's help, every command that trains nothing, and every page of the site.

    python every_screen.py LANGUAGE FOLDER      # prints a JSON object: what was opened -> what it says

A program of its own, since languages are those that lie beside the package that was imported.
"""

import io
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from urllib.parse import urldefrag, urljoin

from starlette.testclient import TestClient
from tests.reporting.pages import made

from ratecraft.api.ui import library_of
from ratecraft.cli.main import _COMMANDS, main  # pyright: ignore[reportPrivateUsage]
from ratecraft.reporting.pages.site import application_of

TYPED = (
    ["doctor"],
    ["plan", "--optimizer", "adamw", "--task", "fine-tuning-vision", "--steps", "3000"],
    ["preview", "0.1 * warmup(10) >> cosine()", "--steps", "100"],
    ["diagnose", "train.log"],
    ["studies"],
    ["show", "tune-train-3f9a12"],
    ["tune", "none.py"],
    ["nothing"],
)
_LINK = re.compile(r'href="([^"#]+)')


def said(arguments: list[str]) -> str:
    """What a command prints."""
    stream = io.StringIO()
    with redirect_stdout(stream), redirect_stderr(stream):
        main(arguments)
    return stream.getvalue()


def screens(language: str) -> Iterator[tuple[str, str]]:
    """Every command."""
    for command in _COMMANDS:
        yield f"{command} --help", said([command, "--help", "--language", language])
    for typed in TYPED:
        yield " ".join(typed), said([*typed, "--language", language])
    said(["report", "tune-train-3f9a12", "-o", "report.html", "--language", language])
    said(["ui", "--write", "site"])
    for written in (Path("report.html"), Path("site", language, "learn", "index.html")):
        yield written.name, written.read_text(encoding="utf-8")


def pages(language: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Every page that a link leads to; of the guide, which is text and not made of sentences, the first."""
    visitor = TestClient(application_of(library_of([folder]), language, "0", allow_run=True))
    to_open, known = [f"/{language}/studies"], set[str]()
    while to_open:
        place = to_open.pop()
        answer = visitor.get(place)
        yield f"{answer.status_code} {place}", answer.text
        for link in dict.fromkeys(_LINK.findall(answer.text)):
            target = urldefrag(urljoin(place, link))[0]
            kind = re.sub(r"/runs/[0-9a-f]+", "/runs/…", target)
            if target.startswith(f"/{language}/") and kind not in known and "/guide/finding" not in target:
                known.add(kind)
                to_open.append(target)


if __name__ == "__main__":
    spoken, place = sys.argv[1], Path(sys.argv[2])
    os.chdir(place)
    made.finished(place)
    made.long_run(place, 1000)
    made.begun(place, "tune-live-1")
    losses = [*(f"step {step} loss {2 - step / 20} lr 0.1" for step in range(20)), *["step 20 loss nan lr 0.1"] * 20]
    Path("train.log").write_text("\n".join(losses))
    json.dump({**dict(screens(spoken)), **dict(pages(spoken, place))}, sys.stdout)
