"""What a framework tells of a watched script: figures that it does not print, and weights that it loads.

Path:   adapters (`frameworks`) -> `_Onlooker` -> the watch. Nothing of a training is led here, so only those adapters
        are used that ask for nothing else.
"""

from collections.abc import Callable, Mapping

from ratecraft.training.frameworks import lightning, pretrained, transformers
from ratecraft.training.frameworks.adapting import adapt_frameworks
from ratecraft.training.horizon import Horizon
from ratecraft.training.loaders import Loaders
from ratecraft.training.losses import Losses
from ratecraft.training.rates import Rates
from ratecraft.training.trackers import Trackers

__all__ = ["follow_frameworks"]


def follow_frameworks(measured: Callable[[Mapping[str, object]], None], losses: Losses) -> None:
    """Hear of the metrics of Lightning and the Hugging Face Trainer, whenever the script imports them.

    Args:
        measured: Takes the metrics of an evaluation.
        losses: Those of the training, of which a framework may know how they are divided.
    """
    adapt_frameworks(_Onlooker(measured, losses), (lightning, transformers, pretrained))


class _Onlooker:
    """A host that leads nothing: its loaders never end, and what it is asked to lead it lets be."""

    active = True

    def __init__(self, measured: Callable[[Mapping[str, object]], None], losses: Losses) -> None:
        self._measured, self.losses = measured, losses
        self.loaders, self.horizon, self.rates = Loaders(), Horizon(lambda file: False), Rates({})
        self.trackers = Trackers()

    def measured(self, source: str, metrics: Mapping[str, object]) -> None:
        self._measured(metrics)

    def refuse(self, kind: str, name: str) -> None:
        pass

    def note(self, code: str, **values: object) -> None:
        pass

    def made(self, optimizer: object) -> None:
        pass

    def step_begins(self, optimizer: object) -> bool:
        return True

    def step_done(self) -> None:
        pass

    def step_raised(self) -> None:
        pass
