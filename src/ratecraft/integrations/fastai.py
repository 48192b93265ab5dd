"""fastai: a callback that watches a training, guards it, and leads its rates by a study.

Path:   events of the Learner -> `CallbackAlongside`; what is found is a warning of the logger `fastai.ratecraft`.
"""

import logging
from typing import Any

from fastai.callback.core import Callback, CancelFitException  # pyright: ignore

from ratecraft.api.callbacks.alongside import CallbackAlongside

__all__ = ["RatecraftCallback"]


class RatecraftCallback(CallbackAlongside, Callback):
    """Watches a training: `Learner(..., cbs=RatecraftCallback())`, or `learn.fit(5, cbs=RatecraftCallback())`.

    With the name of a study, its schedules lead the optimizer, of fastai or of torch: at each step their rates are
    written, over whatever `fit_one_cycle` has written. Where the study says to keep the training as it is, nothing is
    written. One `fit` is one training; `lr_find` is none. In a script that ratecraft itself runs or watches it does
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

    _logger = logging.getLogger("fastai.ratecraft")
    order = 60  # after the schedules of fastai, which write rates, and after its recorder
    run_valid = False

    def before_fit(self) -> None:
        """The optimizer is there: follow it."""
        learn: Any = self.learn
        self.run = not hasattr(learn, "lr_finder")
        if not self.run:
            return
        self._steps = 0
        accumulates = hasattr(learn, "gradient_accumulation")  # by samples: its steps are known when they are made
        steps = None if accumulates else learn.n_epoch * len(learn.dls.train)
        self._beside.begin([learn.opt], learn.model, steps=steps)

    def before_step(self) -> None:
        """Write the rates of the step."""
        self._beside.lead(self._steps)

    def after_step(self) -> None:
        """One more is made."""
        self._steps += 1

    def after_batch(self) -> None:
        """Stop where the guard has ended the training.

        Raises:
            CancelFitException: It has; fastai then leaves `fit`.
        """
        if self._beside.should_stop:
            raise CancelFitException

    def after_epoch(self) -> None:
        """Take in the figures, which fastai computes on validation data alone."""
        recorder: Any = getattr(self.learn, "recorder", None)
        if recorder is None or not recorder.values:
            return
        named = zip(recorder.metric_names[1:], recorder.values[-1], strict=False)
        self._beside.measured({name if "loss" in name else f"valid_{name}": value for name, value in named})

    def after_fit(self) -> None:
        """Look at the whole run."""
        self._beside.end()
