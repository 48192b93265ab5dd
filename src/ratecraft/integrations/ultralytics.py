"""Ultralytics: a callback that watches a training, guards it, and leads its rates by a study.

Path:   events of the trainer -> `CallbackAlongside`; what is found is a warning of the logger `ultralytics.ratecraft`.
"""

import logging
from collections.abc import Mapping
from typing import Any

from ratecraft.api.callbacks.alongside import CallbackAlongside

__all__ = ["RatecraftCallback"]


class RatecraftCallback(CallbackAlongside):
    """Watches a training: `RatecraftCallback().add_to(model)`, then `model.train(...)`.

    With the name of a study, its schedules lead the optimizer: at each update their rates are written, over those of
    the trainer's warm-up and scheduler. Where the study says to keep the training as it is, nothing is written. It
    follows trainings in one process: for several Ultralytics starts programs of its own, which have no callbacks. In a
    script that ratecraft itself runs or watches it does nothing.

    Args:
        study: A finished study: its name, its folder, or what `tune` returned.
        stretch: The training has another length than those of the study: fit the schedules to it.
        guard: What may be changed where the training goes wrong (`rc.Guard()`). Where it ends the training, the best
            weights are put back; the trainer's own files are those that it has saved.
        every: Steps between two readings of the norm of the gradient, as for `watch`.
        record: Folder that keeps a record of the run, for `ratecraft diagnose` and `report`.
        language: Code of a language; by default the usual one.

    Example:
        >>> callback = RatecraftCallback()
        >>> callback.watched is None  # until a training begins
        True
    """

    _logger = logging.getLogger("ultralytics.ratecraft")
    _step = 0
    _hooks: tuple[Any, ...] = ()

    def add_to(self, model: Any) -> None:
        """Have the events of a model's trainings come here; or those of a trainer."""
        for event, act in {
            "on_train_start": self.on_train_start,
            "on_train_batch_end": self.on_train_batch_end,
            "on_fit_epoch_end": self.on_fit_epoch_end,
            "on_train_end": self.on_train_end,
            "teardown": self.teardown,
        }.items():
            model.add_callback(event, act)

    def on_train_start(self, trainer: Any) -> None:
        """The optimizer is there: follow it."""
        batches, each = len(trainer.train_loader), max(round(trainer.args.nbs / trainer.batch_size), 1)
        steps = batches * trainer.epochs if each == 1 else None  # else its warm-up decides how many there are
        self._step = batches * trainer.start_epoch // each
        # Before the watch, whose readings are those of the step as it is made; after whatever the trainer has written.
        optimizer = trainer.optimizer
        self._hooks = (
            optimizer.register_step_pre_hook(self._before_step),
            optimizer.register_step_post_hook(self._after_step),
        )
        self._beside.begin([optimizer], trainer.model, steps=steps)

    def on_train_batch_end(self, trainer: Any) -> None:
        """Stop where the guard has ended the training."""
        if self._beside.should_stop:
            trainer.stop = True

    def on_fit_epoch_end(self, trainer: Any) -> None:
        """Take in the figures: validation losses come in parts."""
        metrics: Mapping[str, Any] = trainer.metrics or {}
        parts = [float(value) for name, value in metrics.items() if name.startswith("val/") and name.endswith("loss")]
        figures = {"val_loss": sum(parts)} if parts else {}
        if "metrics/accuracy_top1" in metrics:
            figures["val_accuracy"] = float(metrics["metrics/accuracy_top1"])
        self._beside.measured(figures)

    def on_train_end(self, trainer: Any) -> None:
        """Look at the whole run."""
        self._end(over=True)

    def teardown(self, trainer: Any) -> None:
        """A training that has not come to its end was broken off."""
        self._end(over=False)

    def _end(self, *, over: bool) -> None:
        if not self._hooks:
            return
        for hook in self._hooks:
            hook.remove()
        self._hooks = ()
        self._beside.end(over=over)

    def _before_step(self, *_: object) -> None:
        self._beside.lead(self._step)

    def _after_step(self, *_: object) -> None:
        self._step += 1
