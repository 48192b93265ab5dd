"""Mirrors ratecraft/reporting/reading_place.py."""

import webbrowser

import pytest

from ratecraft.reporting.reading_place import browser, language
from ratecraft.reporting.text.page import Page


def test_a_machine_without_a_browser_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "_tryorder", [])
    assert browser().state == "missing"
    monkeypatch.setattr(webbrowser, "_tryorder", ["own"])
    monkeypatch.setattr(webbrowser, "_browsers", {"own": [None, webbrowser.GenericBrowser("firefox")]})
    assert browser().values == {"name": "firefox"}


@pytest.mark.parametrize(
    ("environment", "source"),
    [
        ({"RATECRAFT_LANGUAGE": "ja", "LANG": "C"}, "RATECRAFT_LANGUAGE=ja"),
        ({"LC_ALL": "ja_JP.UTF-8", "LANG": "C"}, "LC_ALL=ja_JP.UTF-8"),
        ({"LANG": "C"}, "--language"),
    ],
)
def test_what_chose_the_language_is_told(environment: dict[str, str], source: str) -> None:
    assert language("ja", Page("ja"), environment).values["source"] == source


def test_a_language_that_the_terminal_cannot_show_is_told() -> None:
    assert language("ja", Page("en"), {"LANG": "ja_JP"}).code == "language-not-shown"
