"""Lightning: a callback that watches a training, guards it, and leads its rates by a study.

Path:   hooks of the Trainer -> `CallbackAlongside`; what is found is a warning of Lightning's own logger.
"""

import logging
import math
from contextlib import suppress
from typing import Any

from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import Callback

from ratecraft.api.callbacks.alongside import CallbackAlongside

__all__ = ["RatecraftCallback"]


class RatecraftCallback(CallbackAlongside, Callback):
    """Watches a training: `Trainer(..., callbacks=[RatecraftCallback()])`.

    With the name of a study, its schedules lead the optimizers: at each step their rates are written, over whatever a
    scheduler of the module has written. Where the study says to keep the training as it is, nothing is written. It goes
    on from a checkpoint at the step where that was made. In a script that ratecraft itself runs or watches it does
    nothing.

    Args:
        study: A finished study: its name, its folder, or what `tune` returned.
        stretch: The training has another length than those of the study: fit the schedules to it.
        guard: What may be changed where the training goes wrong (`rc.Guard()`), in all processes alike. Where it ends
            the training, the best weights are put back.
        every: Steps between two readings of the norm of the gradient, as for `watch`.
        record: Folder that keeps a record of the run, for `ratecraft diagnose` and `report`.
        language: Code of a language; by default the usual one.

    Example:
        >>> callback = RatecraftCallback()
        >>> callback.watched is None  # until a training begins
        True
    """

    _logger = logging.getLogger("lightning.pytorch.ratecraft")

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """The optimizers are there: follow them."""
        steps = math.inf
        with suppress(MisconfigurationException):  # a trainer whose accumulation changes has no answer
            steps = trainer.estimated_stepping_batches
        known = int(steps) if 0 < steps < math.inf else None
        self._beside.begin(trainer.optimizers, pl_module, steps=known)

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Write the rates where the module and other callbacks look for them."""
        self._lead(trainer)

    def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
        """Write the rates of the step, of which a batch may have several where the module makes them itself."""
        self._lead(trainer)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Stop where the guard has ended the training, whatever least length was asked for."""
        if self._beside.should_stop:
            trainer.should_stop = True
            trainer.fit_loop.min_epochs = 0
            trainer.fit_loop.epoch_loop.min_steps = None

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Take in the figures."""
        if not trainer.sanity_checking:
            self._beside.measured(trainer.callback_metrics)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """The training was broken off."""
        self._beside.end(over=False)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Look at the whole run."""
        self._beside.end()

    def _lead(self, trainer: Any) -> None:
        """Lightning counts the steps of all optimizers together."""
        self._beside.lead(trainer.global_step // max(1, len(trainer.optimizers)))
