"""Which findings about a run under way are reported, and when: each once, as soon as it is certain.

Path:   the diagnosis of the run so far, check by check -> `judged` -> the findings to report now. Pure.

A rule treats a run as if it were over, so a finding that only the end can settle waits for the end. Findings that were
read or counted are exact and reported at once; all others must be found in several consecutive checks
(docs/reference/findings.md, "Judging"). A reported finding that is missing from as many checks, or from the last one,
is withdrawn, so that nobody acts on it; one that another finding explains is not missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from ratecraft.diagnosis.diagnosing import Diagnosis
from ratecraft.diagnosis.finding import Finding

FIRST_CHECK = 128
"""Steps before the first check: fewer than 100 losses show no spike, and a first level is a few points."""

_GROWTH = 4  # a run is checked again when it is a quarter longer: a check costs some milliseconds
_BETWEEN = (128, 1000)  # steps between two checks, at least and at most
_CHECKS = 3
_CHECKS_BROKEN = 2  # a loss that is NaN or infinite needs no trend; a second check tells that it did not come back

WAITING = frozenset(
    {"too-small", "still-learning", "decay-missing", "too-large-noise", "decayed-too-soon", "finished-early"}
    | {"warm-up-unfinished", "stepped-too-rarely", "schedule-cut"}
)
"""Codes that only the end of a run can settle: until then the rate may still move as it should."""

_AFTER_WARM_UP = frozenset({"stuck", "creeping", "not-learning", "rate-far-below"})
_BROKEN = frozenset({"non-finite", "non-finite-after-growth", "rate-zero"})

_Look: TypeAlias = tuple[str, str, str]
"""What tells two findings of one code apart: severity, status, first advice. Numbers change with every step."""


@dataclass(frozen=True, slots=True)
class Held:
    """A finding that stands, or was reported.

    Attributes:
        look: As it was last found.
        checks: Number of checks in a row that found it.
        told: As it was last reported; None if it was not, or was withdrawn.
        gone: Number of checks in a row that did not find it.
        withdrawn: It was withdrawn once; if it comes back, it is reported only at the end.
    """

    look: _Look
    checks: int = 1
    told: Finding | None = None
    gone: int = 0
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """The findings that stand after a check, and those to report now."""

    held: Mapping[str, Held]
    told: tuple[Finding, ...]


def next_check(steps: int) -> int:
    """The step of the check after the one at this step.

    Example:
        >>> next_check(128), next_check(800), next_check(100_000)
        (256, 1000, 101000)
    """
    least, most = _BETWEEN
    return steps + min(max(steps // _GROWTH, least), most)


def standing(said: Diagnosis) -> frozenset[str]:
    """Codes of all findings of a run, including those that follow from another one."""
    return frozenset(
        {finding.code for finding in said.findings} | {explained.finding.code for explained in said.explained}
    )


def judged(held: Mapping[str, Held], said: Diagnosis, *, over: bool = False, last: bool = False) -> Judgement:
    """The findings to report after one more check.

    Args:
        held: The findings that stood after the check before.
        said: The diagnosis of the run now. Hints are never reported live, only in the report.
        over: The run came to its own end, so everything is certain.
        last: No further check follows.

    Returns:
        Reported findings have the status `changed` if they were reported differently before, and `withdrawn` if they no
        longer hold.

    Example:
        >>> said = Diagnosis((Finding("diverged", "error", 0.9, (10, 200), {}),), (), ())
        >>> state, told = {}, []
        >>> for now in [said] * 4 + [Diagnosis((), (), ())] * 4:
        ...     judgement = judged(state, now)
        ...     state = judgement.held
        ...     told.append([(each.code, each.status) for each in judgement.told])
        >>> told
        [[], [], [('diverged', 'observed')], [], [], [], [('diverged', 'withdrawn')], []]
    """
    found = {finding.code: finding for finding in said.findings if finding.severity != "info"}
    hidden = WAITING | (_AFTER_WARM_UP if "warm-up-unfinished" in found else frozenset[str]())
    after, told = _gone(held, standing(said), last=over or last)
    for code, finding in found.items():
        if code in hidden and not over:
            continue
        look = _look_of(finding)
        before = held.get(code, Held(look, 0))
        checks = before.checks + 1 if before.look == look else 1
        certain = over or finding.exact or checks >= (_CHECKS_BROKEN if code in _BROKEN else _CHECKS)
        after[code] = Held(look, checks, before.told, withdrawn=before.withdrawn)
        is_news = before.told is None or _look_of(before.told) != look
        if certain and is_news and (over or not before.withdrawn):
            told.append(finding if before.told is None else replace(finding, status="changed"))
            after[code] = replace(after[code], told=finding)
    return Judgement(after, tuple(told))


def _gone(held: Mapping[str, Held], codes: frozenset[str], *, last: bool) -> tuple[dict[str, Held], list[Finding]]:
    """The reported findings with their checks restarted, and those to withdraw now."""
    after: dict[str, Held] = {}
    back: list[Finding] = []
    for code, one in held.items():
        gone = 0 if code in codes else one.gone + 1
        if one.told is not None and gone and (last or gone >= _CHECKS):
            back.append(replace(one.told, status="withdrawn"))
            after[code] = Held(one.look, checks=0, withdrawn=True)
        elif one.told is not None or one.withdrawn:
            after[code] = replace(one, checks=0, gone=gone)
    return after, back


def _look_of(finding: Finding) -> _Look:
    return (finding.severity, finding.status, finding.advice[0].code if finding.advice else "")
