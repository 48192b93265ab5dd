"""How the list of studies is sorted and which of them it has, as its address says.

Path:   query of an address -> `Order`; rows -> the rows that are wanted, in their order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from ratecraft.reporting.pages.studies.library import Known

__all__ = ["COLUMNS", "NEWEST", "Listed", "Order", "ordered"]

COLUMNS = ("study", "result", "rate", "score", "gain", "runs", "when")
"""What a row tells, and what the list can be sorted by."""
_STATES = ("running", "failed", "unfinished", "finished", "unreadable")


@dataclass(frozen=True, slots=True)
class Order:
    """What the list is sorted by, and words that its rows must have.

    Example:
        >>> Order.of({"sort": "-rate", "filter": "adam"}), Order.of({"sort": "x"}).by
        (Order(by='rate', is_down=True, wanted='adam'), 'when')
    """

    by: str = "when"
    is_down: bool = True
    wanted: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Order":
        """What an address asks for; the newest first where it names no column."""
        sort, wanted = query.get("sort", ""), query.get("filter", "").strip()
        by = sort.removeprefix("-")
        return cls(by, sort.startswith("-"), wanted) if by in COLUMNS else cls(wanted=wanted)

    @property
    def sort(self) -> str:
        """The sorting as the address has it."""
        return f"{'-' if self.is_down else ''}{self.by}"

    def address(self, by: str) -> str:
        """The list sorted by a column; the other way round where it is already."""
        is_down = not self.is_down if by == self.by else by == "when"
        asked = {"sort": Order(by, is_down).sort, **({"filter": self.wanted} if self.wanted else {})}
        return f"studies?{urlencode(asked)}"


NEWEST = Order()


@dataclass(frozen=True, slots=True)
class Listed:
    """A study with what its row says first: the script with its own arguments, and how it stands."""

    study: Known
    name: str
    state: str


def ordered(rows: Sequence[Listed], order: Order) -> Sequence[Listed]:
    """The rows that have all wanted words, sorted; what is not known comes last, whichever way."""
    wanted = order.wanted.casefold().split()
    found = [row for row in rows if all(word in _words(row) for word in wanted)]
    known = [(value, row) for row in found if (value := _value(row, order.by)) is not None]
    known.sort(key=lambda item: item[0], reverse=order.is_down)
    return [*(row for _, row in known), *(row for row in found if _value(row, order.by) is None)]


def _words(row: Listed) -> str:
    line = row.study.line
    return " ".join((row.name, row.state, line.name, line.failure, line.metric, str(row.study.directory))).casefold()


def _value(row: Listed, by: str) -> tuple[float, str] | None:
    """What a row is sorted by; None where it is not known."""
    line = row.study.line
    match by:
        case "study":
            return 0.0, row.name
        case "result":
            return float(_STATES.index(line.state)), row.state
        case "when":
            return 0.0, line.when
        case _:
            number = {"rate": line.rate, "score": line.after, "gain": line.gain}.get(by, line.runs)
            return None if number is None else (number, "")
