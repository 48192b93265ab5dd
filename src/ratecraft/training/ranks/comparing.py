"""Holds what the ranks of one run say of themselves against one another: where they part is a fact of the run.

Path:   marks of each rank (`observing.each_rank`) -> facts -> the rules of `diagnosis`. Pure.

Only marks of the same backward pass are compared, and weights only of ranks that have made as many steps.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from ratecraft.records.watching.observed import Fact
from ratecraft.training.observing.each_rank.mark import END, Mark, Part, marks_in

_PASSES_OF_STEPS = 4  # after which a rank that never steps is known as such
_PASSES_ALONE = 64  # weights may be averaged now and then
_STEPS_ALONE = 8  # of a run that is over sooner
_PASSES_OF_DATA = 4
_ALONE = "ranks_train_alone"

_Marks: TypeAlias = Sequence[Mark]


class Comparing:
    """Takes marks and compares them; used by one thread.

    Args:
        ranks: Number of ranks.
    """

    def __init__(self, ranks: int) -> None:
        self._ranks, self._marks = ranks, dict[str, dict[int, Mark]]()
        self._said, self._fed = dict[str, Fact](), list[_Marks]()

    def take(self, rank: int, facts: Mapping[str, Fact]) -> dict[str, Fact]:
        """Take what a rank reported; returns the facts that are new."""
        found = dict[str, Fact]()
        for at, mark in marks_in(facts).items():
            there = self._marks.setdefault(at, {})
            there[rank] = mark
            if len(there) == self._ranks:
                del self._marks[at]
                found |= self._compared([there[each] for each in range(self._ranks)], is_last=at == END)
        news = {name: value for name, value in found.items() if self._said.get(name) is None or name == _ALONE}
        self._said |= news
        return news

    def _compared(self, marks: _Marks, *, is_last: bool) -> dict[str, Fact]:
        if len({mark.passes for mark in marks}) > 1:
            return {}
        if not is_last:
            self._fed.append(marks)
        return _in_common(marks) | self._alone(marks, is_last=is_last) | self._data(marks)

    def _alone(self, marks: _Marks, *, is_last: bool) -> dict[str, Fact]:
        """Nothing is exchanged; what was said of it is taken back where something is exchanged after all."""
        passes, is_long = marks[0].passes, is_last and min(mark.steps for mark in marks) >= _STEPS_ALONE
        alone = all(mark.sharing == "none" for mark in marks) and len({mark.beside.shapes for mark in marks}) == 1
        if alone and (passes >= _PASSES_ALONE or is_long):
            return {_ALONE: float(passes)}
        return {_ALONE: 0.0} if self._said.get(_ALONE) and not alone and not is_last else {}

    def _data(self, marks: _Marks) -> dict[str, Fact]:
        """Every pass so far was made of the same data, or began at the same loss, on all ranks."""
        if not all(mark.divides for mark in marks) or len(self._fed) < _PASSES_OF_DATA:
            return {}
        data = [[mark.data for mark in fed] for fed in self._fed]
        losses = [[mark.loss for mark in fed] for fed in self._fed]
        for values in (data, losses):
            are_same = all(None not in each and len(set(each)) == 1 for each in values)
            if are_same and len({each[0] for each in values}) > 1:
                return {"ranks_same_data": float(len(self._fed))}
        return {}


def _in_common(marks: _Marks) -> dict[str, Fact]:
    """The findings for ranks whose gradients are averaged."""
    if any(mark.sharing != "common" for mark in marks) or len({mark.common.shapes for mark in marks}) > 1:
        return {}
    steps = [mark.steps for mark in marks]
    fewest, most = min(steps), max(steps)
    if fewest < most:
        is_clear = most - fewest > 1 and marks[0].passes >= _PASSES_OF_STEPS
        still = {"ranks_steps_fewest": float(fewest), "ranks_steps_most": float(most)}
        return {**still, "ranks_still": float(steps.index(fewest))} if is_clear else {}
    found: dict[str, Fact] = {}
    if _are_apart([mark.common for mark in marks]):
        found["ranks_weights_apart"] = float(most)
    beside = [mark.beside for mark in marks]
    if len({part.shapes for part in beside}) == 1 and _are_apart(beside):
        values = float(beside[0].values)
        found |= {"ranks_part_apart": values, "ranks_part_of": values + marks[0].common.values}
    return found


def _are_apart(parts: Sequence[Part]) -> bool:
    """Whether the weights of any two ranks are farther apart than rounding."""
    first = parts[0]
    if not first.values:
        return False
    return any(
        math.dist(first.sketch, other.sketch) > max(first.limit, other.limit) * math.sqrt(max(first.size, other.size))
        for other in parts[1:]
    )
