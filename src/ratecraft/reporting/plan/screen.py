"""A plan as a screen and as JSON: values first, then what they rest on, then what to type now.

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
from ratecraft.recipes.recipe import Hyperparameter
from ratecraft.records.outcome import Note
from ratecraft.records.program import Program, command_words
from ratecraft.reporting.plan.code import optimizer_code
from ratecraft.reporting.plan.seen import change_lines, compared_json, seen_lines
from ratecraft.reporting.preview import preview_command
from ratecraft.reporting.text.page import Page, cells, table, wrap
from ratecraft.reporting.text.sections import WIDEST, labelled, listed
from ratecraft.schedules.sizes import UNIT_SIZES, Sizes
from ratecraft.translations.catalogue import has_sentence, rate_text, sentence
from ratecraft.translations.rewording import reworded

_ANY = Program("train.py")
_LETTERS = str.maketrans({"β": "beta", "ε": "epsilon", "µ": "mu", "√": "sqrt "})
_EXAMPLE_STEPS = 1000
_EXAMPLE_EPOCHS = 10
_EXAMPLE_BATCH = 64
_EXAMPLE_TOKENS = 4096
_OWN_FILE = "from-own-file"
_MOST = 25  # lines of the screen, unless the part about the script needs more
_SHARES = ("warm_up", "decay_share", "rise_share", "end")


def plan_text(
    plan: Plan,
    page: Page,
    compared: Compared | None = None,
    notes: Sequence[Note] = (),
    program: Program = _ANY,
    *,
    full: bool = False,
) -> str:
    """The screen of a plan: the values and what makes them less sure, what to paste, what to type next.

    Args:
        plan: The plan.
        page: Language, width, colour and alphabet.
        compared: The plan compared with a training that was looked at; None without one.
        notes: Notes of that look.
        program: The training, for the next command.
        full: Show every value with its source, all reasons and all notes.
    """
    page = replace(page, width=min(page.width, WIDEST))
    names = [*(name for name, _ in _SECTIONS), "also", "next", *(("seen", "change") if compared else ())]
    label_width = max(cells(page.words(f"screen.plan.label.{name}")) for name in names) + 2
    room = page.width - label_width

    def block(name: str, lines: Sequence[str]) -> list[str]:
        return labelled(page.words(f"screen.plan.label.{name}"), lines, label_width, page) if lines else []

    blocks = [_headline(plan, page, looked=compared is not None, full=full)]
    if compared is not None:
        blocks.append(block("change", change_lines(compared, notes, page, room)))
        blocks.append(block("seen", seen_lines(compared, page, room)))
    ahead = block("next", _next(plan, page, room, program))
    if full:
        for name, section in _SECTIONS:
            blocks.append(block(name, section(plan, page, room)))
            if name == "groups":
                blocks.append(_code(plan, page))
        blocks.append(ahead)
    else:
        others = [] if compared is not None else _others(plan, page, room)
        blocks += [[*block("schedule", _schedule(plan, page, room)), *block("also", others)], _code(plan, page)]
        left = _MOST - sum(len(block) + 1 for block in blocks if block) - len(ahead)
        blocks += [block("mind", _foremost(plan, page, room, left)), ahead]
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    return text if page.unicode else _in_ascii(text)


def plan_json(
    plan: Plan, language: str = "en", compared: Compared | None = None, notes: Sequence[Note] = ()
) -> dict[str, Any]:
    """The same as plain values; `seen`, `changes` and `notes` only if a training was looked at."""
    said = [("reason", plan.reasons), ("caution", plan.cautions)]
    told = {
        f"{family}s": [
            {
                "code": line.code,
                "values": dict(line.values),
                "text": sentence(f"{family}.{line.code}.text", language, line.values),
            }
            for line in listed
        ]
        for family, listed in said
    }
    return {
        "schema": 1,
        "plan": {
            "optimizer": plan.optimizer,
            "task": plan.task,
            "confidence": plan.confidence,
            "doubt": None if plan.doubt is None else plan.doubt.code,
            "settings": {name: _hyperparameter_json(hyperparameter) for name, hyperparameter in plan.settings.items()},
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
                    "code": remark.code,
                    "values": remark.values,
                    "text": sentence(f"screen.remark.{remark.code}", language, remark.values),
                }
                for remark in plan.remarks
            ],
            "presets": plan.origin or None,
            **({} if compared is None else compared_json(compared, notes, language)),
        },
    }


def _hyperparameter_json(hyperparameter: Hyperparameter) -> dict[str, Any]:
    return {
        "value": hyperparameter.value,
        "low": hyperparameter.low,
        "high": hyperparameter.high,
        "source": hyperparameter.source,
        "confidence": hyperparameter.confidence,
        **({"unit": hyperparameter.unit} if hyperparameter.unit else {}),
    }


def _in_ascii(text: str) -> str:
    """Greek letters by name and letters without accents, which the page's own table does not cover."""
    return unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode()


def _headline(plan: Plan, page: Page, *, looked: bool, full: bool) -> list[str]:
    """The values, what makes them less sure, and that nothing was trained for them."""
    title = plan.name
    if plan.task:
        title = page.words("screen.plan.title", optimizer=plan.name, task=plan.task)
    near, rate = range_text("rate", plan.settings["rate"], page), value_text("rate", plan.rate)
    code = "bare" if plan.range is None else plan.confidence
    answer = page.words(f"screen.plan.answer.{code}", title=title, rate=rate, range=near)
    doubt = plan.doubt
    said = [] if doubt is None else [page.words(f"caution.{doubt.code}.text", **doubt.values)]
    said += [
        page.words("reason.from-own-file.text", **reason.values) for reason in plan.reasons if reason.code == _OWN_FILE
    ]
    keys = (
        f"screen.optimizer.{plan.optimizer}.scope",
        f"screen.optimizer.{plan.optimizer}.not",
        f"screen.task.{plan.task}",
    )
    if full:
        said += [page.words(key) for key in keys if has_sentence(key)]  # the user's own recipes have none
    said.append(page.words("screen.plan.nothing-trained" if looked else "screen.plan.nothing-run"))
    head = [page.paint(line, "strong") for line in wrap(page.spell(answer), page.width)]
    return [*head, *(f"  {line}" for text in said for line in wrap(text, page.width - 2))]


def _others(plan: Plan, page: Page, room: int) -> list[str]:
    """The other settings in one row."""
    said = [
        f"{name} {hyperparameter_text(name, hyperparameter, page)}"
        for name, hyperparameter in list(plan.settings.items())[1:]
    ]
    return list(wrap(page.words("screen.plan.comma").join(said), room)) if said else []


def _foremost(plan: Plan, page: Page, room: int, left: int) -> list[str]:
    """As many notes as the screen has lines for, and how many more there are."""
    said = [page.words(f"screen.remark.{remark.code}", **remark.values) for remark in plan.remarks]
    said += [
        page.words(f"caution.{caution.code}.text", **caution.values)
        for caution in plan.cautions
        if caution != plan.doubt
    ]
    bullet, lines, shown = "• " if page.unicode else "* ", list[str](), 0
    for text in said:
        more = listed([bullet], [text], room)
        if len(lines) + len(more) > left - 2:  # the last line, and one between blocks
            break
        lines, shown = [*lines, *more], shown + 1
    told = page.words("screen.plan.more", reasons=len(plan.reasons), notes=len(said) - shown)
    return [*lines, *wrap(told, room)]


def _values(plan: Plan, page: Page, room: int) -> list[str]:
    """Every setting with its usual range, its confidence, and the number of its source."""
    sources = _cited(plan)
    heads = ("name", "value", "range", "confidence", "source")
    rows = [tuple(page.words(f"screen.plan.column.{name}") for name in heads)]
    for name, hyperparameter in plan.settings.items():
        number = f"[{sources.index(hyperparameter.source) + 1}]"
        known = page.words(f"screen.plan.confidence.{hyperparameter.confidence}")
        rows.append(
            (
                name,
                hyperparameter_text(name, hyperparameter, page),
                range_text(name, hyperparameter, page),
                known,
                number,
            )
        )
    layouts = [table(rows), table(rows, gap=2), table([(*row[:3], row[4]) for row in rows], gap=2)]
    head, *body = next((layout for layout in layouts if max(map(cells, layout)) <= room), layouts[-1])
    rate = value_text("rate", plan.rate)
    body[0] = body[0].replace(rate, page.paint(rate, "accent"), 1)
    return [page.paint(head, "faint"), *body]


def _cited(plan: Plan) -> list[str]:
    return list(dict.fromkeys(hyperparameter.source for hyperparameter in plan.settings.values()))


def source_text(source: str, page: Page) -> str:
    """Where a value is from; what is not a citation in the page's language."""
    return page.spell("; ".join(reworded(part, "source", page.language) for part in source.split("; ")))


def value_text(name: str, value: float) -> str:
    """The value of a setting as text."""
    if name in _SHARES:
        return f"{100 * value:.3g} %"
    return f"{value:.4g}" if value >= 0.5 and value % 1 else f"{value:.0f}" if value >= 1 else rate_text(value)


def hyperparameter_text(name: str, hyperparameter: Hyperparameter, page: Page) -> str:
    """The value of a hyperparameter with its unit."""
    value = value_text(name, hyperparameter.value)
    return page.words(f"screen.plan.unit.{hyperparameter.unit}", value=value) if hyperparameter.unit else value


def range_text(name: str, hyperparameter: Hyperparameter, page: Page) -> str:
    """The usual range of a setting."""
    if hyperparameter.low is None or hyperparameter.high is None:
        return page.spell("–")
    low, high = value_text(name, hyperparameter.low), value_text(name, hyperparameter.high)
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
    head, *body = next((layout for layout in layouts if max(map(cells, layout)) <= room), layouts[-1])
    return [page.paint(head, "faint"), *body]


def _tune(plan: Plan, page: Page, room: int) -> list[str]:
    if not plan.matters:
        return []
    names = page.words("screen.plan.comma").join(plan.matters)
    return list(wrap(page.words("screen.plan.order", names=names), room))


def _why(plan: Plan, page: Page, room: int) -> list[str]:
    said = [page.words(f"reason.{reason.code}.text", **reason.values) for reason in plan.reasons]
    digits = len(str(len(said)))
    return listed([f"{at:>{digits}}. " for at in range(1, len(said) + 1)], said, room)


def _mind(plan: Plan, page: Page, room: int) -> list[str]:
    said = [page.words(f"caution.{caution.code}.text", **caution.values) for caution in plan.cautions]
    said += [page.words(f"screen.remark.{remark.code}", **remark.values) for remark in plan.remarks]
    return listed(["• " if page.unicode else "* "] * len(said), said, room)


def _sources(plan: Plan, page: Page, room: int) -> list[str]:
    sources = [source_text(source, page) for source in _cited(plan)]
    digits = len(str(len(sources)))
    return listed([f"{f'[{at}]':>{digits + 2}} " for at in range(1, len(sources) + 1)], sources, room)


def _next(plan: Plan, page: Page, room: int, program: Program) -> list[str]:
    """The next commands: to look at the schedule, and to measure the rate within its usual range if that is known."""
    look, is_example = look_command(plan)
    commands = [page.paint(look, "strong")]
    commands += wrap(page.words("screen.plan.example"), room) if is_example else []
    if plan.range is not None and plan.range[0] < plan.range[1]:
        rates = ("--rates", *map(rate_text, plan.range))
        find = shlex.join(command_words("find", program.words, rates, program.arguments))
        commands.append(page.paint(find, "strong"))
    return commands


def look_command(plan: Plan) -> tuple[str, bool]:
    """The command that shows a plan's schedule, and whether it has example numbers for unknown values of the run."""
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
    """Flush with the left edge, so that it can be pasted."""
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
