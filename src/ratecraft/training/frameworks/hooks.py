"""What ratecraft asks of a framework, and what the framework reports.

Path:   frameworks -> the host of a tuned script, or the watch of a script; both implement this.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from ratecraft.training.instrument.loaders import Loaders
from ratecraft.training.instrument.losses import Losses
from ratecraft.training.instrument.rates import Rates
from ratecraft.training.sandbox.quiet_trackers import Trackers


class Length(Protocol):
    """What a framework tells of the length of a run."""

    @property
    def framework(self) -> int:
        """Steps of all trainings that it has begun."""
        ...

    @framework.setter
    def framework(self, steps: int) -> None: ...


class Hooks(Protocol):
    """The host or the watch, as frameworks see it.

    Attributes:
        active: False in a forked child of the script, which is not followed.
        loaders: What is known of its loaders, and whether the last step is done, so that epochs end.
        rates: The rates of its optimizers.
        trackers: The experiment trackers that it uses.
    """

    active: bool
    loaders: Loaders
    rates: Rates
    trackers: Trackers

    @property
    def horizon(self) -> Length:
        """The length of a full run, as far as it is known."""
        ...

    @property
    def losses(self) -> Losses:
        """The losses that belong to the next step."""
        ...

    def measured(self, source: str, metrics: Mapping[str, object]) -> None:
        """An evaluation gave these metrics, among which may be figures; `source` names who says so."""
        ...

    def refuse(self, kind: str, name: str) -> None:
        """The script begins to train in a way that the host cannot follow: ends it, unless torch trains here too."""
        ...

    def note(self, code: str, **values: object) -> None:
        """Tells the user something, once."""
        ...

    def made(self, optimizer: Any) -> None:
        """An optimizer that is not torch's but looks like one has its groups."""
        ...

    def step_begins(self, optimizer: Any) -> bool:
        """It steps; False where the step must not happen."""
        ...

    def step_done(self) -> None:
        """The optimizer's step is done."""
        ...

    def step_raised(self) -> None:
        """The optimizer's step ended with an exception."""
        ...
