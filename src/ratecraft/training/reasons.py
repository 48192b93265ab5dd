"""Why a script cannot be tuned, told as soon as it is sure and not after a whole run.

Path:   what the host sees of backward passes, optimizers and lengths -> a `Failure` that ends the run, or None.
"""

from collections.abc import Iterable
from types import FrameType

import torch

from ratecraft.records.outcome import Failure
from ratecraft.training.by_hand import ByHand
from ratecraft.training.horizon import Horizon
from ratecraft.training.only_loops import trains_only_here
from ratecraft.training.rates import Rates

__all__ = ["Reasons"]


class Reasons:
    """What speaks against a run, by what is known of it so far.

    Args:
        rates: Of its optimizers.
        horizon: What is known of its length.
        least: Steps below which it is too short to be tuned; 0 for no limit.
    """

    def __init__(self, rates: Rates, horizon: Horizon, least: int) -> None:
        self._rates, self._horizon, self._least = rates, horizon, least
        self._by_hand = ByHand()

    def backward(self, losses: Iterable[torch.Tensor]) -> Failure | None:
        """A backward pass begins before the first step of an optimizer."""
        return Failure("by-hand", str(self._by_hand.changes)) if self._by_hand.is_sure(losses) else None

    def length(self, frame: FrameType) -> Failure | None:
        """The second step begins, by which loops and frameworks have told all that they will tell of the length."""
        most, least = self._horizon.most, self._least
        if not most or most >= least:
            return None
        sure = trains_only_here(frame, self._horizon.is_users, framework=bool(self._horizon.framework))
        return Failure("too-short", str(most), str(least)) if sure else None

    def without_a_step(self) -> Failure:
        """The script ended by itself and had made no step."""
        return Failure("no-steps" if self._rates.has_optimizer else "no-optimizer")
