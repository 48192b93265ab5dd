"""What the screen of a finished study tells to type next works, typed as it stands."""

import shlex

import pytest
from tests.end_to_end.command import Tuned, Workplace

from ratecraft.translations.catalogue import LANGUAGES, sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_next_line_of_a_finished_study_can_be_typed(tuned: Tuned, again: Workplace, language: str) -> None:
    screen = again.type("tune", "digits.py", "--language", language).out  # finished: nothing is trained
    label = sentence("screen.label.next", language)
    (line,) = (line for line in screen.splitlines() if line.startswith(label))
    program, *words = shlex.split(line[line.index("ratecraft ") :])
    typed = again.type(*words)
    assert (program, typed.code, typed.err) == ("ratecraft", 0, "")
    (report,) = again.folder.glob("**/*.html")
    assert tuned.typed.json["study"] in str(report)
