"""A code and its numbers become a sentence, here and nowhere else.

Path:   errors, decisions, verdicts and screens (code + values) -> text for people.
Files:  `<language>/<room>.toml` beside this file; a key begins with its room. Each room is read when first needed. All
        languages have equal keys and placeholders: a test holds them.
Format: `{x}` prints a float with 3 significant digits, `{x:rate}` as 1.2e-3, `{x:.1%}` as a percentage.

A language is a folder. Nothing else lists the languages.
"""

import math
import string
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

_FOLDER: Final = resources.files("ratecraft.translations")
_OTHERS: Final = sorted(
    path.name for path in _FOLDER.iterdir() if path.is_dir() and path.name != "en" and not path.name.startswith("__")
)
LANGUAGES: Final = ("en", *_OTHERS)
"""Every language that has a folder: English first, which is spoken where another is not known or cannot be shown."""


class _Numbers(string.Formatter):
    """Formats floats as people read them: 3 significant digits; `{x:rate}` is the paste-ready form 1.2e-3.

    `{n:step|steps}` is the first word where n is 1, else the second. All rates of a sentence have one notation.
    """

    def __init__(self, rates: Iterable[object]) -> None:
        self._has_exponent = any(isinstance(rate, (int, float)) and "e" in rate_text(float(rate)) for rate in rates)

    def format_field(self, value: Any, format_spec: str) -> str:
        if "|" in format_spec:
            one, many = format_spec.split("|")
            return one if value in (1, "1") else many
        if format_spec == "rate" and isinstance(value, (int, float)):
            return rate_text(float(value), has_exponent=self._has_exponent)
        if not format_spec and isinstance(value, float):
            short = f"{value:.3g}"
            return f"{float(short):,.0f}" if 1000 <= abs(value) < 1e6 else short
        return str(super().format_field(value, format_spec))


def rate_text(rate: float, *, has_exponent: bool = False) -> str:
    """A rate with two significant digits, in the form that can be pasted into code.

    Args:
        rate: What is told.
        has_exponent: Whether it has one below 1, even where it could be read without.

    Example:
        >>> rate_text(0.0012345), rate_text(3e-5), rate_text(0.5)
        ('1.2e-3', '3e-5', '0.5')
    """
    if rate == 0 or not math.isfinite(rate) or (1 if has_exponent else 0.1) <= abs(rate) < 1000:
        return f"{rate:.2g}"
    mantissa, exponent = f"{rate:.1e}".split("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


def rates_text(rates: Sequence[float]) -> tuple[str, ...]:
    """Rates that are read together, all in one notation.

    Example:
        >>> rates_text([0.011, 0.11]), rates_text([0.1, 0.5, 10.0])
        (('1.1e-2', '1.1e-1'), ('0.1', '0.5', '10'))
    """
    has_exponent = any("e" in rate_text(rate) for rate in rates)
    return tuple(rate_text(rate, has_exponent=has_exponent) for rate in rates)


def spoken(language: object, otherwise: str = "en") -> str:
    """The language where ratecraft speaks it, else another.

    Args:
        language: What was asked for, of any type.
        otherwise: Code of the language that is spoken instead.

    Example:
        >>> spoken("ja"), spoken("xx"), spoken(None, "ja")
        ('ja', 'en', 'ja')
    """
    return language if isinstance(language, str) and language in LANGUAGES else otherwise


@cache
def all_sentences(language: str) -> Mapping[str, str]:
    """Every sentence of a language by its dotted key, e.g. `error.no-such-script.message`."""
    rooms = sorted(file.name.removesuffix(".toml") for file in _FOLDER.joinpath(language).iterdir())
    return {key: text for room in rooms for key, text in _room(language, room).items()}


@cache
def _room(language: str, room: str) -> Mapping[str, str]:
    """The sentences whose keys begin with `<room>.`; none where there is no such room."""
    file = _FOLDER.joinpath(language, f"{room}.toml")
    flat: dict[str, str] = {}
    if file.is_file():
        _flatten("", tomllib.loads(file.read_text(encoding="utf-8")), flat)
    return flat


def _flatten(prefix: str, table: Mapping[str, Any], into: dict[str, str]) -> None:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            _flatten(f"{key}.", value, into)  # pyright: ignore[reportUnknownArgumentType]
        else:
            into[key] = str(value)


def has_sentence(key: str) -> bool:
    """Whether the English catalogue holds the key (a test holds the languages equal)."""
    return key in _room("en", key.partition(".")[0])


def sentence(key: str, language: str = "en", values: Mapping[str, object] | None = None) -> str:
    """The sentence of a code with its values filled in.

    Args:
        key: Dotted key, e.g. `error.no-such-script.message`.
        language: Code of a language, e.g. `ja`.
        values: What the placeholders take; numbers are formatted here.

    Raises:
        KeyError: No such key, or a placeholder without a value: a defect of ours, found by tests.

    Example:
        >>> sentence("error.no-such-script.message", "en", {"path": "a.py", "directory": "."})
        'There is no script `a.py` in ..'
        >>> sentence("advice.warm-up.text", "en", {"steps": 1})
        'Warm up linearly over 1 step.'
    """
    text, told = _room(language, key.partition(".")[0])[key], values or {}
    rates = (told.get(str(name)) for _, name, form, _ in string.Formatter().parse(text) if form == "rate")
    return _Numbers(rates).vformat(text, (), told)
