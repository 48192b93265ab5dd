"""What a user tries: a schedule with its rivals, or a plan, read from the address and from nowhere else.

Path:   the query of an address -> `Tried`, `Planned` -> pages; the address holds all of their state.
Units:  steps are optimizer steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final
from urllib.parse import urlencode

from ratecraft.errors import InvalidInput, RatecraftError
from ratecraft.recipes.plan import Plan
from ratecraft.recipes.planning import plan_of
from ratecraft.recipes.run_description import RunDescription
from ratecraft.reporting.pages.trying.building import BLOCKS, appended, without_last
from ratecraft.reporting.preview import Previewed
from ratecraft.schedules.analysis import analyse
from ratecraft.schedules.language.text import parse_set
from ratecraft.schedules.sizes import Sizes

FIRST: Final = "0.1 * (warmup(0.1) >> cosine(1, 0))"
"""The expression shown before anything is typed."""
MOST_RIVALS: Final = 4
CODES: Final = ("torch", "transformers", "optax", "keras")
NUMBERS: Final = tuple(
    field.name for field in fields(RunDescription) if field.name not in ("optimizer", "task", "schedule")
)
"""Fields of a plan that are numbers."""
_MOST_STEPS: Final = 1_000_000
_MOST_TEXT: Final = 2000
_USUAL_STEPS: Final = 1000


@dataclass(frozen=True, slots=True)
class Tried:
    """A schedule to try.

    Attributes:
        expression: The expression as it was typed.
        rivals: The expressions it is compared with.
        steps: Steps of the run, as typed.
        steps_per_epoch: As typed; empty for none.
        code: The framework that code is written for; one of `CODES`.
    """

    expression: str = FIRST
    rivals: tuple[str, ...] = ()
    steps: str = str(_USUAL_STEPS)
    steps_per_epoch: str = ""
    code: str = "torch"

    @property
    def sizes(self) -> Sizes:
        """The sizes of an epoch and of a step, as far as they were typed.

        Raises:
            InvalidInput: A size is not a number above 0.
        """
        typed = self.steps_per_epoch
        return Sizes(steps_per_epoch=_number("steps_per_epoch", typed)) if typed else Sizes()

    @property
    def query(self) -> str:
        """The same as a query of an address."""
        told = [("schedule", self.expression), *(("compare", rival) for rival in self.rivals), ("steps", self.steps)]
        told += [("steps_per_epoch", self.steps_per_epoch)] if self.steps_per_epoch else []
        return urlencode([*told, *([("code", self.code)] if self.code != "torch" else [])])


def tried_of(query: Sequence[tuple[str, str]]) -> Tried:
    """Read an address.

    Args:
        query: Its names and values, in order.

    Example:
        >>> tried_of([("schedule", "linear(1, 0)"), ("steps", "500")]).query
        'schedule=linear%281%2C+0%29&steps=500'
    """
    values = dict(query)
    rivals = [value.strip() for name, value in query if name == "compare" and value.strip()]
    code = values.get("code", "torch")
    return Tried(
        values.get("schedule", FIRST)[:_MOST_TEXT],
        tuple(rival[:_MOST_TEXT] for rival in rivals[:MOST_RIVALS]),
        values.get("steps", str(_USUAL_STEPS))[:20],
        values.get("steps_per_epoch", "")[:20],
        code if code in CODES else "torch",
    )


def rebuilt(tried: Tried, query: Mapping[str, str]) -> Tried | None:
    """The expression after a press of a block's button; None if no button was pressed.

    Raises:
        InvalidInput: The expression cannot be read, or nothing can follow it.
    """
    block, drop = query.get("append", ""), query.get("drop", "")
    if block in BLOCKS:
        expression = appended(tried.expression, BLOCKS[block])
    elif drop:
        expression = "" if drop == "all" else without_last(tried.expression)
    else:
        return None
    return Tried(expression, tried.rivals, tried.steps, tried.steps_per_epoch, tried.code)


def surveyed(tried: Tried) -> tuple[list[Previewed], list[RatecraftError]]:
    """The surveys of all expressions that can be read, and the errors of the others.

    Args:
        tried: What was typed.
    """
    try:
        steps, sizes = _whole(tried.steps), tried.sizes
    except RatecraftError as error:
        return [], [error]
    looked, wrong = list[Previewed](), list[RatecraftError]()
    for expression in (tried.expression, *tried.rivals):
        if not expression.strip():
            continue
        try:
            looked.append(_looked_at(expression, steps, sizes))
        except RatecraftError as error:
            wrong.append(error)
    return looked, wrong


def plan_tried(query: Mapping[str, str]) -> Plan | None:
    """The plan of a form; None if no optimizer is chosen yet.

    Args:
        query: Names of `RunDescription`'s fields to what was typed; an empty text counts as not given.

    Raises:
        InvalidInput: Same as `RunDescription` and `plan_of`.
    """
    typed = {
        name: query[name].strip()[:_MOST_TEXT] for name in ("optimizer", "task", "schedule", *NUMBERS) if name in query
    }
    given: dict[str, object] = {name: value for name, value in typed.items() if value}
    if "optimizer" not in given:
        return None
    for name in NUMBERS:
        if name in given:
            given[name] = _number(name, str(given[name]))
    return plan_of(RunDescription(**given))  # pyright: ignore[reportArgumentType] - it checks them itself


def _looked_at(expression: str, steps: int, sizes: Sizes) -> Previewed:
    schedules = parse_set(expression)
    names = sorted(schedules, key=lambda name: (name != "rate", name))
    return Previewed(
        expression.strip(),
        tuple((name, analyse(schedules[name], steps, sizes)) for name in names),
    )


def _whole(text: str) -> int:
    try:
        steps = int(text)
    except ValueError:
        steps = 0
    if not 1 <= steps <= _MOST_STEPS:
        raise InvalidInput("page-steps", given=text, most=_MOST_STEPS)
    return steps


def _number(name: str, text: str) -> float | int:
    try:
        number = float(text)
    except ValueError:
        raise InvalidInput("option-number", option=name, given=text) from None
    return int(number) if number.is_integer() and name in ("steps", "base_steps") else number
