"""All that is told of a finished study: the one value behind the end screen and `--json`.

Path:   answer + costs of the record + files of the study (joined by api) -> `Summary` -> text, JSON.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from ratecraft.records.answer import Answer, Standing
from ratecraft.records.cost import Costs
from ratecraft.records.outcome import Note
from ratecraft.schedules.spec import to_json as schedule_to_json
from ratecraft.translations.catalogue import sentence

__all__ = ["SCHEMA", "Summary", "to_json"]

SCHEMA = 1
"""Version of the JSON object; raised when a key changes its meaning or goes."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A finished study.

    Attributes:
        study: Its name.
        path: Its folder, as the user would type it.
        answer: What was found.
        costs: What it cost.
        notes: What the user must be told once.
        model: File of the model that is kept; empty where none is.
        baseline: Folder with the files that the baseline wrote; empty where there are none.
        expression: The schedule as an expression; empty where there is none.
        code: The schedule as PyTorch code without a ratecraft import; empty where there is none.
        next_command: The one command to type now; empty where there is nothing to do.
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


def to_json(summary: Summary) -> dict[str, Any]:
    """The summary as one JSON object: keys and codes in English, full precision, null for what is not a number."""
    answer, costs = summary.answer, summary.costs
    metric = answer.metric
    plain = {
        "schema": SCHEMA,
        "study": summary.study,
        "metric": {"name": metric.name, "direction": metric.direction, "source": metric.source},
        "baseline": _standing(answer.baseline, best_at=False),
        "tuned": _standing(answer.tuned, best_at=True),
        **({"constant": _standing(answer.constant, best_at=True)} if answer.constant else {}),
        "verdict": answer.verdict,
        "rate": answer.rate,
        "interval": answer.interval,
        "groups": _groups(answer),
        "schedule": _schedule(summary),
        "cost": {
            "runs": costs.runs,
            "baseline_runs": costs.baseline_runs,
            "evaluation_steps": costs.evaluation_steps,
            "recomputed_steps": costs.recomputed_steps,
            "total_runs": costs.total_runs,
            "seconds": costs.seconds,
            "by_phase": costs.by_phase,
        },
        "decisions": [
            {
                "code": each.code,
                "values": each.values,
                "text": sentence(f"decision.{each.code}.text", "en", each.values),
            }
            for each in answer.decisions
        ],
    }
    return {key: _legal(value) for key, value in plain.items()}


def _standing(standing: Standing | None, *, best_at: bool) -> dict[str, Any] | None:
    if standing is None:
        return None
    where = {"best_at": standing.best_at} if best_at else {}
    return {"final": standing.final, "best": standing.best, **where, "steps": standing.steps}


def _groups(answer: Answer) -> list[dict[str, Any]]:
    """Every parameter group with the peak rate that it gets."""
    return [
        {
            "rate": None if answer.rate is None else answer.rate * group.ratio,
            "ratio": group.ratio,
            "own_rate": group.base_rate,
            "parameters": group.parameters,
            "leading": at == answer.leading,
        }
        for at, group in enumerate(answer.groups)
    ]


def _schedule(summary: Summary) -> dict[str, Any] | None:
    schedule = summary.answer.schedules.get("rate")
    if schedule is None:
        return None
    return {"expression": summary.expression, "json": schedule_to_json(schedule), "code": summary.code}


def _legal(value: Any) -> Any:
    """Only what JSON has: NaN and infinities become null, tuples lists, keys text, anything else its own text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Integral):  # numpy's own numbers too
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _legal(each) for key, each in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, (list, tuple)):
        return [_legal(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
    return str(value)
