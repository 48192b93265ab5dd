"""The Trainer of Hugging Face: a callback that watches a training, guards it, and leads its rates by a study.

Path:   events of the Trainer -> `CallbackAlongside`; what is found is a warning of transformers' own logger.
"""

from typing import Any

from transformers.trainer_callback import TrainerCallback
from transformers.utils import logging

from ratecraft.api.callbacks.alongside import CallbackAlongside

__all__ = ["RatecraftCallback"]


class RatecraftCallback(CallbackAlongside, TrainerCallback):
    """Watches a training: `Trainer(..., callbacks=[RatecraftCallback()])`.

    With the name of a study, its schedules take the place of the Trainer's own scheduler: at each step its rates are
    written, and logged. Where the study says to keep the training as it is, nothing is written. It continues from a
    checkpoint at the step where that was made. In a script that ratecraft itself runs or watches it does nothing.

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

    _logger = logging.get_logger("transformers.ratecraft")

    def on_train_begin(self, args: Any, state: Any, control: Any, **known: Any) -> None:
        """The optimizer is there: follow it."""
        self._beside.begin([known["optimizer"]], known["model"], steps=state.max_steps, adds=True)

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **known: Any) -> None:
        """Write the rates of the step; the Trainer logs those that its scheduler says it has written."""
        self._beside.lead(state.global_step)
        if self._beside.rates is not None:
            known["lr_scheduler"]._last_lr = self._beside.rates  # noqa: SLF001 - torch has no other way to say so

    def on_step_end(self, args: Any, state: Any, control: Any, **known: Any) -> None:
        """Stop where the guard has ended the training."""
        if self._beside.should_stop:
            control.should_training_stop = True

    def on_evaluate(self, args: Any, state: Any, control: Any, **known: Any) -> None:
        """Take in the figures."""
        self._beside.measured(known.get("metrics") or {})

    def on_train_end(self, args: Any, state: Any, control: Any, **known: Any) -> None:
        """Look at the whole run."""
        self._beside.end()
