"""The part of a plan's screen about a training that was looked at: what was seen, and what the plan would change.

Path:   `Compared` + `Page` -> lines; `Compared` -> plain values.
Units:  as in `screen`.
"""

from collections.abc import Sequence
from typing import Any

from ratecraft.recipes.comparing import Compared
from ratecraft.records.outcome import Note
from ratecraft.reporting.text.page import Page, wrap
from ratecraft.reporting.text.sections import listed
from ratecraft.translations.catalogue import rate_text, sentence


def seen_lines(compared: Compared, page: Page, room: int) -> list[str]:
    """The optimizer, model, data and length that were seen, and what was assumed about the task.

    Args:
        compared: The training and its plan.
        page: Language and alphabet.
        room: Cells of a line.
    """
    seen = compared.seen
    unknown = page.words("screen.plan.seen.unknown")
    count = page.words("screen.plan.seen.count", count=seen.model.parameters) if seen.model.parameters else unknown
    values = ", ".join(f"{name} {_number(value)}" for name, value in seen.values.items())
    size = unknown if seen.batch_size is None else str(seen.batch_size)
    length = unknown if seen.dataset_length is None else f"{seen.dataset_length:,}"
    said = [
        f"{seen.class_name}: {values}" if values else seen.class_name,
        page.words("screen.plan.seen.model", name=seen.model.name or unknown, count=count),
        page.words("screen.plan.seen.data", batch=size, length=length),
        _length(compared, page),
    ]
    if compared.plan.task == seen.task:  # otherwise it was given
        said.append(page.words(f"reason.{seen.assumed.code}.text", **seen.assumed.values))
    return [line for text in said for line in wrap(page.spell(text), room)]


def change_lines(compared: Compared, notes: Sequence[Note], page: Page, room: int) -> list[str]:
    """The changes that the plan would make, one bullet each; or that all is within the usual ranges.

    Args:
        compared: The training and its plan.
        notes: Notes of the look.
        page: Language and alphabet.
        room: Cells of a line.
    """
    said = [page.words(f"change.{change.code}.text", **change.values) for change in compared.changes]
    if not said:
        within = "screen.plan.seen.within" if "rate" in compared.seen.values else "screen.plan.seen.no-rate"
        said = [page.words(within)]
    said += [page.note(note) for note in notes]
    return listed(["• " if page.unicode else "* "] * len(said), said, room)


def compared_json(compared: Compared, notes: Sequence[Note], language: str) -> dict[str, Any]:
    """The same as plain values.

    Args:
        compared: The training and its plan.
        notes: Notes of the look.
        language: Language of the sentences.
    """
    seen = compared.seen

    def told(family: str, code: str, values: Any) -> dict[str, Any]:
        return {"code": code, "values": dict(values), "text": sentence(f"{family}.{code}.text", language, values)}

    return {
        "seen": {
            "optimizer": seen.class_name,
            "values": dict(seen.values),
            "groups": seen.groups,
            "model": seen.model.name,
            "parameters": seen.model.parameters or None,
            "loaded": seen.model.loaded,
            "kinds": dict(seen.model.kinds),
            "batch_size": seen.batch_size,
            "dataset_length": seen.dataset_length,
            "steps": seen.steps,
            "steps_source": seen.steps_source or None,
            "passes": seen.passes,
            "task": seen.task,
            "assumed": told("reason", seen.assumed.code, seen.assumed.values),
        },
        "changes": [told("change", change.code, change.values) for change in compared.changes],
        "notes": [told("note", note.code, note.values) for note in notes],
    }


def _length(compared: Compared, page: Page) -> str:
    seen = compared.seen
    if seen.steps is None:
        return page.words("screen.plan.seen.no-steps")
    if seen.passes is None:
        return page.words("screen.plan.seen.steps", steps=f"{seen.steps:,}")
    return page.words("screen.plan.seen.passes", steps=f"{seen.steps:,}", passes=f"{seen.passes:.3g}")


def _number(value: float) -> str:
    return f"{value:.4g}" if value >= 0.5 else rate_text(value)
