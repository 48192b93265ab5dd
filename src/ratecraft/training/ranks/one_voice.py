"""What is seen of the processes of one watched run, as one run: losses are means over all, figures those that are told.

Path:   pieces of each rank, as they come -> one piece after the other -> the receiver of the run.
Units:  a step's loss is reported once every rank that still trains has come as far.

The first rank is the voice. A figure of another one counts only under a name that the first one has not told by the
step that it is of. Nothing is asked of the processes, so that none of them waits for another on our account.
"""

import math
from collections.abc import Callable, Iterable, Mapping

from ratecraft.records.storage.watched import WATCH_ENDED
from ratecraft.records.watching.observed import Fact, ObservedRun, observed_series
from ratecraft.training.observing.each_rank.mark import without_marks
from ratecraft.training.ranks.comparing import Comparing

_AT_EACH_STEP = ("loss", "rate")  # told together; a figure is told of a step that is yet to come
_AS_SUM = "grad_norm"  # of weights that are spread over the ranks, each has the norm of its part
_SHARDED = "weights_sharded"
_OF_ANY = frozenset({"unused_parameters", "unused_named"})  # facts that one rank may be left to tell


class OneVoice:
    """Joins pieces; used by one thread.

    Args:
        take: Takes pieces of the one run.
        ranks: Number of ranks.
    """

    def __init__(self, take: Callable[[ObservedRun], None], ranks: int) -> None:
        self._take, self._ranks = take, ranks
        self._living, self._last = set(range(ranks)), dict.fromkeys(range(ranks), -1)
        self._parts: Mapping[str, _Parts] = {"loss": _Parts(_mean)}
        self._own, self._held = set[str](), dict[str, tuple[int, list[int], list[float]]]()
        self._begun, self._comparing = False, Comparing(ranks)

    def take(self, rank: int, piece: ObservedRun) -> None:
        """Take the next piece from a rank."""
        done = [int(piece.series[name].steps[-1]) for name in _AT_EACH_STEP if name in piece.series]
        self._last[rank] = max([self._last[rank], *done])
        told = without_marks(piece.facts)
        facts = told if rank == 0 else {name: value for name, value in told.items() if name in _OF_ANY}
        facts |= self._comparing.take(rank, piece.facts)
        if WATCH_ENDED in piece.facts:  # nothing more is seen of this rank, though it trains on
            facts[WATCH_ENDED] = piece.facts[WATCH_ENDED]
            self._living.discard(rank)
        if not self._begun:
            self._begun, facts["processes"] = True, float(self._ranks)
        if _SHARDED in piece.facts and _AS_SUM not in self._parts:
            self._parts = {**self._parts, _AS_SUM: _Parts(_root_of_squares)}
        own: dict[str, tuple[list[int], list[float]]] = {}
        for name, series in piece.series.items():
            steps, values = series.steps.tolist(), series.values.tolist()
            if name in self._parts:
                self._parts[name].add(rank, steps, values)
            elif rank == 0:
                own[name] = steps, values
            else:
                self._hold(rank, name, steps, values)
        self._own |= own.keys()
        self._tell(own, facts)

    def ended(self, rank: int) -> None:
        """A rank has no more pieces."""
        self._living.discard(rank)
        self._tell({}, {})

    def _hold(self, rank: int, name: str, steps: list[int], values: list[float]) -> None:
        """A figure of another rank than the first: that of the lowest counts."""
        lowest, before, those = self._held.get(name, (rank, [], []))
        if rank < lowest:
            lowest, before, those = rank, [], []
        if rank == lowest:
            self._held[name] = rank, before + steps, those + values

    def _tell(self, own: dict[str, tuple[list[int], list[float]]], facts: Mapping[str, Fact]) -> None:
        until = min((self._last[rank] for rank in self._living), default=None)
        joined = {name: parts.until(until) for name, parts in self._parts.items()}
        series = {
            **own,
            **{name: values_at for name, values_at in joined.items() if values_at[0]},
            **self._figures_of_others(),
        }
        if series or facts:
            pieces = {name: observed_series(name, *columns) for name, columns in series.items()}
            self._take(ObservedRun(pieces, "step", facts, "live"))

    def _figures_of_others(self) -> dict[str, tuple[list[int], list[float]]]:
        first = self._last[0] if 0 in self._living else math.inf
        told: dict[str, tuple[list[int], list[float]]] = {}
        for name, (_, steps, values) in list(self._held.items()):
            if name in self._own:
                del self._held[name]
            elif first >= steps[-1]:
                told[name] = steps, values
                del self._held[name]
        return told


class _Parts:
    """A series of which each rank has its own.

    Args:
        joined: Makes one value of theirs.
    """

    def __init__(self, joined: Callable[[Iterable[float]], float]) -> None:
        self._joined, self._values = joined, dict[int, dict[int, float]]()

    def add(self, rank: int, steps: list[int], values: list[float]) -> None:
        """Add values that a rank reported."""
        for step, value in zip(steps, values, strict=True):
            self._values.setdefault(step, {})[rank] = value

    def until(self, last: int | None) -> tuple[list[int], list[float]]:
        """Report everything complete up to a step; None for everything there is."""
        steps = sorted(step for step in self._values if last is None or step <= last)
        values = [self._joined(value for _, value in sorted(self._values.pop(step).items())) for step in steps]
        return steps, values


def _mean(values: Iterable[float]) -> float:
    each = list(values)
    return each[0] if all(value == each[0] for value in each) else math.fsum(each) / len(each)


def _root_of_squares(values: Iterable[float]) -> float:
    return math.hypot(*values)
