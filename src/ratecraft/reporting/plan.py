"""A plan as a screen, and as JSON: values first, then what they rest on, and what to type now.

Path:   `Plan` + `Page` -> text; `Plan` -> plain values.
Units:  rates as the optimizer receives them; shares in percent of the run.
"""

import shlex
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ratecraft.recipes.comparing import Compared
from ratecraft.recipes.plan import Plan
from ratecraft.recipes.recipe import Knob
from ratecraft.records.outcome import Note
from ratecraft.records.program import Program, command_words
from ratecraft.reporting.page import Page, cells, table, wrap
from ratecraft.reporting.plan_code import optimizer_code
from ratecraft.reporting.plan_seen import change_lines, compared_json, seen_lines
from ratecraft.reporting.preview import preview_command
from ratecraft.reporting.sections import WIDEST, labelled, listed
from ratecraft.schedules.sizes import UNIT_SIZES, Sizes
from ratecraft.translations.catalogue import has_sentence, rate_text, sentence

__all__ = ["look_command", "plan_json", "plan_text", "range_text", "value_text"]

_ANY = Program("train.py")
_LETTERS = str.maketrans({"β": "beta", "ε": "epsilon", "µ": "mu", "√": "sqrt "})
_EXAMPLE_STEPS = 1000
_EXAMPLE_EPOCHS = 10
_EXAMPLE_BATCH = 64
_EXAMPLE_TOKENS = 4096
_SHARES = ("warm_up", "decay_share", "rise_share", "end")


def plan_text(
    plan: Plan,
    page: Page,
    compared: Compared | None = None,
    notes: Sequence[Note] = (),
    program: Program = _ANY,
) -> str:
    """The screen of a plan.

    Args:
        plan: What is told.
        page: Language, width, colour and alphabet.
        compared: The same beside a training that was looked at; None where none was.
        notes: What must be told of that look.
        program: The training, for the command to type next.
    """
    page = replace(page, width=min(page.width, WIDEST))
    names = [*(name for name, _ in _SECTIONS), "next", *(("seen", "change") if compared else ())]
    label_width = max(cells(page.words(f"screen.plan.label.{name}")) for name in names) + 2
    blocks = [_headline(plan, page, looked=compared is not None)]
    if compared is not None:
        seen = seen_lines(compared, page, page.width - label_width)
        change = change_lines(compared, notes, page, page.width - label_width)
        for name, lines in (("seen", seen), ("change", change)):
            blocks.append(labelled(page.words(f"screen.plan.label.{name}"), lines, label_width, page))
    for name, section in _SECTIONS:
        lines = section(plan, page, page.width - label_width)
        if lines:
            blocks.append(labelled(page.words(f"screen.plan.label.{name}"), lines, label_width, page))
        if name == "groups":
            blocks.append(_code(plan, page))
    ahead = _next(plan, page, page.width - label_width, program)
    blocks.append(labelled(page.words("screen.plan.label.next"), ahead, label_width, page))
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    return text if page.unicode else _in_ascii(text)


def plan_json(
    plan: Plan, language: str = "en", compared: Compared | None = None, notes: Sequence[Note] = ()
) -> dict[str, Any]:
    """The same as plain values, for other programs; `seen`, `changes` and `notes` only of a training looked at."""
    said = [("reason", plan.reasons), ("caution", plan.cautions)]
    told = {
        f"{family}s": [
            {
                "code": each.code,
                "values": dict(each.values),
                "text": sentence(f"{family}.{each.code}.text", language, each.values),
            }
            for each in listed
        ]
        for family, listed in said
    }
    return {
        "schema": 1,
        "plan": {
            "optimizer": plan.optimizer,
            "task": plan.task,
            "settings": {name: _knob_json(knob) for name, knob in plan.settings.items()},
            "schedule": plan.schedule,
            "expression": plan.expression,
            "groups": [
                {
                    "role": group.role,
                    "factor": group.factor,
                    "rate": group.rate,
                    "weight_decay": group.weight_decay,
                    "initial_sd": group.initial_sd,
                }
                for group in plan.groups
            ],
            "matters": list(plan.matters),
            **told,
            "remarks": [
                {
                    "code": each.code,
                    "values": each.values,
                    "text": sentence(f"screen.remark.{each.code}", language, each.values),
                }
                for each in plan.remarks
            ],
            "presets": plan.origin or None,
            **({} if compared is None else compared_json(compared, notes, language)),
        },
    }


def _knob_json(knob: Knob) -> dict[str, Any]:
    return {
        "value": knob.value,
        "low": knob.low,
        "high": knob.high,
        "source": knob.source,
        "confidence": knob.confidence,
    }


def _in_ascii(text: str) -> str:
    """Greek letters as they are called, accents left off: what the page's own table does not hold."""
    return unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode()


def _headline(plan: Plan, page: Page, *, looked: bool) -> list[str]:
    title = plan.name
    if plan.task:
        title = page.words("screen.plan.title", optimizer=plan.name, task=plan.task)
    keys = (
        f"screen.optimizer.{plan.optimizer}.scope",
        f"screen.optimizer.{plan.optimizer}.not",
        f"screen.task.{plan.task}",
    )
    said = [page.words(key) for key in keys if has_sentence(key)]  # recipes of the user's own have none
    said.append(page.words("screen.plan.nothing-trained" if looked else "screen.plan.nothing-run"))
    head = [page.paint(line, "strong") for line in wrap(page.spell(title), page.width)]
    return [*head, *(f"  {line}" for text in said for line in wrap(text, page.width - 2))]


def _values(plan: Plan, page: Page, room: int) -> list[str]:
    """Every setting with its usual range, how well it is known, and the number of its source."""
    sources = _cited(plan)
    heads = ("name", "value", "range", "confidence", "source")
    rows = [tuple(page.words(f"screen.plan.column.{name}") for name in heads)]
    for name, knob in plan.settings.items():
        number = f"[{sources.index(knob.source) + 1}]"
        known = page.words(f"screen.plan.confidence.{knob.confidence}")
        rows.append((name, value_text(name, knob.value), range_text(name, knob, page), known, number))
    layouts = [table(rows), table(rows, gap=2), table([(*row[:3], row[4]) for row in rows], gap=2)]
    head, *body = next((each for each in layouts if max(map(cells, each)) <= room), layouts[-1])
    rate = value_text("rate", plan.rate)
    body[0] = body[0].replace(rate, page.paint(rate, "accent"), 1)
    return [page.paint(head, "faint"), *body]


def _cited(plan: Plan) -> list[str]:
    return list(dict.fromkeys(knob.source for knob in plan.settings.values()))


def value_text(name: str, value: float) -> str:
    """The value of a setting as people read it."""
    if name in _SHARES:
        return f"{100 * value:.3g} %"
    return f"{value:.4g}" if value >= 0.5 and value % 1 else f"{value:.0f}" if value >= 1 else rate_text(value)


def range_text(name: str, knob: Knob, page: Page) -> str:
    """Between which values a setting usually lies."""
    if knob.low is None or knob.high is None:
        return page.spell("–")
    low, high = value_text(name, knob.low), value_text(name, knob.high)
    return low if low == high else page.spell(f"{low} – {high}")


def _schedule(plan: Plan, page: Page, room: int) -> list[str]:
    return list(wrap(plan.expression, room))


def _groups(plan: Plan, page: Page, room: int) -> list[str]:
    if not plan.groups:
        return []
    heads = ["group", "rate", "factor"]
    decays = any(group.weight_decay is not None for group in plan.groups)
    initial = any(group.initial_sd is not None for group in plan.groups)
    heads += ["decay"] * decays + ["initial"] * initial
    rows = [[page.words(f"screen.plan.column.{name}") for name in heads]]
    for group in plan.groups:
        row = [group.role, rate_text(group.rate), page.words("screen.plan.factor", factor=f"{group.factor:.3g}")]
        if decays:
            row.append(page.spell("–") if group.weight_decay is None else rate_text(group.weight_decay))
        if initial:
            row.append(page.words("screen.plan.factor", factor=f"{group.initial_sd or 1:.3g}"))
        rows.append(row)
    layouts = [table(rows), table(rows, gap=2)]
    head, *body = next((each for each in layouts if max(map(cells, each)) <= room), layouts[-1])
    return [page.paint(head, "faint"), *body]


def _tune(plan: Plan, page: Page, room: int) -> list[str]:
    if not plan.matters:
        return []
    names = page.words("screen.plan.comma").join(plan.matters)
    return list(wrap(page.words("screen.plan.order", names=names), room))


def _why(plan: Plan, page: Page, room: int) -> list[str]:
    said = [page.words(f"reason.{each.code}.text", **each.values) for each in plan.reasons]
    digits = len(str(len(said)))
    return listed([f"{at:>{digits}}. " for at in range(1, len(said) + 1)], said, room)


def _mind(plan: Plan, page: Page, room: int) -> list[str]:
    said = [page.words(f"caution.{each.code}.text", **each.values) for each in plan.cautions]
    said += [page.words(f"screen.remark.{each.code}", **each.values) for each in plan.remarks]
    return listed(["• " if page.unicode else "* "] * len(said), said, room)


def _sources(plan: Plan, page: Page, room: int) -> list[str]:
    sources = [page.spell(source) for source in _cited(plan)]
    digits = len(str(len(sources)))
    return listed([f"{f'[{at}]':>{digits + 2}} " for at in range(1, len(sources) + 1)], sources, room)


def _next(plan: Plan, page: Page, room: int, program: Program) -> list[str]:
    """To look at it, and to measure it; where the usual range is known, within it."""
    look, is_example = look_command(plan)
    commands = [page.paint(look, "strong")]
    commands += wrap(page.words("screen.plan.example"), room) if is_example else []
    if plan.range is not None and plan.range[0] < plan.range[1]:
        rates = ("--rates", *map(rate_text, plan.range))
        find = shlex.join(command_words("find", program.words, rates, program.arguments))
        commands.append(page.paint(find, "strong"))
    return commands


def look_command(plan: Plan) -> tuple[str, bool]:
    """What shows the schedule of a plan, and whether numbers in it are examples, for what is not known of the run."""
    given = plan.given
    warm_up = plan.settings.get("warm_up_steps")
    steps = given.steps or max(_EXAMPLE_STEPS, round(10 * warm_up.value) if warm_up else 0)
    known, epoch = given.sizes, max(1, steps // _EXAMPLE_EPOCHS)
    examples = {"steps_per_epoch": epoch, "batch_size": _EXAMPLE_BATCH, "tokens_per_step": _EXAMPLE_TOKENS}
    sizes = Sizes(**{name: getattr(known, name) or example for name, example in examples.items()})
    used = {size for unit, size in UNIT_SIZES.items() if f"{unit}(" in plan.expression}
    is_example = given.steps is None or any(getattr(known, size) is None for size in used)
    return preview_command([plan.expression], steps, sizes), is_example


def _code(plan: Plan, page: Page) -> list[str]:
    """Flush with the left edge, so that it can be pasted as it is."""
    clip = plan.settings.get("clip")
    comment = page.words("screen.plan.clip")
    lines = optimizer_code(plan, page.width)
    if clip is not None:
        lines.append(f"torch.nn.utils.clip_grad_norm_(model.parameters(), {clip.value:g})  # {comment}")
    return [page.paint(page.words("screen.plan.code"), "faint"), *lines]


_SECTIONS: tuple[tuple[str, Callable[[Plan, Page, int], list[str]]], ...] = (
    ("values", _values),
    ("schedule", _schedule),
    ("groups", _groups),
    ("tune", _tune),
    ("why", _why),
    ("mind", _mind),
    ("sources", _sources),
)
