"""Which short branches can show what is wrong with a run: the experiments for each finding.

Path:   a run and what is said of it -> `experiments` -> the controller's jobs; their outcomes -> `proofs`.
Units:  steps are optimizer steps of the run; rates are absolute, of the leading group.
Source: docs/reference/findings.md, "Branches".
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from ratecraft.diagnosis.diagnosing import RULES, Diagnosis
from ratecraft.diagnosis.finding import Finding
from ratecraft.diagnosis.proof.comparing import FACTORS, LADDERS
from ratecraft.diagnosis.proof.not_the_rate import stands
from ratecraft.diagnosis.proof.one_batch import ONE_BATCH_ARMS
from ratecraft.diagnosis.rule import SCALE, STILL, UNSTABLE, Place, Proof
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.laws.robust import median
from ratecraft.laws.scaling.warm_up import memory_warm_up, within_run
from ratecraft.records.proof import AS_IT_IS, Arm, Experiment
from ratecraft.records.treatment import STANDARDISED, clipped
from ratecraft.records.watching.observed import ObservedRun

_USUAL = 50  # steps of a branch: of 20 and 50 the better ("Branches")
_LEAST = 32  # 24 and a cool-down of 8 (docs/reference/tuner.md, "Lengths")
_SHARE = 0.1  # of a short run, that one branch is
_MOST_SHARE = 0.25  # of the run, for a branch that has to hold a warm-up
_BETA2 = 0.999  # of Adam, where the run does not tell
_USUAL_CLIP = 1.0
_FEWEST = 5  # values
_HOT = 0.5  # of the peak
_CONSTANT = 0.99  # of the peak (T03)
_DECAY = 0.15  # of the run: a usual decay takes 10 to 20 % (T03)
_HUGE = 3.0  # times the usual loss of the first fiftieth of the run
_EARLY = 0.02
_SMALL, _LARGE = 0.03, 3.0  # size of inputs, beyond which they are not scaled (`inputs`)
_WARM_UPS = frozenset({"warm-up-missing", "warm-up-short"})
_FROM_NEW = frozenset({"warmed-up", "standardised"})
"""Arms that say something only of a run's beginning."""


PROOFS: Mapping[str, Proof] = MappingProxyType(
    {kind.code: kind.proof for rule in RULES for kind in rule.kinds if kind.proof is not None}
)
"""Code of a finding to its proof; what is not here, no branch could show."""

REFUTABLE = frozenset(kind.code for rule in RULES for kind in rule.kinds if kind.is_refutable)
"""Inferences, which a branch can refute too."""

_WRITTEN = frozenset(kind.code for rule in RULES for kind in rule.kinds if kind.is_written)

_OPEN: Mapping[str, Proof] = MappingProxyType(
    {"flat-from-start": STILL, "early-hump": Proof("anew", ("warmed-up", "lower"))}
)
"""Code of an undecided question to the branches that can decide it."""

_UNDER_WAY, _ANEW = Proof("hot", ("higher", "lower")), Proof("anew", ("higher", "lower"))
"""Tried when nothing is known to be wrong: is another rate clearly better?"""

_DECAYED = Proof("hot", ("undecayed",))
_HELD = Proof("end", ("held",))


def branch_steps(planned: int) -> int:
    """Steps of a branch of a run of `planned` steps.

    Example:
        >>> [branch_steps(steps) for steps in (200, 400, 10_000)]
        [32, 40, 50]
    """
    return max(_LEAST, min(_USUAL, int(_SHARE * planned)))


def experiments(run: ObservedRun, said: Diagnosis, planned: int) -> tuple[Experiment, ...]:
    """What to try on a run, most important first; empty for a run without a rate or shorter than a branch.

    Also empty if the script is written wrongly: the effect of a rate there says nothing about the repaired script.

    Args:
        run: The observed run, with its rate over optimizer steps.
        said: What is said of it.
        planned: Steps of a full run.
    """
    view = RunView(run)
    is_written = any(finding.code in _WRITTEN and finding.severity != "info" for finding in said.findings)
    if view.rate is None or planned < branch_steps(planned) or is_written:
        return ()
    asked: dict[tuple[int, bool], dict[str, None]] = {}
    seen: set[tuple[int, bool]] = set()
    for proof, start, is_seen in _asked(view, said, planned):
        key = (start, proof.place == "end")
        seen |= {key} if is_seen or not asked else set()
        asked.setdefault(key, {}).update(dict.fromkeys(proof.arms))
    steps = branch_steps(planned)
    if any(finding.code in _WARM_UPS for finding in said.findings):
        steps = max(steps, min(2 * _memory(view, planned), int(_MOST_SHARE * planned), 2 * _USUAL))
    made: list[Experiment] = []
    for key, names in asked.items():
        start, ends = key
        found = _decay(view, start, planned) if ends else _experiment(view, start, tuple(names), steps, planned)
        made += [] if found is None else [replace(found, waits=key not in seen)]
    if stands(said) and view.fact("loader") and not (view.is_game or view.fact("opponents")):
        made.append(_one_batch(view, steps))
    return tuple(made)


def _asked(view: RunView, said: Diagnosis, planned: int) -> Iterator[tuple[Proof, int, bool]]:
    """What could be shown, where its branches leave the run, and whether something was seen of it.

    Where nothing is warned of yet, anything is asked for.
    """
    known = [finding for finding in said.findings if finding.code in PROOFS]
    hot = _within(_hot(view, min(planned // 3, view.steps)), planned)
    for finding in known:
        start = start_of(finding, PROOFS[finding.code], planned)
        yield PROOFS[finding.code], hot if start is None else start, True
    yield from ((_OPEN[undecided.code], 0, True) for undecided in said.undecided if undecided.code in _OPEN)
    for proof in _unseen(view) if all(finding.severity == "info" for finding in known) else ():
        start = _place(proof.place, (0, planned), planned)
        yield proof, hot if start is None else start, False


def _unseen(view: RunView) -> Iterator[Proof]:
    """What may be wrong with a run that looks well, the likeliest first."""
    if view.run.facts.get("ending") == "blown up":
        yield Proof("anew", UNSTABLE.arms)
    elif _begins_huge(view) or _is_unscaled(view):
        yield SCALE
    if view.fact("weight_decay"):
        yield _DECAYED
    yield _UNDER_WAY
    if view.rate is not None and (view.rate_at(view.steps) or 0.0) >= _CONSTANT * view.rate.peak:
        yield _HELD
    yield _ANEW


def arms_of(proof: Proof) -> frozenset[str]:
    """The arms that may show it: its own, and those that lie further out in their direction.

    Example:
        >>> sorted(arms_of(Proof("anew", ("lowest", "clipped"))))
        ['clipped', 'hundredth', 'lowest', 'thirtieth']
    """
    further = [ladder[ladder.index(name) :] for name in proof.arms for ladder in LADDERS if name in ladder]
    return frozenset(proof.arms).union(*further)


def start_of(finding: Finding, proof: Proof, planned: int) -> int | None:
    """The step at which the branches that could show a finding leave the run; 0 starts again.

    Returns:
        None for a hot place, which is one for all findings.
    """
    return _place(proof.place, finding.steps, planned)


def _place(place: Place, seen: tuple[int, int], planned: int) -> int | None:
    steps, (first, last) = branch_steps(planned), seen
    match place:
        case "anew":
            return 0
        case "hot":
            return None
        case "end":
            return max(0, planned - 2 * round(_DECAY * planned))
        case "before":
            return _within(first - steps // 2, planned)
        case "first":
            return _within(first, planned)
        case "late":
            return _within(last - 2 * steps, planned)


def _hot(view: RunView, until: int) -> int:
    """The last step up to one at which the rate is near its peak."""
    if view.rate is None:
        return until
    least = _HOT * view.rate.peak
    return next((step for step in range(until, 0, -1) if (view.rate_at(step) or 0.0) >= least), 0)


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
    skipped = {*(_FROM_NEW if start else ()), *(() if view.can_clip else ("clipped",))}
    arms = [_arm(name, view, start, steps, warm_up) for name in names if name not in skipped]
    begun = min(own, steps // 2)
    warmed = [replace(arm, warm_up=max(arm.warm_up, begun)) for arm in arms]
    control = Arm(AS_IT_IS.name, warm_up=begun)
    return Experiment(start, rate, (control, *warmed), steps) if arms else None


def _one_batch(view: RunView, steps: int) -> Experiment:
    """One batch again and again, at three rates; `next_tries` says whether it comes to that."""
    assert view.rate is not None  # noqa: S101  # no experiment is made without one
    begun = min(view.rate.warm_up, steps // 2)
    arms = tuple(replace(arm, warm_up=begun) for arm in (AS_IT_IS, *ONE_BATCH_ARMS.values()))
    return Experiment(0, view.rate.peak, arms, steps, waits=True)


def _decay(view: RunView, start: int, planned: int) -> Experiment | None:
    """A rate that falls to 0 from a step on against one that is held, by validation: it is the run's own end."""
    rate, steps = view.rate_at(start), round(_DECAY * planned)
    if not rate or not start or steps < _LEAST or view.steps < start:
        return None
    return Experiment(start, rate, (replace(AS_IT_IS, cooled=1.0), Arm("held", cooled=0.0)), steps, validated=True)


def _begins_huge(view: RunView) -> bool:
    """Whether the loss falls from a height at once, as it does where inputs or weights are far too large."""
    if view.loss is None or len(view.loss) < _FEWEST:
        return False
    early = view.loss.values[: max(_FEWEST, int(_EARLY * len(view.loss)))]
    return float(early[0]) >= _HUGE * median(early) > 0


def _is_unscaled(view: RunView) -> bool:
    mean, deviation = view.known("input_mean"), view.known("input_deviation")
    return mean is not None and deviation is not None and not _SMALL <= math.hypot(mean, deviation) <= _LARGE


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
            return Arm(name, cooled=0.0)
        case "undecayed":
            return Arm(name, weight_decay=0.0)
        case _:
            return Arm(name, FACTORS[name])


def _clip_norm(view: RunView, until: int) -> float:
    """The usual norm of the run's own gradients up to a step: what is clipped at it are its larger half."""
    norms = view.grad_norm
    seen = norms.between(norms.first, until) if norms is not None else None
    usual = median(seen.values) if seen is not None and len(seen) >= _FEWEST else 0.0
    return float(f"{usual:.2g}") if usual > 0 else _USUAL_CLIP
