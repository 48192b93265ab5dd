"""Which findings about a run that is under way are told, and when: each once, when it is certain.

Path:   findings about the run so far, check by check -> `judged` -> those that are told now. Pure.

A rule looks at a run as if it were over. So what only its end can tell waits for the end. What was read or counted is
exact and told at once; all else must be found in several checks that follow each other, between which the run goes on
(reference page on diagnosis, pitfall 13).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from ratecraft.diagnosis.finding import Finding

__all__ = ["FIRST_CHECK", "WAITING", "Held", "Judgement", "judged", "next_check"]

FIRST_CHECK = 128
"""Steps before the first look: fewer losses than 100 show no spike, and a first level is a few points."""

_GROWTH = 4  # a run is looked at again when it is a quarter longer: a look costs some milliseconds
_BETWEEN = (128, 1000)  # steps between two looks, at least and at most
_CHECKS = 3
_CHECKS_BROKEN = 2  # a loss that is no number needs no trend; a second look tells that it did not come back

WAITING = frozenset(
    {"too-small", "still-learning", "decay-missing", "too-large-noise", "decayed-too-soon", "finished-early"}
    | {"warm-up-unfinished", "stepped-too-rarely", "schedule-cut"}
)
"""Codes that only the end of a run can tell: until then the rate may still move as it should."""

_AFTER_WARM_UP = frozenset({"stuck", "creeping", "not-learning", "rate-far-below"})
_BROKEN = frozenset({"non-finite", "non-finite-after-growth", "rate-zero"})

_Look: TypeAlias = tuple[str, str, str]
"""What makes a finding another one: severity, status, the first thing to do. Numbers move with every step."""


@dataclass(frozen=True, slots=True)
class Held:
    """A finding that stands.

    Attributes:
        look: As it was found at the last check.
        checks: In so many checks in a row.
        told: The look that it was last told in; None where it was not.
    """

    look: _Look
    checks: int = 1
    told: _Look | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What stands after a check, and what is to be told now."""

    held: Mapping[str, Held]
    told: tuple[Finding, ...]


def next_check(steps: int) -> int:
    """The step of the next look after one at this step.

    Example:
        >>> next_check(128), next_check(800), next_check(100_000)
        (256, 1000, 101000)
    """
    least, most = _BETWEEN
    return steps + min(max(steps // _GROWTH, least), most)


def judged(held: Mapping[str, Held], findings: Iterable[Finding], *, over: bool = False) -> Judgement:
    """What is told after one more check.

    Args:
        held: What stood after the check before.
        findings: What was found now. Hints are never told: they are in the report.
        over: The run came to its own end, so that everything is certain.

    Example:
        >>> finding = Finding("diverged", "error", 0.9, (10, 200), {})
        >>> state, said = {}, []
        >>> for _ in range(5):
        ...     judgement = judged(state, [finding])
        ...     state = judgement.held
        ...     said.append([each.code for each in judgement.told])
        >>> said
        [[], [], ['diverged'], [], []]
    """
    found = {finding.code: finding for finding in findings if finding.severity != "info"}
    hidden = WAITING | (_AFTER_WARM_UP if "warm-up-unfinished" in found else frozenset[str]())
    after: dict[str, Held] = {code: replace(each, checks=0) for code, each in held.items() if each.told is not None}
    told: list[Finding] = []
    for code, finding in found.items():
        if code in hidden and not over:
            continue
        look = (finding.severity, finding.status, finding.advice[0].code if finding.advice else "")
        before = held.get(code, Held(look, 0))
        checks = before.checks + 1 if before.look == look else 1
        certain = over or finding.exact or checks >= (_CHECKS_BROKEN if code in _BROKEN else _CHECKS)
        if certain and before.told != look:
            told.append(finding)
        after[code] = Held(look, checks, look if certain else before.told)
    return Judgement(after, tuple(told))
