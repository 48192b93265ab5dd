"""Schedules before they are used: a picture, their phases, their area, and likely mistakes.

Path:   analyses of one or several expressions -> text, JSON, CSV, SVG; expressions -> the command that shows them.
Units:  steps are optimizer steps; the area is the share of the run that the same movement takes at the peak.
"""

import csv
import io
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ratecraft.reporting.pictures.curves import SYMBOLS, Drawn, draw_curves, svg_of
from ratecraft.reporting.text.numbers import count_text
from ratecraft.reporting.text.page import Page, cells, table, wrap
from ratecraft.schedules.analysis import Part, Remark, ScheduleAnalysis
from ratecraft.schedules.sizes import NO_SIZES, UNIT_SIZES, Sizes
from ratecraft.schedules.spec import to_json
from ratecraft.translations.catalogue import rate_text, sentence
from ratecraft.translations.rewording import commented

_ROWS = 10
_MOST_PARTS = 12
_LEAST_ROOM = 9
_GAP = 2


@dataclass(frozen=True, slots=True)
class Previewed:
    """One expression as typed, with the analysis of each hyperparameter (the rate first) and its code.

    Attributes:
        expression: The expression as it was typed.
        surveys: Analysis by the name of the hyperparameter.
        code: Code with which a run continues from a step; empty for a run from the beginning.
    """

    expression: str
    surveys: tuple[tuple[str, ScheduleAnalysis], ...]
    code: str = ""

    @property
    def main(self) -> ScheduleAnalysis:
        """The schedule to draw: that of the rate, or else the first one."""
        return self.surveys[0][1]


def preview_command(expressions: Sequence[str], steps: int, sizes: Sizes = NO_SIZES) -> str:
    """The command that shows them in a terminal.

    Args:
        expressions: The expression to show, and those it is compared with.
        steps: Steps of the run.
        sizes: Sizes of an epoch and of a step; included if an expression counts in them.

    Example:
        >>> preview_command(["warmup(epochs(2)) >> cosine()"], 900, Sizes(steps_per_epoch=30, batch_size=64))
        'ratecraft preview "warmup(epochs(2)) >> cosine()" --steps 900 --steps-per-epoch 30'
    """
    first, *rivals = map(_quoted, expressions)
    command = [f"ratecraft preview {first} --steps {steps}"]
    for unit, name in UNIT_SIZES.items():
        if (size := getattr(sizes, name)) is not None and any(f"{unit}(" in expression for expression in expressions):
            command.append(f"--{name.replace('_', '-')} {size:.10g}")
    return " ".join([*command, *(f"--compare {rival}" for rival in rivals)])


def _quoted(expression: str) -> str:
    """In double quotes, for any shell; if no character has a special meaning within them."""
    return shlex.quote(expression) if set(expression) & set('"$`\\!') else f'"{expression}"'


def preview_text(all_of: Sequence[Previewed], page: Page, rows: int = _ROWS) -> str:
    """The text for a terminal.

    Args:
        all_of: The expression to show, and those it is compared with.
        page: Language, width, alphabet.
        rows: Rows of the picture; 0 for none.
    """
    blocks: list[list[str]] = []
    if rows:
        blocks.append([*draw_curves(_drawn(all_of), page, page.width, rows)])
    for index, preview in enumerate(all_of):
        blocks += _blocks(preview, page, SYMBOLS[page.unicode][index % len(SYMBOLS[True])] if len(all_of) > 1 else "")
    blocks.append(_areas(all_of, page))
    blocks += [commented(preview.code, page.language).splitlines() for preview in all_of if preview.code]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines)


def preview_json(all_of: Sequence[Previewed], language: str = "en") -> dict[str, Any]:
    """The same as plain values, for other programs."""
    return {
        "schema": 1,
        "steps": all_of[0].main.steps,
        "schedules": [
            {
                "expression": preview.expression,
                "hyperparameters": {name: _survey_json(name, seen, language) for name, seen in preview.surveys},
                **({"code": preview.code} if preview.code else {}),
            }
            for preview in all_of
        ],
    }


def preview_csv(all_of: Sequence[Previewed]) -> str:
    """Step by step: a column for each hyperparameter, numbered if expressions are compared."""
    columns = [
        (name if len(all_of) == 1 else f"{index}:{name}", seen)
        for index, preview in enumerate(all_of, 1)
        for name, seen in preview.surveys
    ]
    steps = all_of[0].main.steps
    curves = [seen.schedule.curve(steps).tolist() for _, seen in columns]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["step", *(name for name, _ in columns)])
    writer.writerows(zip(range(steps), *curves, strict=True))
    return text.getvalue()


def preview_svg(all_of: Sequence[Previewed]) -> str:
    """The picture as a file."""
    return svg_of(_drawn(all_of), all_of[0].expression)


def _drawn(all_of: Sequence[Previewed]) -> Drawn:
    mains = [preview.main for preview in all_of]
    return Drawn(
        tuple((preview.expression, preview.main.schedule) for preview in all_of),
        mains[0].steps,
        min(seen.lowest for seen in mains),
        max(seen.peak for seen in mains),
    )


def _blocks(each: Previewed, page: Page, symbol: str) -> list[list[str]]:
    """The expression, and for each hyperparameter its phases and remarks."""
    title = wrap(f"{symbol} {each.expression}".strip(), page.width, hang="  ")
    blocks = [[page.paint(line, "strong") for line in title]]
    for name, seen in each.surveys:
        lines = [*_parts(name, seen, page)]
        for remark in _remarks(name, seen):
            said = wrap(f"! {page.spell(_said(remark, page.language))}", page.width, hang="  ")
            lines += [page.paint(line, "fair") for line in said]
        if len(blocks) == 1:
            blocks[0] += lines
        else:
            blocks.append(lines)
    return blocks


def _parts(name: str, seen: ScheduleAnalysis, page: Page) -> list[str]:
    head = (name, *(page.words(key) for key in _HEADS))
    shown = seen.parts if len(seen.parts) <= _MOST_PARTS else (*seen.parts[: _MOST_PARTS - 2], seen.parts[-1])
    rows = [head, *(_row(part, seen.steps, page) for part in shown)]
    if _room(rows, page) < _LEAST_ROOM:
        rows = [(*row[:2], *row[3:]) for row in rows]  # without the shares
    room = max(_room(rows, page), _LEAST_ROOM)
    rows = [(_cut(row[0], room, page), *row[1:]) for row in rows]
    lines = [f"  {line}" for line in table(rows, gap=_GAP)]
    lines[0] = page.paint(lines[0], "faint")
    if len(shown) < len(seen.parts):
        left = page.words("screen.preview.more", count=len(seen.parts) - len(shown))
        lines.insert(len(lines) - 1, f"  {left}")
    return lines


_HEADS = ("screen.preview.steps", "screen.preview.share", "screen.preview.from", "screen.preview.to")


def _room(rows: Sequence[Sequence[str]], page: Page) -> int:
    """The cells left for the expressions."""
    others = [max(map(cells, column)) for column in zip(*(row[1:] for row in rows), strict=True)]
    return page.width - 2 - sum(others) - _GAP * len(others)


def _row(part: Part, steps: int, page: Page) -> tuple[str, ...]:
    first, last = count_text(part.first), count_text(part.end - 1)
    span = first if first == last else page.spell(f"{first} – {last}")
    share = f"{(part.end - part.first) / steps:.1%}"
    return part.expression, span, share, rate_text(part.start_value), rate_text(part.end_value)


def _cut(text: str, room: int, page: Page) -> str:
    more = page.spell("…")
    return text if len(text) <= room else text[: room - len(more)] + more


def _areas(all_of: Sequence[Previewed], page: Page) -> list[str]:
    """What the areas mean, and how much higher the peak would have to be for equal areas."""
    first = all_of[0].main
    said = [page.words("screen.preview.area", area=f"{first.area:.3f}", peak=first.peak)]
    for index, preview in enumerate(all_of[1:], 1):
        movement, own = preview.main.area * preview.main.peak, first.area * first.peak
        symbol = SYMBOLS[page.unicode][index % len(SYMBOLS[True])]
        if movement > 0:
            values = {
                "symbol": symbol,
                "area": f"{preview.main.area:.3f}",
                "times": f"{movement / own if own else 0:.2f}",
            }
            said.append(page.words("screen.preview.compared", **values, peak=preview.main.peak * own / movement))
    return [line for text in said for line in wrap(text, page.width, hang="  ")]


def _remarks(name: str, seen: ScheduleAnalysis) -> list[Remark]:
    """Remarks on a schedule. Not all apply to hyperparameters other than the rate: momentum may well end high."""
    return [remark for remark in seen.remarks if name == "rate" or remark.code in ("ends-early", "negative")]


def _said(remark: Remark, language: str) -> str:
    return sentence(f"screen.remark.{remark.code}", language, remark.values)


def _survey_json(name: str, seen: ScheduleAnalysis, language: str) -> dict[str, Any]:
    return {
        "bound": repr(seen.schedule),
        "schedule": to_json(seen.schedule),
        "peak": seen.peak,
        "lowest": seen.lowest,
        "last": seen.last,
        "area": seen.area,
        "phases": [
            {
                "expression": part.expression,
                "first": part.first,
                "end": part.end,
                "from": part.start_value,
                "to": part.end_value,
            }
            for part in seen.parts
        ],
        "remarks": [
            {"code": remark.code, "values": remark.values, "text": _said(remark, language)}
            for remark in _remarks(name, seen)
        ],
    }
