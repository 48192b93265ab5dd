"""Everything that is reported about a finished study: the value behind the end screen and `--json`.

Path:   answer + costs of the record + files of the study (put together by `api`) -> `Summary` -> text, JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal

from ratecraft.records.answer import Answer, RunResult, Span
from ratecraft.records.cost import Costs
from ratecraft.records.outcome import Note
from ratecraft.records.trials import Axis, Tried
from ratecraft.reporting.findings.screen import Diagnosed, findings_json
from ratecraft.reporting.results.lessons import lessons_of, lessons_plain
from ratecraft.reporting.text.numbers import finite
from ratecraft.schedules.spec import to_json as schedule_to_json
from ratecraft.translations.catalogue import sentence

SCHEMA = 1
"""Version of the JSON object; raised when a key changes its meaning or is removed."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A finished study.

    Attributes:
        study: Its name.
        path: Its folder, as the user would type it.
        answer: Its answer.
        costs: Its costs.
        notes: Notes that the user must read once.
        model: File of the model that is kept; empty if none is.
        baseline: Folder with the files that the baseline wrote; empty if there are none.
        expression: The schedule as an expression; empty if there is none.
        code: The schedule as PyTorch code without a ratecraft import; empty if there is none.
        next_command: The one command to type now; empty if there is nothing to do.
        subject: What was tuned.
        verb: The verb: `tune`, `find`…
        is_baseline_best: `model` is the baseline's, since nothing that was tried reached a better figure.
        home: Run whose files lie in the working folder: `baseline` or `tuned`; empty if the study left none there.
        elsewhere: Folder with the files of the other run; empty if there are none.
        diagnosed: The diagnosed run of a proof by experiment; None for other verbs.
    """

    study: str
    path: str
    answer: Answer
    costs: Costs
    notes: tuple[Note, ...] = ()
    model: str = ""
    baseline: str = ""
    expression: str = ""
    code: str = ""
    next_command: str = ""
    subject: Literal["script", "task"] = "script"
    is_baseline_best: bool = False
    verb: str = "tune"
    home: str = ""
    elsewhere: str = ""
    diagnosed: Diagnosed | None = None


def to_json(summary: Summary) -> dict[str, Any]:
    """The summary as one JSON object: keys and codes in English, full precision, null for NaN and infinities."""
    plain = {"find": _found, "prove": _proved}.get(summary.verb, _tuned)(summary)
    return {key: _legal(value) for key, value in plain.items()}


def _proved(summary: Summary) -> dict[str, Any]:
    """The diagnosis of a run in the form of `ratecraft diagnose --json`, and the cost of its proof."""
    said = findings_json([] if summary.diagnosed is None else [summary.diagnosed])
    return {**said, "study": summary.study, "cost": _cost(summary.costs), "decisions": _decisions(summary.answer)}


def _tuned(summary: Summary) -> dict[str, Any]:
    answer = summary.answer
    metric = answer.metric
    return {
        "schema": SCHEMA,
        "study": summary.study,
        "metric": {"name": metric.name, "direction": metric.direction, "source": metric.source},
        "baseline": _standing(answer.baseline, best_at=False),
        "tuned": _standing(answer.tuned, best_at=True),
        **({"constant": _standing(answer.constant, best_at=True)} if answer.constant else {}),
        "verdict": answer.verdict,
        **({} if answer.search else {"sure": answer.is_sure, "doubts": answer.doubts}),
        **_search(answer),
        "rate": answer.rate,
        "interval": answer.interval,
        **_foreseen(answer),
        "groups": _groups(answer),
        **_parts(answer),
        "schedule": _schedule(summary),
        **({"folder": {"run": summary.home, "other": summary.elsewhere or None}} if summary.home else {}),
        "cost": _cost(summary.costs),
        "decisions": _decisions(answer),
    }


def _found(summary: Summary) -> dict[str, Any]:
    """The result of a search for a rate alone; if the length of a run is not known, the cost only in steps."""
    answer, costs, ramp = summary.answer, summary.costs, summary.answer.ramp
    unknown = {} if answer.horizon else {"runs": None, "baseline_runs": None, "total_runs": None}
    return {
        "schema": SCHEMA,
        "study": summary.study,
        "metric": {"name": answer.metric.name, "direction": answer.metric.direction, "source": answer.metric.source},
        "verdict": answer.verdict,
        "rate": answer.rate,
        "interval": answer.interval,
        "edge": answer.edge,
        "edge_interval": ramp.edge_interval if ramp else None,
        "own_rate": answer.own_rate,
        "horizon": answer.horizon or None,
        "groups": _groups(answer),
        **_parts(answer),
        "suggestions": ramp.suggestions if ramp else {},
        "probes": [
            {"rate": probe.rate, "score": probe.score, "steps": probe.stop, "seed": probe.seed, "ending": probe.ending}
            for probe in answer.probes
        ],
        "ramp": None if ramp is None else {"rates": ramp.rates[: len(ramp.losses)], "losses": ramp.losses},
        "cost": {**_cost(costs), **unknown, "steps": sum(costs.by_phase.values())},
        "marks": answer.marks,
        "decisions": _decisions(answer),
    }


def _search(answer: Answer) -> dict[str, Any]:
    """The trials of a search, the best first."""
    found = answer.search
    if found is None:
        return {}
    trials = [{name: getattr(trial, name) for name in Tried.__slots__} for trial in found.trials]
    space = [{name: getattr(axis, name) for name in Axis.__slots__} for axis in found.axes]
    spread = {"seeds": found.seeds, "noise": found.noise, "saved_steps": found.saved}
    return {
        "search": {
            "method": found.method,
            "space": space,
            **spread,
            "trials": trials,
            **lessons_plain(lessons_of(answer)),
        }
    }


def _cost(costs: Costs) -> dict[str, Any]:
    return {
        "runs": costs.runs,
        "baseline_runs": costs.baseline_runs,
        "evaluation_steps": costs.evaluation_steps,
        "recomputed_steps": costs.recomputed_steps,
        "total_runs": costs.total_runs,
        "seconds": costs.seconds,
        "reused": [
            {"study": name, "jobs": reused.jobs, "steps": reused.steps} for name, reused in costs.reused.items()
        ],
        "by_phase": costs.by_phase,
    }


def _decisions(answer: Answer) -> list[dict[str, Any]]:
    return [
        {
            "code": decision.code,
            "values": decision.values,
            "text": sentence(f"decision.{decision.code}.text", "en", decision.values),
        }
        for decision in answer.decisions
    ]


def _standing(standing: RunResult | None, *, best_at: bool) -> dict[str, Any] | None:
    if standing is None:
        return None
    where = {"best_at": standing.best_at} if best_at else {}
    return {"final": standing.final, "best": standing.best, **where, "steps": standing.steps}


def _foreseen(answer: Answer) -> dict[str, Any]:
    """The predictions before the final run, with 90 % intervals, and the one after it for twice its steps."""
    if answer.foreseen is None:
        return {}
    said = {"final": answer.foreseen.final, "twice": answer.foreseen.twice, "twice_after": answer.twice}
    return {"foreseen": {name: _span(value) for name, value in said.items()}}


def _span(span: Span | None) -> dict[str, float] | None:
    return None if span is None else {"middle": span.middle, "low": span.low, "high": span.high}


def _groups(answer: Answer) -> list[dict[str, Any]]:
    """Every parameter group with its peak rate."""
    return [
        {
            "rate": None if answer.rate is None else answer.rate * group.ratio,
            "ratio": group.ratio,
            "own_rate": group.base_rate,
            "parameters": group.parameters,
            "leading": at == answer.leading,
            "optimizer": group.optimizer,
            "optimizer_number": group.number,
        }
        for at, group in enumerate(answer.groups)
    ]


def _parts(answer: Answer) -> dict[str, Any]:
    """Body and head, if they were asked for."""
    if answer.parts is None:
        return {}
    tried = [
        {"share": share.share, "rate": share.rate, "score": share.score, "steps": share.stop, "ending": share.ending}
        for share in answer.shares
    ]
    found = {"head": answer.parts.head, "found_by": answer.parts.found_by}
    values = {"head_parameters": answer.parts.head_values, "body_parameters": answer.parts.body_values}
    return {"parts": {**found, **values, "share": answer.share, "tried": tried}}


def _schedule(summary: Summary) -> dict[str, Any] | None:
    """The schedule of the rate, with those of all other scheduled hyperparameters."""
    plain = {name: schedule_to_json(schedule) for name, schedule in summary.answer.schedules.items()}
    if "rate" not in plain:
        return None
    rate = plain.pop("rate")
    return {
        "expression": summary.expression,
        "json": rate,
        **({"others": plain} if plain else {}),
        "code": summary.code,
    }


def _legal(value: Any) -> Any:
    """Values that JSON allows: NaN and infinities become null, tuples lists, keys text, anything else its own text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Integral):  # numpy's numbers too
        return int(value)
    if isinstance(value, Real):
        return finite(float(value))
    if isinstance(value, Mapping):
        return {str(key): _legal(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, (list, tuple)):
        return [_legal(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return str(value)
