"""What works on this machine and what does not, and why, as text or as JSON.

Path:   checks -> a line each, with a remedy below it, and whether a study can run -> terminal, `--json`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ratecraft.records.check import Check, State, is_able
from ratecraft.reporting.text.page import Page, Style, cells, pad, wrap
from ratecraft.reporting.text.sections import WIDEST
from ratecraft.translations.catalogue import has_sentence, sentence

_STYLES: Mapping[State, Style] = {"ok": "good", "limited": "fair", "missing": "faint"}
_MARKS: Mapping[State, str] = {"ok": "✓", "limited": "!", "missing": "–"}
_FAILED = "✗"
_GAP = 2


def doctor_text(checks: Sequence[Check], page: Page, *, of_gpu: bool = False) -> str:
    """Every check by its part with a remedy, and the conclusion in the last lines.

    Args:
        checks: The results of the checks.
        page: Language, width, colour and alphabet.
        of_gpu: The checks are of runs on a GPU, and not of what a study needs.
    """
    marks = [page.spell(_FAILED if _is_fatal(check) else _MARKS[check.state]) for check in checks]
    parts = [page.words(f"screen.doctor.{check.part}") for check in checks]
    mark_width, part_width = max(map(cells, marks)) + 1, max(map(cells, parts)) + _GAP
    room = min(page.width, WIDEST) - mark_width - part_width
    lines = list[str]()
    for check, mark, part in zip(checks, marks, parts, strict=True):
        style = "bad" if _is_fatal(check) else _STYLES[check.state]
        head = page.paint(mark, style) + pad("", mark_width - cells(mark)) + pad(part, part_width)
        first, *rest = wrap(page.words(f"check.{check.code}.text", **check.values), room)
        said = [head + first, *(" " * (mark_width + part_width) + line for line in rest)]
        if hint := _hint(check, page.language):
            said += [
                " " * (mark_width + part_width) + line
                for line in wrap(page.spell(f"→ {hint}"), room, hang=" " * cells(page.spell("→ ")))
            ]
        lines += said
    return "\n".join([*lines, "", *wrap(_verdict(checks, page, "gpu-" if of_gpu else ""), min(page.width, WIDEST))])


def doctor_json(checks: Sequence[Check], language: str = "en") -> dict[str, Any]:
    """The same as one JSON object."""
    return {
        "schema": 1,
        "able": is_able(checks),
        "checks": [
            {
                "part": check.part,
                "code": check.code,
                "state": check.state,
                "essential": check.essential,
                "values": dict(check.values),
                "message": sentence(f"check.{check.code}.text", language, check.values),
                "hint": _hint(check, language),
            }
            for check in checks
        ],
    }


def _is_fatal(check: Check) -> bool:
    return check.essential and check.state == "missing"


def _hint(check: Check, language: str) -> str:
    key = f"check.{check.code}.hint"
    return sentence(key, language, check.values) if has_sentence(key) else ""


def _verdict(checks: Sequence[Check], page: Page, about: str) -> str:
    fatal = [page.words(f"screen.doctor.{check.part}") for check in checks if _is_fatal(check)]
    if fatal:
        return page.words(f"screen.doctor.{about}not-able", parts=", ".join(fatal))
    limited = sum(check.state == "limited" for check in checks)
    return page.words(f"screen.doctor.{about}{'limited' if limited else 'able'}", count=limited)
