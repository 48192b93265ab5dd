"""Which short branches could show what is wrong with a run: a table of findings, and the experiments that they ask for.

Path:   a run and what is said of it -> `experiments` -> the controller's jobs; their outcomes -> `proofs`.
Units:  steps are optimizer steps of the run; rates are absolute, of the leading group.
Source: the column *test* of the catalogue, and its §2 for the branches' length.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from ratecraft.diagnosis.diagnosing import Diagnosis
from ratecraft.diagnosis.finding import Finding
from ratecraft.diagnosis.run_view import RunView
from ratecraft.laws.robust import median
from ratecraft.laws.warm_up import memory_warm_up, within_run
from ratecraft.records.observed import ObservedRun
from ratecraft.records.proof import AS_IT_IS, Arm, Experiment
from ratecraft.records.treatment import STANDARDISED, clipped

__all__ = ["PROOFS", "REFUTABLE", "Proof", "branch_steps", "experiments", "start_of"]

Place: TypeAlias = Literal["before", "first", "late", "anew"]
"""Just before what was seen begins; where it begins; at its end; from step 0."""

_USUAL = 50  # steps of a branch: of 20 and 50 the better (catalogue §2)
_LEAST = 32  # 24 and a cool-down of 8 (DESIGN §5)
_SHARE = 0.1  # of a short run, that one branch is
_MOST_SHARE = 0.25  # of the run, for a branch that has to hold a warm-up
_REPEATS = 5  # the most that a controller makes, each an eighth of a branch later
_BETA2 = 0.999  # of Adam, where the run does not tell
_USUAL_CLIP = 1.0
_FEWEST_NORMS = 5
_FACTORS = {"far-lower": 1 / 100, "lowest": 1 / 10, "lower": 1 / 3, "higher": 3.0, "highest": 10.0, "far-higher": 100.0}
_WARM_UPS = frozenset({"warm-up-missing", "warm-up-short"})
_FROM_NEW = frozenset({"warmed-up", "standardised"})
"""Arms that say something only of a run's beginning."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How a finding can be shown.

    Attributes:
        place: Where the branches leave the run.
        arms: Of which one has to do better than the run as it is (`held`: worse), the likeliest first.
    """

    place: Place
    arms: tuple[str, ...]


_UNSTABLE = Proof("before", ("lowest", "clipped", "standardised", "lower", "far-lower", "warmed-up"))
_SLOW = Proof("first", ("highest", "higher"))
_STILL = Proof("anew", ("highest", "standardised", "far-higher", "lowest", "higher"))

PROOFS: Mapping[str, Proof] = MappingProxyType(
    {
        "diverged": _UNSTABLE,
        "non-finite": _UNSTABLE,
        "non-finite-after-growth": _UNSTABLE,
        "non-finite-passing": _UNSTABLE,
        "collapsed": _UNSTABLE,
        "collapsed-at-once": Proof("anew", _UNSTABLE.arms),
        "spikes": Proof("before", ("clipped", "lower")),
        "level-shift": Proof("before", ("clipped", "lower")),
        "clip-missing": Proof("before", ("clipped",)),
        "zigzag": Proof("first", ("lower",)),
        "too-large-noise": Proof("late", ("held", "lower")),
        "decay-missing": Proof("late", ("held",)),
        "warm-up-missing": Proof("anew", ("warmed-up", "lower")),
        "warm-up-short": Proof("anew", ("warmed-up", "lower")),
        "rate-far-above": Proof("anew", ("lowest", "lower", "far-lower")),
        "rate-far-below": Proof("anew", ("highest", "far-higher", "higher")),
        "too-small": _SLOW,
        "still-learning": _SLOW,
        "decayed-too-soon": _SLOW,
        "effective-rate-dying": _SLOW,
        "updates-small": Proof("anew", _SLOW.arms),
        "units-died": _UNSTABLE,
        "first-loss-high": Proof("anew", ("standardised", "lower")),
        "creeping": _STILL,
        "stuck": _STILL,
        "not-learning": _STILL,
    }
)
"""Code of a finding to its proof; what is not here, no branch could show."""

REFUTABLE = frozenset(
    {"clip-missing", "zigzag", "too-large-noise", "decay-missing", "warm-up-missing", "warm-up-short"}
    | {
        "updates-small",
        "rate-far-above",
        "rate-far-below",
        "too-small",
        "still-learning",
        "decayed-too-soon",
        "effective-rate-dying",
    }
)
"""Inferences, which a branch can refute too; that a run diverged is a fact, whatever made it."""

_OPEN: Mapping[str, Proof] = MappingProxyType(
    {"flat-from-start": _STILL, "early-hump": Proof("anew", ("warmed-up", "lower"))}
)
"""Code of what could not be decided to the branches that could."""

_ANYTHING: tuple[Proof, ...] = (
    Proof("first", ("higher", "lower", "highest")),
    Proof("anew", ("highest", "standardised", "lowest", "clipped", "higher", "warmed-up")),
)
"""What is tried where nothing was found that could be shown: is another rate clearly better?"""


def branch_steps(planned: int) -> int:
    """Steps of a branch of a run of so many steps.

    Example:
        >>> [branch_steps(steps) for steps in (200, 400, 10_000)]
        [32, 40, 50]
    """
    return max(_LEAST, min(_USUAL, int(_SHARE * planned)))


def experiments(run: ObservedRun, said: Diagnosis, planned: int) -> tuple[Experiment, ...]:
    """What to try on a run, the foremost first; empty for one without a rate, or shorter than a branch.

    Args:
        run: As it was seen, with its rate over optimizer steps.
        said: What is said of it.
        planned: Steps of a full run.
    """
    view = RunView(run)
    if view.rate is None or planned < branch_steps(planned):
        return ()
    asked: dict[int, dict[str, None]] = {}
    for finding in said.findings:
        proof = PROOFS.get(finding.code)
        if proof is not None:
            asked.setdefault(start_of(finding, proof, planned), {}).update(dict.fromkeys(proof.arms))
    for proof in (_OPEN[each.code] for each in said.undecided if each.code in _OPEN):
        asked.setdefault(0, {}).update(dict.fromkeys(proof.arms))
    for proof in _ANYTHING if not asked else ():
        start = 0 if proof.place == "anew" else _within(planned // 3, planned)
        asked.setdefault(start, {}).update(dict.fromkeys(proof.arms))
    steps = branch_steps(planned)
    if any(finding.code in _WARM_UPS for finding in said.findings):
        steps = max(steps, min(2 * _memory(view, planned), int(_MOST_SHARE * planned), 2 * _USUAL))
    made = [_experiment(view, start, tuple(names), steps, planned) for start, names in asked.items()]
    return tuple(each for each in made if each is not None)


def start_of(finding: Finding, proof: Proof, planned: int) -> int:
    """The step at which the branches that could show a finding leave the run; 0 begins anew."""
    steps = branch_steps(planned)
    first, last = finding.steps
    wanted = {"anew": 0, "before": first - steps // 2, "first": first, "late": last - 2 * steps}[proof.place]
    return _within(wanted, planned)


def _within(wanted: int, planned: int) -> int:
    """The step, or one before it where branches that leave there, their repeats and their scores end with the run."""
    steps = branch_steps(planned)
    wanted = min(wanted, planned - 2 * steps)
    return 0 if wanted < steps else wanted


def _experiment(view: RunView, start: int, names: Sequence[str], steps: int, planned: int) -> Experiment | None:
    """The arms by these names at a step; None where the rate there is 0."""
    rate = view.rate.peak if view.rate is not None and start == 0 else view.rate_at(start)
    if not rate:
        return None
    own = 0 if start or view.rate is None else view.rate.warm_up
    warm_up = _memory(view, planned)
    steps = steps if start == 0 else branch_steps(planned)
    arms = [_arm(name, view, start, steps, warm_up) for name in names if start == 0 or name not in _FROM_NEW]
    begun = min(own, steps // 2)
    warmed = [Arm(each.name, each.factor, each.treatment, max(each.warm_up, begun), each.cools) for each in arms]
    control = Arm(AS_IT_IS.name, warm_up=begun)
    return Experiment(start, rate, (control, *warmed), steps) if arms else None


def _memory(view: RunView, planned: int) -> int:
    """The steps of a warm-up that the optimizer's memory needs, within a tenth of the run."""
    beta2 = view.fact("beta2")
    return within_run(memory_warm_up(_BETA2 if beta2 is None else beta2), max(planned, 1))[0]


def _arm(name: str, view: RunView, start: int, steps: int, warm_up: int) -> Arm:
    match name:
        case "clipped":
            return Arm(name, treatment=clipped(_clip_norm(view, start + steps)))
        case "warmed-up":
            return Arm(name, warm_up=min(warm_up, steps // 2))
        case "standardised":
            return Arm(name, treatment=STANDARDISED)
        case "held":
            return Arm(name, cools=False)
        case _:
            return Arm(name, _FACTORS[name])


def _clip_norm(view: RunView, until: int) -> float:
    """The usual norm of the run's own gradients up to a step: what is clipped at it are its larger half."""
    norms = view.grad_norm
    seen = norms.between(norms.first, until) if norms is not None else None
    usual = median(seen.values) if seen is not None and len(seen) >= _FEWEST_NORMS else 0.0
    return float(f"{usual:.2g}") if usual > 0 else _USUAL_CLIP
