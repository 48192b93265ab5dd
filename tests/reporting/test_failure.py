"""Mirrors ratecraft/reporting/failure.py."""

import pytest

from ratecraft.errors import Interrupted, InvalidInput, NoAnswer, RatecraftError, ScriptFailed
from ratecraft.reporting.failure import failure_json, failure_text
from ratecraft.reporting.text.page import Page

VALUES = {"path": "trian.py", "directory": "/home/me/project"}
TRACEBACK = 'Traceback (most recent call last):\n  File "train.py", line 3, in <module>\nValueError: no\n'


@pytest.mark.parametrize(
    ("error", "head"),
    [(InvalidInput, "error"), (ScriptFailed, "your script failed"), (NoAnswer, "no answer"), (Interrupted, "stopped")],
)
def test_a_failure_begins_with_its_kind_and_code(error: type[RatecraftError], head: str) -> None:
    text = failure_text(error("no-such-script", **VALUES), Page())
    assert text.startswith(f"{head}[no-such-script]: There is no script `trian.py` in")


def test_the_hint_comes_last() -> None:
    lines = failure_text(InvalidInput("no-such-script", **VALUES), Page(width=120)).splitlines()
    assert lines[-1] == "  Check the spelling, or change to the folder of the script first."


def test_the_script_s_own_traceback_is_shown_as_it_is() -> None:
    text = failure_text(ScriptFailed("no-such-script", **VALUES, traceback=TRACEBACK), Page())
    assert '    File "train.py", line 3, in <module>\n  ValueError: no\n' in text


def test_colour_only_adds_to_the_text() -> None:
    error = InvalidInput("no-such-script", **VALUES)
    painted = failure_text(error, Page(colour=True))
    assert painted.replace("\x1b[1;31m", "").replace("\x1b[0m", "") == failure_text(error, Page())
    assert "\x1b[1;31m" in painted


def test_a_failure_is_told_in_japanese() -> None:
    text = failure_text(InvalidInput("no-such-script", **VALUES), Page("ja"))
    assert text.startswith("エラー[no-such-script]: /home/me/project にスクリプト `trian.py` がありません。")


def test_programs_get_code_message_and_hint() -> None:
    assert failure_json(InvalidInput("no-such-script", **VALUES)) == {
        "code": "no-such-script",
        "message": "There is no script `trian.py` in /home/me/project.",
        "hint": "Check the spelling, or change to the folder of the script first.",
    }
