"""A job: a piece of a run that a study asks for.

Path:   controllers propose jobs -> executors give them to runs -> outcomes.
Units:  `start` and `stop` are optimizer steps of the run, counted from 0; rates are absolute, of the leading group.

A job's schedules are functions of the step from 0. Before its `start` it is its parent, whose own schedules, scale and
treatment hold there: so it can be replayed from step 0, or continued from its parent's state where one is at hand.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal, TypeAlias

from ratecraft.records.metrics import Direction
from ratecraft.schedules.spec import from_json, to_json
from ratecraft.schedules.trees.nodes import Schedule

Phase: TypeAlias = Literal["baseline", "census", "untrained", "ramp", "bracket", "branch", "final", "trial"]
"""What a job is for; a label for people and for the ledger, no part of the job's key."""


@dataclass(frozen=True, slots=True)
class StopRule:
    """What happens when the run blows up (`records.blow_up` says when it has), or its validation turns.

    A validation has turned where the figures of the job's metric are clearly worse over a stretch than over an earlier
    one (`laws.turning`): the job then ends early.

    Attributes:
        blown_up: `end` ends the job there; `halve` puts weights, buffers and optimizer back in place to the last copy
            whose losses were read as finite, halves the rate from there on, and continues step and data.
        copy_every: Steps between two such copies (`halve` only).
        most_halvings: The job ends as blown up after this many (`halve` only).
        turned_over: Steps of such a stretch; 0 never ends the job.
        turned_since: Figures up to this step do not count.
        turned_after: The last stretch begins after this step: until then the rate does not fall.
        turned_within: Later it pays no more: the end of the good stretch and the step now must not add up to more.
    """

    blown_up: Literal["end", "halve"] = "end"
    copy_every: int = 0
    most_halvings: int = 6
    turned_over: int = 0
    turned_since: int = 0
    turned_after: int = 0
    turned_within: int = 0


@dataclass(frozen=True, slots=True)
class Evaluate:
    """How a job is scored once its last step is done.

    Attributes:
        kind: `figure`: freeze the weights and lead the script to its own next evaluation; `frozen`: the mean loss of
            `steps` frozen batches; `natural`: no end of ours, the run goes on to its own end; `census`: freeze and
            walk the whole script with one batch an epoch; with `steps` only to its first figure, and no further than so
            many frozen steps.
        metric: Name of the figure that scores (`figure`, `natural`); empty if none is known yet.
        steps: `frozen`: how many batches; `figure`: the most frozen steps to wait for the figure.
        direction: Which direction of the metric is better; the best state of a `natural` run is kept by it.
        lead: How the script is led to its figure (`figure`): `epoch-end` ends the epoch of its training loader early;
            `steps` leaves the loader whole, and frozen steps run on to the step at which the script evaluates.
    """

    kind: Literal["figure", "frozen", "natural", "census"]
    metric: str = ""
    steps: int = 0
    direction: Direction = "min"
    lead: Literal["epoch-end", "steps"] = "epoch-end"


@dataclass(frozen=True)  # without slots: a key is asked for often, and kept
class Job:
    """One job. Two jobs with equal fields are the same job and have the same `key`.

    Attributes:
        schedules: Name (`rate`) to schedule; empty leaves the script's own values.
        scale: `body`, `head` or number of a group (over all optimizers) to multiplier of its rate, from step 0 on;
            0 freezes. What is not named has 1.
        start: First step that is the job's own; before it, it is its parent.
        stop: One past the last step; None if the script's own end ends the job.
        parent: Key of the job that this one leaves at `start`.
        seed: Seed that the host sets before the script starts.
        arguments: Script arguments that differ from the study's; empty if none do.
        treatment: A change of the run beside its rate, by its name (`records.treatment`); empty for none.
        stop_rule: What to do when the run blows up.
        evaluate: How the job is scored; None for a trunk, which is not.
        in_place: The run writes into the user's own folder, as the script always does, instead of a scratch mirror.
    """

    schedules: Mapping[str, Schedule] = field(default_factory=dict[str, Schedule])
    scale: Mapping[str, float] = field(default_factory=dict[str, float])
    start: int = 0
    stop: int | None = None
    parent: str | None = None
    seed: int = 0
    arguments: tuple[str, ...] = ()
    treatment: str = ""
    stop_rule: StopRule = StopRule()
    evaluate: Evaluate | None = None
    in_place: bool = False

    @cached_property
    def key(self) -> str:
        """Hash of the fields that are not at their default: equal in every process and version that knows them."""
        text = json.dumps(job_to_json(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __hash__(self) -> int:
        return hash(self.key)


def job_to_json(job: Job) -> dict[str, Any]:
    """The job as plain JSON values; fields at their default are left out, those of its rule and its evaluation too."""
    empty = Job()
    plain: dict[str, Any] = {}
    for described in fields(Job):
        value = getattr(job, described.name)
        if value == getattr(empty, described.name):
            continue
        if described.name == "schedules":
            value = {name: to_json(schedule) for name, schedule in job.schedules.items()}
        elif described.name == "scale":
            value = {group: float(multiplier) for group, multiplier in job.scale.items()}  # 1 and 1.0 are one job
        elif isinstance(value, (StopRule, Evaluate)):
            parts = {part.name: (getattr(value, part.name), part.default) for part in fields(value)}
            value = {name: given for name, (given, default) in parts.items() if given != default}
        plain[described.name] = value
    return plain


def job_from_json(plain: Mapping[str, Any]) -> Job:
    """The job that `job_to_json` wrote."""
    values = dict(plain)
    if "schedules" in values:
        values["schedules"] = {name: from_json(spec) for name, spec in values["schedules"].items()}
    if "stop_rule" in values:
        values["stop_rule"] = StopRule(**values["stop_rule"])
    if "evaluate" in values:
        values["evaluate"] = Evaluate(**values["evaluate"])
    if "arguments" in values:
        values["arguments"] = tuple(values["arguments"])
    return Job(**values)
