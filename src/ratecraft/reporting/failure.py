"""A problem as text for people, or as JSON for programs.

Path:   `RatecraftError` -> what happened, where, and what to type next.
"""

from ratecraft.errors import Interrupted, NoAnswer, RatecraftError, ScriptFailed
from ratecraft.reporting.text.page import Page, Style, wrap


def failure_text(error: RatecraftError, page: Page) -> str:
    """What happened, the user's own traceback if there is one, and what to do next.

    Example:
        >>> from ratecraft.errors import InvalidInput
        >>> print(failure_text(InvalidInput("no-such-script", path="trian.py", directory="~"), Page(width=60)))
        error[no-such-script]: There is no script `trian.py` in ~.
          Check the spelling, or change to the folder of the script
          first.
    """
    kind, style = _kind(error)
    head = f"{page.words(f'screen.failure.{kind}')}[{error.code}]: "
    message = page.spell(error.message(page.language))
    lines = list(wrap(head + message, page.width))
    lines[0] = lines[0].replace(head.rstrip(), page.paint(head.rstrip(), style), 1)
    traceback = str(error.values.get("traceback") or "").rstrip()
    if traceback and traceback not in message:
        lines += ["", *(f"  {line}".rstrip() for line in traceback.splitlines()), ""]
    hint = page.spell(error.hint(page.language))
    if hint:
        lines += [f"  {line}".rstrip() for line in wrap(hint, page.width - 2)]
    return "\n".join(lines)


def failure_json(error: RatecraftError, language: str = "en") -> dict[str, str]:
    """The same as `{code, message, hint}`."""
    return {"code": error.code, "message": error.message(language), "hint": error.hint(language)}


def _kind(error: RatecraftError) -> tuple[str, Style]:
    if isinstance(error, Interrupted):
        return "stopped", "fair"
    if isinstance(error, NoAnswer):
        return "no-answer", "fair"
    return ("script", "bad") if isinstance(error, ScriptFailed) else ("error", "bad")
