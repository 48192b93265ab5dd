"""What a guard's policy is told of an update: loss, norm and growth, read in one transfer just before it is made.

Path:   losses and norm that the sensor has on the device, buffers -> `Values`, agreed with the other ranks -> `Update`.
Units:  steps from 0; norms, losses and rates as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch.optim import Optimizer

from ratecraft.records.watching.guarding import Update, Validated
from ratecraft.training.instrument.losses import LossRule, Seen, transferred
from ratecraft.training.instrument.state import Model
from ratecraft.training.observing.agreeing import Values


@dataclass(frozen=True, slots=True)
class Moment:
    """An update that is about to be made, as the sensor knows it: nothing of it is read yet.

    Attributes:
        step: Number of the step.
        losses: The losses that the step is made for; `rule` makes one loss of them.
        norm: Norm of all gradients before any clipping; None if there are none.
        limit: What the training itself has clipped them to.
    """

    step: int
    losses: Sequence[Seen]
    norm: torch.Tensor | None
    limit: float | None = None
    rule: LossRule = field(default_factory=LossRule)


def values_of(moment: Moment, grown: torch.Tensor | None, model: Model, figures: Sequence[Validated]) -> Values:
    """The readings of this process; waits for the device, once.

    Args:
        moment: The update.
        grown: As `Buffers.growth` gave it.
        model: Looked at for broken weights, where the norm is not a number.
        figures: Validation figures since the update before; the last one counts.
    """
    losses = [seen.loss for seen in moment.losses]
    beside = [norm for norm in (moment.norm, grown) if norm is not None]
    values = transferred([tensor.detach().float().reshape(()) for tensor in (*losses, *beside)])
    growth = values.pop() if grown is not None else None
    norm = values.pop() if moment.norm is not None else None
    is_number = norm is None or abs(norm) < float("inf")
    loss = moment.rule.joined(values, [seen.origin for seen in moment.losses]) if values else None
    return Values(loss, norm, growth, not is_number and model.is_broken(), figures[-1] if figures else None)


def update_of(optimizer: Optimizer, moment: Moment, values: Values) -> Update:
    """The update as the policy is told of it, with the rate that the training itself wants."""
    rates = [group["lr"] for group in optimizer.param_groups if "lr" in group]
    return Update(
        moment.step,
        values.loss,
        values.norm,
        float(rates[0]) if rates else None,
        clips=moment.limit is not None,
        growth=values.growth,
        broken=values.broken,
    )
