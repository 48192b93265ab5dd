"""What a guard did and what to change in the training: never silent, but not one line for each of many skips either.

Path:   pieces of a run with the guard's series (`records.watching.guarding`) -> `Acts` -> findings; pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ratecraft.diagnosis.finding import Advice, Evidence, Finding
from ratecraft.records.watching.guarding import ACTS, HELD, Kind, series_of
from ratecraft.records.watching.observed import ObservedRun

_CODES: Mapping[Kind, str] = {
    "skip": "guard-skip",
    "clip": "guard-clip",
    "mend": "guard-mend",
    "back": "guard-back",
    "cut": "guard-cut",
    "stop": "guard-stop",
    "end": "guard-end",
}

_RARELY: tuple[Kind, ...] = ("skip", "clip", "mend")
"""Reported the first time, the tenth, the hundredth…; the record has all of them."""


@dataclass(frozen=True, slots=True)
class Acts:
    """How often a guard took each kind of action so far, and the factor on the training's own rate."""

    counts: Mapping[Kind, int] = field(default_factory=dict[Kind, int])
    factor: float = 1.0

    def after(self, piece: ObservedRun) -> "tuple[Acts, tuple[Finding, ...]]":
        """The next state, and what is reported of the piece, in the order of its steps.

        Example:
            >>> from ratecraft.records.watching.observed import observed_series
            >>> piece = ObservedRun({"guard_skip": observed_series("guard_skip", [7, 8], [0.0, 0.0])}, "step")
            >>> acts, told = Acts().after(piece)
            >>> [(each.code, each.steps) for each in told], acts.counts
            ([('guard-skip', (7, 7))], {'skip': 2})
        """
        counts, factor, told = dict(self.counts), self.factor, list[Finding]()
        if "guard_off" in piece.facts:
            told.append(_finding("guard-off", 0, {}))
        acts = sorted(_acts_of(piece))
        cuts = {step: value for step, kind, value in acts if kind == "cut"}
        back = {step for step, kind, _ in acts if kind == "back"}
        for step, kind, value in acts:
            factor = cuts.get(step, factor)
            counts[kind] = count = counts.get(kind, 0) + 1
            if (kind in _RARELY and not _is_power_of_ten(count)) or (kind == "cut" and step in back):
                continue
            code = "guard-held" if kind == "stop" and HELD in piece.facts else _CODES[kind]
            told.append(_finding(code, step, {"step": step, "count": count, "value": value, "factor": factor}))
        return Acts(counts, factor), tuple(told)


def _acts_of(piece: ObservedRun) -> Iterator[tuple[int, Kind, float]]:
    for kind in ACTS:
        series = piece.series.get(series_of(kind))
        if series is not None:
            for step, value in zip(series.steps.tolist(), series.values.tolist(), strict=True):
                yield step, kind, value


def _finding(code: str, step: int, evidence: Evidence) -> Finding:
    return Finding(code, "warning", 1.0, (step, step), evidence, _advice(code, evidence))


def _advice(code: str, evidence: Evidence) -> tuple[Advice, ...]:
    """What to change in the training so that the guard has nothing to do next time."""
    match code:
        case "guard-skip" | "guard-mend" | "guard-end":
            return (Advice("look-at-batch", {"step": evidence["step"]}),)
        case "guard-clip":
            return (Advice("clip-usual", {"norm": evidence["value"]}),)
        case "guard-back":
            return (Advice("divide-rate", {"factor": 1 / float(evidence["factor"])}),)
        case "guard-stop" | "guard-held" if float(evidence["value"]) > 0:
            return (Advice("shorten", {"steps": int(evidence["value"])}),)
        case _:
            return ()


def _is_power_of_ten(count: int) -> bool:
    return count == 10 ** (len(str(count)) - 1)
