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
    """What is known about how the losses of a script combine.

    Attributes:
        opposed: The losses pull against each other; then only a non-finite loss shows a blow-up.
        adds: The losses of a step add up, since the framework divides each by the number of batches in it.
        shared: Which of them are multiplied by shares (`laws.losses.micro_batches`).
        agree: Averages the losses of some steps over the processes of the run; None if there is only one.
    """

    opposed: bool = False
    adds: bool = False
    shared: Shared = frozenset()
    agree: Callable[[list[float]], list[float]] | None = None

    def joined(self, losses: Sequence[float], origins: Sequence[Origin]) -> float:
        """The loss of a step, from the losses that reached `backward` before an optimizer stepped."""
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
        """A scaler turned a loss into `result`: when that reaches backward, the unscaled loss counts."""
        self._scaled.append((weakref.ref(result), loss.detach(), origin_of(loss)))

    def add(self, *tensors: object, inside: bool = False) -> None:
        """Add tensors that reached backward in one pass; a scalar is a loss of the step that its optimizer takes next.

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
        """Losses whose optimizer has not stepped yet."""
        return Losses(rule=self.rule, waiting=self.waiting, _scaled=self._scaled)

    def anew(self) -> "Losses":
        """Empty losses for a run that continues from this one's state."""
        return Losses(self.state, replace(self.rule))

    def drop_waiting(self) -> None:
        """Drop the losses of a step that did not happen because a scaler skipped it."""
        self.waiting.clear()
        if self._scaled:
            self._scaled.clear()

    def skipped_too_often(self) -> bool:
        """A scaler's step has returned: drop waiting losses; returns whether it skipped too many steps in a row."""
        finite = not self.waiting or bool(torch.isfinite(self.waiting[-1].loss))  # a skip has waited for the device
        self._skipped = 0 if finite else self._skipped + 1
        self.drop_waiting()
        if self._skipped < _MOST_SKIPPED:
            return False
        self._skipped = 0
        return True

    def stepped(self) -> None:
        """Call when an optimizer has stepped: its waiting losses belong to the open step."""
        if self.waiting:
            self.current.append(self.waiting[:])
        self.drop_waiting()

    def close_step(self) -> None:
        """Close the open step."""
        self.unread.append(self.current)
        self.current = []

    def close_steps_by_hand(self) -> int:
        """Close a step for each waiting loss of a script that updates its weights itself; returns how many."""
        waiting, self.waiting = self.waiting, []
        self.unread += [[[seen]] for seen in waiting]
        return len(waiting)

    def read(self, *, agreed: bool = False) -> list[float]:
        """The losses of all steps closed since the last call, one per step (NaN if none was seen), in one transfer.

        Updates `state`; steps without a loss do not enter it.

        Args:
            agreed: Whether all processes of the run read them now, so that they can be averaged.
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
    """The numbers, in one transfer per device."""
    if len({scalar.device for scalar in scalars}) > 1:
        scalars = [scalar.cpu() for scalar in scalars]
    return torch.stack(list(scalars)).tolist() if scalars else []  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
