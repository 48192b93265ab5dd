"""Mirrors ratecraft/reporting/pages/playground.py: the page as text; what it does is tested in `playground/`."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ratecraft.reporting.pages import frame
from ratecraft.reporting.pages.frame import site_html
from ratecraft.reporting.pages.learn import assets
from ratecraft.reporting.pages.playground import LANES, SCRIPTS, playground_page
from ratecraft.translations.catalogue import LANGUAGES, all_sentences

FOLDER = Path(frame.__file__).parent
OWN = [name for name in SCRIPTS if name.startswith("playground/")]
DATA = {"playground/digits.js", "playground/surface.js"}
MADE = ("word-", "why-", "lane-", "probe-", "problem-", "schedule-", "speed-", "about-")  # names put together there
MOST_LINES = 400


def script(name: str) -> str:
    return assets()[name].decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_file_that_the_page_names_is_there(language: str) -> None:
    page = playground_page(language)
    assert {*page.styles, *page.scripts} <= assets().keys()
    assert {name for name in assets() if name.startswith("playground/")} == {*OWN, *page.styles}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_in_the_page_runs_or_is_styled_in_place(language: str) -> None:
    text = site_html(playground_page(language))
    assert re.findall(r"<script(?![^>]*(?:src=|type=.application/json))", text) == []
    assert re.findall(r"\s(?:style|on\w+)=", text) == []


@pytest.mark.parametrize("name", OWN)
def test_a_script_is_plain_and_short(name: str) -> None:
    text = script(name)
    assert re.search(r"\bimport\s|\bexport\s|\beval\b|new Function|innerHTML|fetch\(", text) is None
    assert re.search(r"https?://(?!doi\.org|www\.w3\.org/2000/svg)", text) is None
    assert set(re.findall(r"^(?:const|let|var|function) (\w+)", text, re.MULTILINE)) <= {"Playground"}
    assert text.count("\n") <= MOST_LINES


def test_every_word_is_said_somewhere() -> None:
    """A word is in quotes in the page's Python or in its scripts, or is put together from one that is."""
    source = (FOLDER / "playground.py").read_text(encoding="utf-8") + "".join(map(script, sorted({*OWN} - DATA)))
    quoted = set(re.findall(r"""["'`]([a-z][a-z0-9-]*)["'`]""", source))
    words = [key.removeprefix("site.playground.") for key in all_sentences("en") if key.startswith("site.playground.")]
    parts = {word: word.removeprefix(next((head for head in MADE if word.startswith(head)), "")) for word in words}
    silent = [word for word in words if word not in quoted and parts[word] not in quoted]
    assert [word for word in silent if word.removesuffix("-button") not in quoted] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_scripts_get_every_word_that_they_say(language: str) -> None:
    words = playground_page(language).data["words"]
    assert isinstance(words, dict)
    said = {name for each in {*OWN} - DATA for name in re.findall(r'\bsay\("([a-z-]+)"', script(each))}
    verdicts = re.findall(r"(\w+): \"[^\"]\"", script("playground/stage.js"))
    said |= {f"{head}-{word}" for word in verdicts for head in ("word", "why")}
    assert len(verdicts) == 9
    assert said <= words.keys()


def test_three_runs_are_shown() -> None:
    text = site_html(playground_page("en"))
    assert re.findall(r'data-lane="(\w+)"', text) == list(LANES)


@pytest.mark.soak
def test_the_data_is_what_its_command_writes() -> None:
    command = [sys.executable, str(Path(__file__).parents[3] / "benchmarks/playground_data.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
