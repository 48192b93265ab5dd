"""Optuna as the model of a search, and as an export format for its dashboard.

Path:   trials of the record -> a study in memory -> the values of one more; answer of a search -> a study in a storage.
Units:  Optuna is told scores with smaller = better; an exported study has the unit of the metric.

A running search is kept in ratecraft's record and not in a storage of Optuna's: for every proposal a study is rebuilt
from the record in memory, with a new sampler seeded by the number of the trial. Arguments whose defaults changed in
Optuna 5 are always passed.
"""

import hashlib
import math
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ratecraft.controllers.search.controller import Told
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.search.space import Space
from ratecraft.errors import InvalidInput
from ratecraft.records.answer import Answer
from ratecraft.records.outcome import Figure
from ratecraft.records.trials import Axis, Tried

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial


def suggest(settings: SearchSettings, space: Space, told: Sequence[Told]) -> dict[str, Any]:
    """The values of one more trial.

    Args:
        settings: The method (`tpe` or `gp`), the seed and the trials at random before the model is trusted.
        space: What is varied.
        told: Every trial so far, including those under way. One without a score counts as the worst that has one.

    Raises:
        InvalidInput: Optuna, or what its sampler needs, is not installed (`optuna-missing`).

    Example:
        >>> from ratecraft.controllers.search.space import Parameter
        >>> rate = Parameter(name="rate", low=1e-4, high=1e-1, is_log=True)
        >>> told = [Told({"rate": 10 ** -(1 + place / 4)}, abs(place - 6)) for place in range(12)]
        >>> 1e-3 < suggest(SearchSettings(method="tpe"), Space((rate,)), told)["rate"] < 1e-2
        True
    """
    with _optuna(settings.method) as optuna:
        study = optuna.create_study(sampler=_sampler(settings, len(told)))
        study.add_trials([_remembered(space, trial, _worst(told)) for trial in told])
        trial = study.ask()
        values: dict[str, Any] = {}
        for parameter in space.parameters:
            if parameter.is_there(values):
                values[parameter.name] = _suggested(trial, parameter.axis)
        return values


@contextmanager
def _optuna(method: str) -> Generator[Any]:
    """The package, with its logging silenced.

    Raises:
        InvalidInput: Optuna, or what its sampler needs, is not installed.
    """
    try:
        import optuna

        before = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        try:
            yield optuna
        finally:
            optuna.logging.set_verbosity(before)
    except ImportError as error:
        raise InvalidInput("optuna-missing", method=method) from error


def export(answer: Answer, figures: Mapping[str, Sequence[Figure]], storage: "str | BaseStorage", name: str) -> "Study":
    """Write a search as a study into one of Optuna's storages, for its dashboard and its plots.

    A full run with a score is a complete trial, a shortened one is pruned at its last step, and one without a score has
    failed. Parameters that a trial did not have are left out, as Optuna does.

    Args:
        answer: Answer of the search.
        figures: Key of a job to its figures, as intermediate values of the trials.
        storage: Anything that Optuna takes: `sqlite:///search.db`, or one of its storages.
        name: Name of the new study.

    Returns:
        The study, loaded.

    Raises:
        InvalidInput: The answer is not that of a search (`not-a-search`), Optuna is not installed (`optuna-missing`),
            or the storage already has a study of this name (`optuna-study-there`).
    """
    if answer.search is None:
        raise InvalidInput("not-a-search", verdict=answer.verdict)
    with _optuna(answer.search.method) as optuna:
        direction = "minimize" if answer.metric.direction == "min" else "maximize"
        try:
            study = optuna.create_study(storage=storage, study_name=name, direction=direction)
        except optuna.exceptions.DuplicatedStudyError as error:
            raise InvalidInput("optuna-study-there", name=name) from error
        study.set_user_attr("metric", answer.metric.name)
        by_number = sorted(answer.search.trials, key=lambda trial: trial.number)
        study.add_trials([_exported(answer, trial, figures.get(trial.job, ())) for trial in by_number])
        return study


def _sampler(settings: SearchSettings, number: int) -> "BaseSampler":
    """The sampler of one trial, with its own seed: no state of a sampler outlives a proposal."""
    from optuna import samplers

    digest = hashlib.sha256(f"{settings.seed}:{number}".encode()).digest()
    seed = int.from_bytes(digest[:4], "big")
    kind = getattr(samplers, settings.rule.sampler)
    return kind(seed=seed, n_startup_trials=settings.start_up, **settings.rule.sampling)


def _remembered(space: Space, told: Told, worst: float) -> "FrozenTrial":
    """A trial in Optuna's form."""
    from optuna.trial import TrialState, create_trial

    params = {
        parameter.name: told.values[parameter.name] for parameter in space.parameters if parameter.name in told.values
    }
    distributions = {
        parameter.name: _distribution(parameter.axis) for parameter in space.parameters if parameter.name in params
    }
    if told.score is None:
        return create_trial(state=TrialState.RUNNING, params=params, distributions=distributions)
    value = told.score if math.isfinite(told.score) else worst
    return create_trial(state=TrialState.COMPLETE, params=params, distributions=distributions, value=value)


def _exported(answer: Answer, tried: Tried, figures: Sequence[Figure]) -> "FrozenTrial":
    from optuna.trial import TrialState, create_trial

    axes = {axis.name: axis for axis in answer.search.axes} if answer.search else {}
    course = {figure.step: figure.value for figure in figures if figure.name == answer.metric.name}
    if tried.score is not None and not tried.is_whole:
        course[tried.steps] = tried.score
    whole = TrialState.COMPLETE if tried.is_whole else TrialState.PRUNED
    state = TrialState.FAIL if tried.score is None else whole
    return create_trial(
        state=state,
        value=tried.score if state is TrialState.COMPLETE else None,
        params=dict(tried.values),
        distributions={name: _distribution(axes[name]) for name in tried.values},
        intermediate_values=course if state is not TrialState.FAIL else {},
        user_attrs={"job": tried.job, "ending": tried.ending, "steps": tried.steps, "scores": list(tried.scores)},
    )


def _suggested(trial: "Trial", axis: Axis) -> Any:
    if axis.low is None or axis.high is None:
        return trial.suggest_categorical(axis.name, axis.choices)
    if axis.is_integer:
        return trial.suggest_int(axis.name, int(axis.low), int(axis.high), log=axis.is_log)
    return trial.suggest_float(axis.name, axis.low, axis.high, log=axis.is_log)


def _distribution(axis: Axis) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if axis.low is None or axis.high is None:
        return CategoricalDistribution(axis.choices)
    if axis.is_integer:
        return IntDistribution(int(axis.low), int(axis.high), log=axis.is_log)
    return FloatDistribution(axis.low, axis.high, log=axis.is_log)


def _worst(told: Sequence[Told]) -> float:
    """The score that stands in for a missing one."""
    return max((trial.score for trial in told if trial.score is not None and math.isfinite(trial.score)), default=0.0)
