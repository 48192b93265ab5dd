"""The sorting and filter of the list of studies, as given in its address.

Path:   query of an address -> `Order`; rows -> the matching rows, in order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from ratecraft.reporting.pages.studies.library import Known

COLUMNS = ("study", "result", "rate", "score", "gain", "runs", "when")
"""The columns of a row, by which the list can be sorted."""
_STATES = ("running", "failed", "unfinished", "finished", "unreadable")


@dataclass(frozen=True, slots=True)
class Order:
    """The column that the list is sorted by, and words that its rows must contain.

    Example:
        >>> Order.of({"sort": "-rate", "filter": "adam"}), Order.of({"sort": "x"}).by
        (Order(by='rate', is_down=True, wanted='adam'), 'when')
    """

    by: str = "when"
    is_down: bool = True
    wanted: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Order":
        """The order that an address asks for; newest first if it names no column."""
        sort, wanted = query.get("sort", ""), query.get("filter", "").strip()
        by = sort.removeprefix("-")
        return cls(by, sort.startswith("-"), wanted) if by in COLUMNS else cls(wanted=wanted)

    @property
    def sort(self) -> str:
        """The sorting in the form of the address."""
        return f"{'-' if self.is_down else ''}{self.by}"

    def address(self, by: str) -> str:
        """The address of the list sorted by a column, or in the reverse order if it is sorted by it already."""
        is_down = not self.is_down if by == self.by else by == "when"
        asked = {"sort": Order(by, is_down).sort, **({"filter": self.wanted} if self.wanted else {})}
        return f"studies?{urlencode(asked)}"


NEWEST = Order()


@dataclass(frozen=True, slots=True)
class Listed:
    """A study with the first cells of its row: the script with its own arguments, and its state."""

    study: Known
    name: str
    state: str


def ordered(rows: Sequence[Listed], order: Order) -> Sequence[Listed]:
    """The rows that contain all wanted words, sorted; unknown values come last in either direction."""
    wanted = order.wanted.casefold().split()
    found = [row for row in rows if all(word in _words(row) for word in wanted)]
    known = [(value, row) for row in found if (value := _value(row, order.by)) is not None]
    known.sort(key=lambda item: item[0], reverse=order.is_down)
    return [*(row for _, row in known), *(row for row in found if _value(row, order.by) is None)]


def _words(row: Listed) -> str:
    line = row.study.line
    return " ".join((row.name, row.state, line.name, line.failure, line.metric, str(row.study.directory))).casefold()


def _value(row: Listed, by: str) -> tuple[float, str] | None:
    """The value that a row is sorted by; None if it is not known."""
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
