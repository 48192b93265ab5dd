"""A rule as one object: its function, and everything known beforehand about each code that it can report.

Path:   one file a rule -> `diagnosing.RULES` -> what explains what, what branches can show, the guide's pages, and the
        benchmark's list of right answers.

A finding's words are in `translations/<language>/finding.toml`; everything else about it is in its rule.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ratecraft.diagnosis.finding import Finding, Severity, Undecided
from ratecraft.diagnosis.view.run_view import RunView

Family: TypeAlias = Literal["course", "lost", "standing"]
"""What follows alike: how the course of a broken run looks, a run that is lost, a run that stands."""

Place: TypeAlias = Literal["before", "first", "late", "anew", "hot", "end"]
"""Just before what was seen begins; where it begins; at its end; from step 0; in the first third, at a rate near the
peak; so near to the end of the run that the branch is its decay."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How a finding can be shown.

    Attributes:
        place: Where the branches leave the run.
        arms: Arms, the likeliest first; one of them must do better than the unmodified run (`held`: worse).
    """

    place: Place
    arms: tuple[str, ...]


UNSTABLE: Final = Proof("before", ("lowest", "clipped", "standardised", "lower", "warmed-up"))
SLOW: Final = Proof("first", ("highest", "higher"))
STILL: Final = Proof("anew", ("highest", "standardised", "lowest", "higher"))
SCALE: Final = Proof("anew", ("standardised", "lower"))

ANYTHING: Final = (
    *("course", "lost", "standing", "diverged", "standstill", "validation-at-chance", "recurrent-explodes"),
    *("non-finite", "non-finite-after-growth", "non-finite-at-once", "no-gradient", "rate-far-above", "rate-far-below"),
    *("first-loss-high", "parameters-without-gradient"),
)
"""What may follow where a script is written wrongly: whatever its losses and gradients do, no rate is to blame."""

LARGE: Final = ("too-large", "held", "no-warm-up", "hot-fine-tuning", "unclipped")
SMALL: Final = ("too-small",)
"""Kinds of faults of the benchmark that many codes name."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One code that a rule can report.

    Attributes:
        code: Code of the finding.
        severity: Its usual severity; a rule may choose another one for a run.
        chapter: Chapter of the guide that says more.
        advice: Codes of the possible advice, best first.
        families: Families that it belongs to; a finding that explains a family explains it.
        explains: Families and codes of the findings that follow from it.
        proof: The branches that can show it; None if none can.
        is_written: Whether the script is written wrongly: no rate repairs that, so none is tried.
        is_refutable: Whether it is an inference, which a branch can refute. That a run diverged is a fact, whatever
            made it.
        faults: Kinds of faults in `benchmarks/faulty_runs` to which it is the right answer.
    """

    code: str
    severity: Severity
    chapter: str
    advice: tuple[str, ...] = ()
    families: tuple[Family, ...] = ()
    explains: tuple[str, ...] = ()
    proof: Proof | None = None
    is_written: bool = False
    is_refutable: bool = False
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """Examines a run, and returns a finding of one of its kinds, `Undecided`, or nothing."""

    look: Callable[[RunView], Iterable[Finding | Undecided]]
    kinds: tuple[Kind, ...]
