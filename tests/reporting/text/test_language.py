"""Mirrors ratecraft/reporting/text/language.py."""

import pytest

from ratecraft.errors import InvalidInput
from ratecraft.reporting.text.language import choose_language


@pytest.mark.parametrize(
    ("flag", "environment", "language"),
    [
        ("ja", {"RATECRAFT_LANGUAGE": "en", "LANG": "en_US.UTF-8"}, "ja"),
        (None, {"RATECRAFT_LANGUAGE": "ja", "LC_ALL": "en_US.UTF-8"}, "ja"),
        (None, {"LC_ALL": "C", "LANG": "ja_JP.UTF-8"}, "en"),
        (None, {"LC_MESSAGES": "ja_JP.eucJP", "LANG": "en_US.UTF-8"}, "ja"),
        (None, {"LC_ALL": "", "LANG": "ja"}, "ja"),
        (None, {"LANG": "de_DE.UTF-8"}, "en"),
        (None, {}, "en"),
        ("", {}, "en"),
    ],
)
def test_the_first_that_speaks_decides(flag: str | None, environment: dict[str, str], language: str) -> None:
    assert choose_language(flag, environment) == language


def test_an_unknown_flag_is_refused_with_the_languages_that_there_are() -> None:
    with pytest.raises(InvalidInput, match="--language is `fr`, but ratecraft speaks only: en, ja"):
        choose_language("fr", {})


def test_an_unknown_language_of_the_environment_is_named_by_its_variable() -> None:
    with pytest.raises(InvalidInput, match="RATECRAFT_LANGUAGE is `jp`"):
        choose_language(None, {"RATECRAFT_LANGUAGE": "jp"})
