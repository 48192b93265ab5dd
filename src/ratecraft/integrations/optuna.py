"""Optuna: trials that are judged by annealed branches, figures of all lengths on one scale, a study that a tune seeds.

Path:   a trial's loop -> at each rung a branch whose rate falls to 0, a figure -> the pruner, and the sampler of the
        next trial; a finished study -> the first trial and the range of the rate.
Units:  rungs are optimizer steps from the start of a run; figures have the unit and the direction of the study.
Source: losses at a rate that has not come down are never compared (docs/reference/tuner.md, Bracket).

A trial that is pruned early is judged as if its run had been planned that short. What is kept lies in the trials
themselves, as values that are reported and user attributes: any storage, any number of processes, a study that goes on.
"""

import copy
import math
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler, TPESampler
from optuna.study import Study, StudyDirection
from optuna.trial import BaseTrial, FrozenTrial, TrialState
from torch.optim import Optimizer

from ratecraft.api.callbacks.leading import Studied
from ratecraft.api.load import load
from ratecraft.api.results.study_result import StudyResult
from ratecraft.errors import InvalidInput, NoAnswer
from ratecraft.schedules.builders.constructors import constant, linear, warmup
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.lengths import finite_number, whole_number
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.training.instrument.group_values import GroupLead
from ratecraft.training.instrument.state import Copy, Model
from ratecraft.training.tasks.random_state import RandomState

__all__ = ["AnnealingPruner", "AnnealingSampler", "annealed", "seed_study"]

_RUNGS, _STEPS = "ratecraft:rungs", "ratecraft:steps"
_SHARES = (1 / 8, 3 / 8)  # of a run: their branches begin behind the usual warm-up and before the usual way down
_COOLED = 4  # a fourth of a rung is its way down, as of the tuner's probes
_LEAST = 32  # steps of a rung: fewer tell rates apart no more, and leave no way down
_SPREAD = 4.0  # beyond either end of a tune's interval


class AnnealingPruner(BasePruner):
    """Prunes a trial whose annealed branch came out worse than those of the other trials at the same rung.

    It judges the figures that `annealed` reports, and no others: whatever else is reported is a figure at a rate that
    has not come down, which says little of its worth. A trial without such figures is never pruned.

    Args:
        reduction_factor: One in this many trials at a rung goes on.
        tolerance: A figure this share of the last one that goes on behind it goes on too: two seeds differ by as much.

    Raises:
        InvalidInput: `reduction_factor` is not a whole number above 1, or `tolerance` is negative (`optuna-tolerance`).

    Example:
        >>> study = optuna.create_study(pruner=AnnealingPruner())
        >>> str(study.pruner)
        'AnnealingPruner'
    """

    def __init__(self, reduction_factor: int = 4, tolerance: float = 0.01) -> None:
        self._factor = whole_number("reduction_factor", reduction_factor, least=2)
        self._tolerance = finite_number("tolerance", tolerance)
        if self._tolerance < 0:
            raise InvalidInput("optuna-tolerance", given=tolerance)

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Whether the last figure of the trial is an annealed one that does not go on."""
        rung = trial.last_step
        if rung is None or rung not in _rungs_of(trial):
            return False
        value = trial.intermediate_values[rung]
        if not math.isfinite(value):
            return True
        sign = -1 if study.direction is StudyDirection.MAXIMIZE else 1
        others = [
            _annealed_figures(other) for other in study.get_trials(deepcopy=False) if other.number != trial.number
        ]
        there = sorted(sign * figure for figure in (value, *(figures[rung] for figures in others if rung in figures)))
        last = there[-(-len(there) // self._factor) - 1]
        return sign * value > last + self._tolerance * abs(last)

    def __str__(self) -> str:
        return type(self).__name__


class AnnealingSampler(BaseSampler):
    """Samples as another sampler does, which sees every trial as a full run.

    A trial that was pruned at a rung has an annealed figure there. It is shown as the figure of a full run: moved by
    what the trials that have both gained between the two, in the median. Their order at a rung stays, and samplers
    that know full runs alone (`GPSampler`) learn from pruned ones too.

    Args:
        base_sampler: What samples; by default `TPESampler`.
        seed: Seed of the default sampler.

    Example:
        >>> study = optuna.create_study(sampler=AnnealingSampler(seed=0), pruner=AnnealingPruner())
        >>> str(study.sampler)
        'AnnealingSampler'
    """

    def __init__(self, base_sampler: BaseSampler | None = None, *, seed: int | None = None) -> None:
        self._base = TPESampler(seed=seed) if base_sampler is None else base_sampler

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """As the other sampler does."""
        return self._base.infer_relative_search_space(_AsFullRuns(study), trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """As the other sampler does."""
        return self._base.sample_relative(_AsFullRuns(study), trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """As the other sampler does."""
        return self._base.sample_independent(_AsFullRuns(study), trial, param_name, param_distribution)

    def reseed_rng(self) -> None:
        """Forwarded to the other sampler."""
        self._base.reseed_rng()

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Forwarded to the other sampler."""
        self._base.before_trial(study, trial)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        """Forwarded to the other sampler."""
        self._base.after_trial(study, trial, state, values)


def annealed(
    trial: BaseTrial,
    optimizer: Optimizer,
    steps: int,
    score: Callable[[], float],
    *,
    schedule: Schedule | None = None,
    rungs: Sequence[int] | None = None,
) -> Iterator[int]:
    """The steps of a trial's run, to loop over: make one step of the optimizer for each.

    Rates are written before each step, as multiples of those that the optimizer was made with. At each rung the rate
    falls to 0 over the rung's last quarter, the run is scored and the figure reported; a trial that is pruned ends
    there (`optuna.TrialPruned`), any other goes back to where its rate began to fall and goes on. Weights, buffers, the
    optimizer's state, the modes of the modules and the global random numbers are then what they were, and the numbers
    of these steps come again: a loop that picks its batches by them comes out as without branches. A loader gives its
    next batches instead. The branches of the two usual rungs cost an eighth of a run.

    Args:
        trial: Trial of an Optuna study with `AnnealingPruner`.
        optimizer: Optimizer of torch, with the rates of this trial.
        steps: Steps of a full run.
        score: Evaluates the model as it is: the figure that the objective returns in the end.
        schedule: Schedule of the full run, as a factor; by default a warm-up over 5 %, constant to 40 %, linear to 0.
        rungs: Steps at which the trial is judged; by default an eighth and three eighths of `steps`.

    Raises:
        InvalidInput: `steps` or a rung is not a whole number above 0, the rungs do not rise to below `steps`
            (`optuna-rungs`), or the schedule does not fit `steps`.
        optuna.TrialPruned: From within the loop, where the study's pruner says so.

    Example:
        >>> import torch
        >>> weight = torch.nn.Parameter(torch.ones(()))
        >>> optimizer = torch.optim.SGD([weight], lr=0.1)
        >>> trial = optuna.trial.FixedTrial({})
        >>> for step in annealed(trial, optimizer, 100, lambda: weight.item() ** 2, rungs=[40]):
        ...     optimizer.zero_grad()
        ...     (weight**2).backward()
        ...     optimizer.step()
        >>> step, round(optimizer.param_groups[0]["lr"], 6)
        (99, 0.001667)
    """
    whole_number("steps", steps, least=1)
    usual = [rung for rung in (round(share * steps) for share in _SHARES) if rung >= _LEAST]
    at = usual if rungs is None else [whole_number("rungs", rung, least=2) for rung in rungs]
    if any(earlier >= later for earlier, later in pairwise([*at, steps])):
        raise InvalidInput("optuna-rungs", given=", ".join(map(str, at)), steps=steps)
    shape = bind(warmup(0.05) >> constant(1.0, 0.35) >> linear(1.0, 0.0) if schedule is None else schedule, steps)
    trial.set_user_attr(_RUNGS, list(at))
    trial.set_user_attr(_STEPS, steps)
    return _steps_of(_Run(trial, optimizer, shape, score), steps, at)


def seed_study(study: Study, tuned: Studied, name: str = "lr") -> Mapping[str, FloatDistribution]:
    """Begin an Optuna study where a tune ended: its rate is the first trial, its interval the middle of the range.

    Args:
        study: The study of Optuna; the trial is enqueued, unless it is there.
        tuned: A finished study of ratecraft: its name, its folder, or what `tune` or `find` returned.
        name: Name of the parameter that is the rate.

    Returns:
        The range of the rate by `name`, on a logarithmic scale: four times beyond either end of the interval, or of the
        rate if there is no interval. For `study.ask(…)`, or `trial.suggest_float` by its `low` and `high`.

    Raises:
        StudyError: No study of ratecraft matches, or it has not finished.
        NoAnswer: It found no rate (`no-rate`).

    Example:
        >>> study = optuna.create_study()
        >>> space = seed_study(study, "tune-train")  # doctest: +SKIP
        >>> trial = study.ask(dict(space))  # doctest: +SKIP
    """
    result = tuned if isinstance(tuned, StudyResult) else load(tuned)
    answer = result.answer
    if answer.rate is None:
        raise NoAnswer("no-rate", verdict=answer.verdict)
    low, high = answer.interval or (answer.rate, answer.rate)
    study.enqueue_trial({name: answer.rate}, {"ratecraft:study": result.summary.study}, skip_if_exists=True)
    return {name: FloatDistribution(low / _SPREAD, high * _SPREAD, log=True)}


# ---------------------------------------------------------------------- a run and its branches


class _Run:
    """One trial's run: what is led, and how it is judged."""

    def __init__(self, trial: BaseTrial, optimizer: Optimizer, shape: Schedule, score: Callable[[], float]) -> None:
        self._trial, self._optimizer, self._shape, self._score = trial, optimizer, shape, score
        self._bases = [float(group["lr"]) for group in optimizer.param_groups]
        self._lead = GroupLead(optimizer, {"rate": shape}, self._bases)

    def go_to(self, step: int) -> None:
        """Write the rates of a step."""
        self._lead.go_to(step)

    def branch(self, start: int, rung: int) -> Iterator[int]:
        """The way down to a rung; behind it the run is where it was.

        Raises:
            optuna.TrialPruned: The pruner says so.
        """
        model, random = Model(), RandomState.capture()
        model.stepped_by(self._optimizer, lambda optimizer: True)
        before, modes = Copy.take(model), [(part, part.training) for top in model.modules for part in top.modules()]
        down = GroupLead(self._optimizer, {"rate": linear(self._shape.at(start), 0.0, rung - start)}, self._bases)
        for step in range(start, rung):
            down.go_to(step - start)
            yield step
        self._trial.report(float(self._score()), rung)
        if self._trial.should_prune():
            raise optuna.TrialPruned(f"Worse than other annealed runs of {rung} steps.")
        before.put_back()
        random.put_back()
        for part, is_training in modes:
            part.training = is_training


def _steps_of(run: _Run, steps: int, rungs: Sequence[int]) -> Iterator[int]:
    begun = 0
    for rung in rungs:
        start = rung - max(rung // _COOLED, 1)
        for step in range(begun, start):
            run.go_to(step)
            yield step
        yield from run.branch(start, rung)
        begun = start
    for step in range(begun, steps):
        run.go_to(step)
        yield step


# ---------------------------------------------------------------------- figures of all lengths on one scale


class _AsFullRuns(Study):
    """A study as its sampler is shown it: on the same storage, with every annealed figure as that of a full run."""

    def __init__(self, study: Study) -> None:
        vars(self).update(vars(study))

    def _get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None, use_cache: bool = False
    ) -> list[FrozenTrial]:
        trials = _as_full_runs(super()._get_trials(deepcopy=deepcopy, states=None, use_cache=use_cache))
        return [trial for trial in trials if states is None or trial.state in states]


def _as_full_runs(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    figures = {trial.number: _annealed_figures(trial) for trial in trials}
    longest = max((length for known in figures.values() for length in known), default=0)
    gains: dict[int, float | None] = {}
    shown: list[FrozenTrial] = []
    for trial in trials:
        known = figures[trial.number]
        last = max(known, default=longest)
        if trial.state is not TrialState.PRUNED or not known or not math.isfinite(known[last]):
            shown.append(trial)
            continue
        if last not in gains:
            both = [each[longest] - each[last] for each in figures.values() if last in each and longest in each]
            gains[last] = median(both) if both else None
        gain = gains[last]
        shown.append(trial if gain is None else _completed(trial, known[last] + gain))
    return shown


def _completed(trial: FrozenTrial, value: float) -> FrozenTrial:
    shown = copy.copy(trial)
    shown.state, shown.values = TrialState.COMPLETE, [value]
    return shown


def _rungs_of(trial: FrozenTrial) -> Sequence[int]:
    return trial.user_attrs.get(_RUNGS, ())


def _annealed_figures(trial: FrozenTrial) -> Mapping[int, float]:
    """Length of a run to its figure at the end of that: those of branches, and of the full run."""
    told = trial.intermediate_values
    figures = {rung: told[rung] for rung in _rungs_of(trial) if rung in told and math.isfinite(told[rung])}
    if trial.state is TrialState.COMPLETE and _STEPS in trial.user_attrs and trial.value is not None:
        figures[int(trial.user_attrs[_STEPS])] = trial.value
    return figures
