"""A finished study as the runs of an experiment tracker: one for the study, below it one for each of its jobs.

Path:   the record of a study -> `StudyRuns` -> a tracker (`integrations`), which names things in its own way.
Units:  series are over optimizer steps, from 0.

What is sent is what is known: words and numbers that a page of the study would show too, and no files of the user's.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ratecraft.api.results.report import study_evidence
from ratecraft.importers.names import meaning_of
from ratecraft.records.answer import Answer
from ratecraft.records.cost import Costs
from ratecraft.records.numbers import is_number
from ratecraft.records.storage.study import find_study
from ratecraft.reporting.html.document import document
from ratecraft.reporting.report.evidence import Evidence, Made
from ratecraft.reporting.report.study_report import report_of


@dataclass(frozen=True, slots=True)
class JobRun:
    """One job.

    Attributes:
        name: What it was for and its number among the jobs: `bracket 3`.
        words: Its values that are text.
        values: What it was given, and what came of it, as numbers; of a trial the values of its parameters too.
        series: Name to pairs of step and value: `loss`, `rate`, and the figures that it told.
    """

    name: str
    words: Mapping[str, str]
    values: Mapping[str, float]
    series: Mapping[str, Sequence[tuple[int, float]]]


@dataclass(frozen=True, slots=True)
class StudyRuns:
    """A study.

    Attributes:
        name: Name of the study.
        words: What was found, in words: verdict, schedule, metric, marks.
        values: The same in numbers: rate, interval, costs, how the script as it is and the final run came out.
        jobs: Every job that has ended, in the order in which they were proposed.
        page: The report as HTML.
    """

    name: str
    words: Mapping[str, str]
    values: Mapping[str, float]
    jobs: Sequence[JobRun] = field(default_factory=tuple[JobRun, ...])
    page: str = ""


def study_runs(study: str | Path = "") -> StudyRuns:
    """A finished study of the current folder in the form that is sent to a tracker.

    Args:
        study: Folder or name of the study, or the beginning of the name; the newest by default.

    Raises:
        StudyError: No study matches, or it has not finished (`study-unfinished`).
    """
    directory = Path.cwd()
    folder = find_study(directory, str(study))
    evidence = study_evidence(folder, directory)
    header, summary = evidence.header, evidence.summary
    answer = summary.answer
    words = {
        "ratecraft.version": header.ratecraft_version,
        "ratecraft.script": " ".join((header.script, *header.arguments)),
        "ratecraft.verb": header.verb,
        **_words_of(answer),
    }
    tried = {trial.job: trial.values for trial in answer.search.trials} if answer.search else {}
    jobs = tuple(_job_of(evidence, key, number, tried.get(key, {})) for number, key in enumerate(evidence.made))
    page = document(report_of(evidence))
    return StudyRuns(folder.name, words, _values_of(answer, summary.costs), jobs, page)


def _words_of(answer: Answer) -> dict[str, str]:
    rate = answer.schedules.get("rate")
    words = {
        "ratecraft.verdict": answer.verdict,
        "ratecraft.metric": answer.metric.name,
        "ratecraft.schedule": "" if rate is None else repr(rate),
        "ratecraft.findings": ", ".join(dict.fromkeys(decision.code for decision in answer.decisions)),
        "ratecraft.marks": ", ".join(answer.marks),
    }
    return {name: value for name, value in words.items() if value}


def _values_of(answer: Answer, costs: Costs) -> dict[str, float]:
    low, high = answer.interval or (None, None)
    values = {
        "rate": answer.rate,
        "rate_low": low,
        "rate_high": high,
        "own_rate": answer.own_rate,
        "steps": answer.horizon or None,
        "cost_runs": costs.runs,
        "cost_total_runs": costs.total_runs,
        "cost_seconds": costs.seconds,
        "baseline": answer.baseline.final if answer.baseline else None,
        "tuned": answer.tuned.final if answer.tuned else None,
        "tuned_best": answer.tuned.best if answer.tuned else None,
    }
    return {name: float(value) for name, value in values.items() if value is not None and math.isfinite(value)}


def _job_of(evidence: Evidence, key: str, number: int, tried: Mapping[str, Any]) -> JobRun:
    made: Made = evidence.made[key]
    told = dict.fromkeys(figure.name for figure in made.outcome.figures)
    figures = {
        name: [(figure.step, figure.value) for figure in made.outcome.figures if figure.name == name] for name in told
    }
    series: dict[str, Sequence[tuple[int, float]]] = {
        "loss": [(step, loss) for step, loss in enumerate(evidence.losses(key)) if not math.isnan(loss)],
        "rate": list(enumerate(evidence.rates(key))),
        **{meaning_of(name).name if name in figures else name: values for name, values in figures.items()},
    }
    schedule = made.job.schedules.get("rate")
    words = {
        "ratecraft.job": key,
        "ratecraft.phase": made.phase,
        "ratecraft.ending": str(made.outcome.ending),
        **({} if schedule is None else {"ratecraft.schedule": repr(schedule)}),
        **({"ratecraft.parent": made.job.parent} if made.job.parent else {}),
        **{name: str(value) for name, value in tried.items() if not is_number(value)},
    }
    values: dict[str, float] = {"seed": float(made.job.seed), "start": float(made.job.start)}
    values |= {name: float(value) for name, value in tried.items() if is_number(value)}
    if made.outcome.score is not None and math.isfinite(made.outcome.score):
        values["score"] = made.outcome.score
    return JobRun(f"{made.phase} {number}", words, values, {name: points for name, points in series.items() if points})
