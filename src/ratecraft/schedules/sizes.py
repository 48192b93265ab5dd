"""The size of an epoch and of a step, which lengths in epochs, samples and tokens are converted with.

Path:   what the user says, or a run showed -> `Sizes` -> with the steps of a run a `Horizon`, to bind schedules to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, cast, final

from ratecraft.schedules.lengths import Horizon, Steps, positive_number

UNIT_SIZES: Final[Mapping[str, str]] = MappingProxyType(
    {"epochs": "steps_per_epoch", "samples": "batch_size", "tokens": "tokens_per_step"}
)
"""What lengths are counted in beside steps, and the size that makes steps of it."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How large an epoch and a step of a training are; None for what is not known.

    Attributes:
        steps_per_epoch: Optimizer steps of one pass over the data.
        batch_size: Samples of one optimizer step, accumulation and all devices together.
        tokens_per_step: Tokens of one optimizer step.

    Raises:
        InvalidInput: A size is not a number above 0.
    """

    steps_per_epoch: float | None = None
    batch_size: float | None = None
    tokens_per_step: float | None = None

    def __post_init__(self) -> None:
        for name in UNIT_SIZES.values():
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, positive_number(name, value))

    def over(self, steps: int) -> Horizon:
        """The horizon of a run of `steps` steps of this size.

        Example:
            >>> Sizes(steps_per_epoch=98).over(980)
            Horizon(steps=980, steps_per_epoch=98, tokens_per_step=None, batch_size=None)
        """
        return Horizon(steps, *map(_exact, (self.steps_per_epoch, self.tokens_per_step, self.batch_size)))


NO_SIZES: Final = Sizes()
"""Nothing is known."""


def _exact(number: float | None) -> Steps | None:
    return cast("Steps | None", number)  # `Horizon` makes it exact
