"""Collects training losses without waiting for the device at every step.

Path:   scalars that reach backward -> one number a step -> blocks for the supervisor, and the blow-up rule.

A loss stays a 0-d tensor until `read` stacks all unread ones and brings them over in one transfer. When `read` is
called so that something is decided is a matter of the step count alone: wall time decides nothing.
"""

import math
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch

from ratecraft.laws.losses.micro_batches import Origin, Shared, added, is_whole, step_loss
from ratecraft.records.blow_up import BlowUp
from ratecraft.training.instrument.loss_graph import origin_of

_MOST_SKIPPED = 16  # steps that a scaler skips in a row for a non-finite loss before the run counts as blown up


@dataclass
class LossRule:
    """How the losses of a script are combined, as far as it is known.

    Attributes:
        opposed: Losses that pull against each other; of them only a non-finite one shows a blow-up.
        adds: The sum of a step's losses is their mean, as a framework tells that divides them by what a step holds.
        shared: Which of them are multiplied by shares (`laws.losses.micro_batches`).
        agree: Makes the losses of some steps those of a run of several processes; None if there is one alone.
    """

    opposed: bool = False
    adds: bool = False
    shared: Shared = frozenset()
    agree: Callable[[list[float]], list[float]] | None = None

    def joined(self, losses: Sequence[float], origins: Sequence[Origin]) -> float:
        """One loss, of those that reached `backward` before an optimizer stepped."""
        if self.adds:
            return added(losses)
        loss, self.shared = step_loss(losses, origins, self.shared)
        return loss


@dataclass(frozen=True, slots=True)
class Seen:
    """A loss that reached `backward`, and whether a step of an optimizer called for it."""

    loss: torch.Tensor
    origin: Origin
    inside: bool = False


@dataclass
class Losses:
    """The losses of a run, step by step.

    `waiting` are scalars whose optimizer has not stepped yet; `current` belong to the step that is open, by the
    optimizer that stepped (what two of them learned from adds up, however alike it looks); `unread` are closed steps.
    `state` is the blow-up rule after all that was read.
    """

    state: BlowUp = BlowUp()
    rule: LossRule = field(default_factory=LossRule)
    waiting: list[Seen] = field(default_factory=list[Seen])
    current: list[list[Seen]] = field(default_factory=list[list[Seen]])
    unread: list[list[list[Seen]]] = field(default_factory=list[list[list[Seen]]])
    _skipped: int = 0
    _scaled: list[tuple["weakref.ref[torch.Tensor]", torch.Tensor, Origin]] = field(
        default_factory=list[tuple["weakref.ref[torch.Tensor]", torch.Tensor, Origin]]
    )

    def scaled(self, loss: torch.Tensor, result: torch.Tensor) -> None:
        """A scaler made `result` of a loss: where that reaches backward, the loss is meant."""
        self._scaled.append((weakref.ref(result), loss.detach(), origin_of(loss)))

    def add(self, *tensors: object, inside: bool = False) -> None:
        """These reached backward in one pass; a scalar is a loss of the step that its optimizer takes next.

        A closure is called again and again: of the passes `inside` a step the first counts, and none if the step
        had its losses before, unless it is the last of their micro-batches.
        """
        seen = [
            self._seen(tensor, inside) for tensor in tensors if isinstance(tensor, torch.Tensor) and tensor.numel() == 1
        ]
        if not inside or not self.waiting or any(self._completed_by(shown.origin) for shown in seen):
            self.waiting += seen

    def _seen(self, tensor: torch.Tensor, inside: bool) -> Seen:
        loss, origin = tensor.detach(), origin_of(tensor)
        for result, unscaled, made in self._scaled:
            if result() is tensor:
                loss, origin = unscaled, replace(made, place=origin.place)
        loss = loss.clone()  # a compiled model may reuse the tensor's memory
        return Seen(loss.reshape(()) if loss.dim() else loss, origin, inside)

    def _completed_by(self, origin: Origin) -> bool:
        """Whether those that wait are the other micro-batches of a step, of which this one is the last."""
        if any(seen.inside or seen.origin.made != origin.made for seen in self.waiting):
            return False
        return is_whole([*(seen.origin.share for seen in self.waiting), origin.share])

    def rest(self) -> "Losses":
        """The losses whose optimizer has not stepped yet."""
        return Losses(rule=self.rule, waiting=self.waiting, _scaled=self._scaled)

    def anew(self) -> "Losses":
        """Empty losses for a run that continues from this one's state."""
        return Losses(self.state, replace(self.rule))

    def drop_waiting(self) -> None:
        """The step did not happen (a scaler skipped it): its losses belong to no step."""
        self.waiting.clear()
        if self._scaled:
            self._scaled.clear()

    def skipped_too_often(self) -> bool:
        """A scaler's step returned, and drops what still waits; whether it skipped too many in a row."""
        finite = not self.waiting or bool(torch.isfinite(self.waiting[-1].loss))  # a skip has waited for the device
        self._skipped = 0 if finite else self._skipped + 1
        self.drop_waiting()
        if self._skipped < _MOST_SKIPPED:
            return False
        self._skipped = 0
        return True

    def stepped(self) -> None:
        """An optimizer stepped: what waited belongs to the open step."""
        if self.waiting:
            self.current.append(self.waiting[:])
        self.drop_waiting()

    def close_step(self) -> None:
        """The open step is complete."""
        self.unread.append(self.current)
        self.current = []

    def read(self, *, agreed: bool = False) -> list[float]:
        """The losses of all closed steps since the last call, one a step (NaN if no loss was seen), in one transfer.

        Updates `state`; steps without a loss do not enter it.

        Args:
            agreed: All processes of the run read them now, so that they can agree on them.
        """
        steps, self.unread = self.unread, []
        values = iter(transferred([seen.loss for step in steps for turn in step for seen in turn]))
        losses: list[float] = []
        for step in steps:
            turns = [self.rule.joined([next(values) for _ in turn], [seen.origin for seen in turn]) for turn in step]
            losses.append(added(turns) if turns else math.nan)
        if agreed and self.rule.agree is not None:
            losses = self.rule.agree(losses)
        for step, loss in zip(steps, losses, strict=True):
            if step and not (self.rule.opposed and math.isfinite(loss)):
                self.state = self.state.add(loss)
        return losses


def transferred(scalars: Sequence[torch.Tensor]) -> list[float]:
    """The numbers, in one transfer a device."""
    if len({scalar.device for scalar in scalars}) > 1:
        scalars = [scalar.cpu() for scalar in scalars]
    return torch.stack(list(scalars)).tolist() if scalars else []  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
