"""Runs that begin alike share the work: what several have in common becomes a trunk that they branch off.

Path:   full runs of a search -> a tree of jobs, trunks before their branches -> the steps that this saves.
Units:  steps are optimizer steps.

Two runs with the same seed, arguments and settings are alike up to the first step at which one of their schedules
differs. Schedules are compared by their values, not by the way they are written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from ratecraft.records.events import Proposed
from ratecraft.records.job import Job

_Curves: TypeAlias = Mapping[str, Sequence[float]]


def shared(runs: Sequence[Proposed], least: int) -> tuple[Proposed, ...]:
    """The same runs, with their common beginnings as separate trunks.

    Args:
        runs: Full runs from step 0, each with its stop.
        least: Steps below which sharing isn't worth a branch.

    Returns:
        All jobs, trunks included. Each follows the trunk it branches off and stands next to its siblings, so that few
        trunks have to wait. The given runs have a parent now if they share one; a trunk belongs to no single trial.

    Example:
        >>> from ratecraft.records.job import Evaluate
        >>> from ratecraft.schedules.builders.constructors import constant, linear
        >>> jobs = [Job({"rate": constant(0.1, 60) >> linear(0.1, end, 40)}, stop=100) for end in (0.0, 0.05)]
        >>> runs = [Proposed(replace(job, evaluate=Evaluate("natural")), "trial") for job in jobs]
        >>> [(each.job.start, each.job.stop) for each in shared(runs, least=24)]
        [(0, 61), (61, 100), (61, 100)]
    """
    groups: dict[object, list[Proposed]] = {}
    for run in runs:
        groups.setdefault(beginning(run.job, least), []).append(run)
    return tuple(proposal for group in groups.values() for proposal in _tree(group, None, least))


def saved_steps(jobs: Iterable[Job]) -> int:
    """Steps that scored runs have in common with others and that were run only once.

    Example:
        >>> from ratecraft.records.job import Evaluate
        >>> trunk = Job(stop=60)
        >>> ends = [Job(start=60, stop=stop, parent=trunk.key, evaluate=Evaluate("natural")) for stop in (100, 101)]
        >>> saved_steps([trunk, *ends])
        60
    """
    together = list(jobs)
    alone = sum(job.stop or 0 for job in together if job.evaluate is not None)
    return alone - sum((job.stop or 0) - job.start for job in together)


def beginning(job: Job, least: int) -> object:
    """What two jobs must have in common to share anything; cheap to compare, as most runs share nothing."""
    early = tuple(sorted((name, schedule.at(0), schedule.at(least - 1)) for name, schedule in job.schedules.items()))
    return job.seed, job.arguments, job.treatment, tuple(sorted(job.scale.items())), job.stop_rule, early


def _tree(group: Sequence[Proposed], trunk: Job | None, least: int) -> list[Proposed]:
    """The jobs of a group that is alike up to the trunk's stop, with the trunks that some of them share beyond it."""
    if len(group) == 1:
        return [_leaving(group[0], trunk)]
    curves = [_curves(proposal.job) for proposal in group]
    until, left = _alike_until(curves), 0 if trunk is None else trunk.stop or 0
    if until >= min(proposal.job.stop or 0 for proposal in group):  # one of them ends there, and has no step of its own
        return [_leaving(proposal, trunk) for proposal in group]
    found: list[Proposed] = []
    if until - left >= least:
        first = _leaving(group[0], trunk)
        trunk = replace(first.job, stop=until, evaluate=None)
        found.append(Proposed(trunk, first.phase))
    return [*found, *(proposal for part in _parts(group, curves, until) for proposal in _tree(part, trunk, least))]


def _parts(group: Sequence[Proposed], curves: Sequence[_Curves], step: int) -> list[list[Proposed]]:
    """The group divided by the values of its schedules at a step."""
    parts: dict[object, list[Proposed]] = {}
    for proposal, curve in zip(group, curves, strict=True):
        parts.setdefault(tuple(sorted((name, values[step]) for name, values in curve.items())), []).append(proposal)
    return list(parts.values())


def _alike_until(curves: Sequence[_Curves]) -> int:
    """The first step at which two of them differ; the shortest one's length if none do."""
    first, *others = curves
    shortest = min(len(values) for curve in curves for values in curve.values())
    for step in range(shortest):
        if any(other[name][step] != values[step] for other in others for name, values in first.items()):
            return step
    return shortest


def _curves(job: Job) -> _Curves:
    return {name: schedule.curve(job.stop or 0).tolist() for name, schedule in job.schedules.items()}


def _leaving(run: Proposed, trunk: Job | None) -> Proposed:
    return run if trunk is None else replace(run, job=replace(run.job, start=trunk.stop or 0, parent=trunk.key))
