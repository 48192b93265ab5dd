"""Checks of the user's terminal, language and browser, and of the built-in guide.

Path:   streams, environment -> checks.
"""

import sys
import webbrowser
from collections.abc import Mapping

from ratecraft.records.check import Check
from ratecraft.reporting.pages.learn import has_guide
from ratecraft.reporting.text.language import choose_language
from ratecraft.reporting.text.page import Page, Stream

_VARIABLES = ("RATECRAFT_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def terminal(page: Page, stream: Stream) -> Check:
    """What a stream can display.

    Example:
        >>> import io
        >>> terminal(Page(width=72), io.StringIO()).code, terminal(Page(unicode=False), io.StringIO()).code
        ('terminal-none', 'terminal-ascii')
    """
    values = {"columns": page.width, "encoding": stream.encoding or "?"}
    if not page.unicode:
        return Check("terminal-ascii", "terminal", "limited", values)
    if not stream.isatty():
        return Check("terminal-none", "terminal", values=values)
    return Check("terminal" if page.colour else "terminal-plain", "terminal", values=values)


def language(asked: str, page: Page, environment: Mapping[str, str]) -> Check:
    """The language of all text, and where it was chosen.

    Args:
        asked: The language that was chosen.
        page: The page, which is in English if the terminal cannot show the chosen language.
        environment: The user's environment variables.

    Example:
        >>> language("ja", Page("ja"), {"LANG": "ja_JP.UTF-8"}).values["source"]
        'LANG=ja_JP.UTF-8'
    """
    by_itself = choose_language(None, environment) == asked
    chosen = next((f"{name}={environment[name]}" for name in _VARIABLES if environment.get(name)), 'LANG=""')
    values = {"language": page.language, "asked": asked, "source": chosen if by_itself else "--language"}
    if asked != page.language:
        return Check("language-not-shown", "language", "limited", values)
    return Check("language", "language", values=values)


def browser() -> Check:
    """Whether a page can be opened in a browser from here."""
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return Check("browser-none", "browser", "missing")
    return Check("browser", "browser", values={"name": getattr(found, "name", "") or type(found).__name__})


def guide() -> Check:
    """Whether this copy includes the guide of `ratecraft ui`."""
    values = {"python": sys.executable}
    return Check("guide", "guide") if has_guide() else Check("guide-none", "guide", "missing", values)
