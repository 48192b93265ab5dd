"""Which language the user reads.

Path:   `--language`, the environment -> a code of `LANGUAGES` -> every page.
Source: POSIX, "Internationalization Variables": LC_ALL before LC_MESSAGES before LANG.
"""

from collections.abc import Mapping

from ratecraft.errors import InvalidInput
from ratecraft.translations.catalogue import LANGUAGES, spoken


def choose_language(flag: str | None, environment: Mapping[str, str]) -> str:
    """The language of all text: the flag, then `RATECRAFT_LANGUAGE`, then the locale, then English.

    Args:
        flag: What `--language` was given; None or empty if it was not.
        environment: The process's environment.

    Raises:
        InvalidInput: The flag or `RATECRAFT_LANGUAGE` names a language that ratecraft does not speak.

    Example:
        >>> choose_language(None, {"LANG": "ja_JP.UTF-8"}), choose_language("en", {"LANG": "ja_JP.UTF-8"})
        ('ja', 'en')
    """
    for source, given in (("--language", flag), ("RATECRAFT_LANGUAGE", environment.get("RATECRAFT_LANGUAGE"))):
        if given:
            if given not in LANGUAGES:
                raise InvalidInput("unknown-language", source=source, given=given, allowed=", ".join(LANGUAGES))
            return given
    names = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next((name for name in names if name), "")
    return spoken(locale.replace("-", "_").split("_")[0].split(".")[0].lower())
