"""What a guard did, as something to tell: never silent, and never a line for each of a thousand skips.

Path:   pieces of a run with the guard's series (`records.guarding`) -> `Acts` -> findings; pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ratecraft.diagnosis.finding import Evidence, Finding
from ratecraft.records.guarding import ACTS, Kind, series_of
from ratecraft.records.observed import ObservedRun

__all__ = ["Acts"]

_CODES: Mapping[Kind, str] = {
    "skip": "guard-skip",
    "clip": "guard-clip",
    "back": "guard-back",
    "cut": "guard-cut",
    "stop": "guard-stop",
    "end": "guard-end",
}

_RARELY: tuple[Kind, ...] = ("skip", "clip")
"""Told the first time, the tenth, the hundredth…; the record has each."""


@dataclass(frozen=True, slots=True)
class Acts:
    """How often a guard did what, so far."""

    counts: Mapping[Kind, int] = field(default_factory=dict[Kind, int])

    def after(self, piece: ObservedRun) -> "tuple[Acts, tuple[Finding, ...]]":
        """The next state, and what is told of the piece, in the order of its steps.

        Example:
            >>> from ratecraft.records.observed import observed_series
            >>> piece = ObservedRun({"guard_skip": observed_series("guard_skip", [7, 8], [0.0, 0.0])}, "step")
            >>> acts, told = Acts().after(piece)
            >>> [(each.code, each.steps) for each in told], acts.counts
            ([('guard-skip', (7, 7))], {'skip': 2})
        """
        counts, told = dict(self.counts), list[Finding]()
        if "guard_off" in piece.facts:
            told.append(_finding("guard-off", 0, {}))
        acts = sorted(_acts_of(piece))
        cuts = {step: value for step, kind, value in acts if kind == "cut"}
        back = {step for step, kind, _ in acts if kind == "back"}
        for step, kind, value in acts:
            counts[kind] = count = counts.get(kind, 0) + 1
            if (kind in _RARELY and not _is_power_of_ten(count)) or (kind == "cut" and step in back):
                continue
            values = {"step": step, "count": count, "value": value, "factor": cuts.get(step, 1.0)}
            told.append(_finding(_CODES[kind], step, values))
        return Acts(counts), tuple(told)


def _acts_of(piece: ObservedRun) -> Iterator[tuple[int, Kind, float]]:
    for kind in ACTS:
        series = piece.series.get(series_of(kind))
        if series is not None:
            for step, value in zip(series.steps.tolist(), series.values.tolist(), strict=True):
                yield step, kind, value


def _finding(code: str, step: int, evidence: Evidence) -> Finding:
    return Finding(code, "warning", 1.0, (step, step), evidence)


def _is_power_of_ten(count: int) -> bool:
    return count == 10 ** (len(str(count)) - 1)
