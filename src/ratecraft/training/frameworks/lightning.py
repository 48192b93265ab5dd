"""Lightning, under both of its names: reads its metrics, and stops it its own way, on to its validation.

Path:   `Trainer.fit` -> a callback of ours, which is in no checkpoint -> the host.

The end of its loader would not do: Lightning then skips the validation. `should_stop` makes it validate where it is,
and `fit` return.
"""

import functools
import importlib
import math
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ratecraft.training.frameworks.framework import Framework

if TYPE_CHECKING:
    from ratecraft.training.frameworks.hooks import Hooks


def _adapt_trainers(module: Any, hooks: "Hooks") -> None:
    """Have every `fit` of its trainers followed."""
    package = module.__name__.removesuffix(".trainer.trainer")
    unknown = importlib.import_module(f"{package}.utilities.exceptions").MisconfigurationException
    callback = _callback_of(importlib.import_module(f"{package}.callbacks").Callback, unknown, hooks)
    fit = module.Trainer.fit

    @functools.wraps(fit)
    def followed(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not hooks.active:
            return fit(self, *args, **kwargs)
        self.callbacks.insert(0, callback)  # before those that print
        try:
            return fit(self, *args, **kwargs)
        finally:
            self.callbacks.remove(callback)

    module.Trainer.fit = followed


def _callback_of(base: type[Any], unknown: type[Exception], hooks: "Hooks") -> Any:
    counted: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()

    class Follower(base):
        def on_train_start(self, trainer: Any, pl_module: Any) -> None:
            steps = math.inf
            with suppress(unknown):  # what a trainer says whose accumulation changes from epoch to epoch
                steps = trainer.estimated_stepping_batches
            if 0 < steps < math.inf:  # a second fit goes on to more steps in all
                done: int = trainer.global_step
                hooks.horizon.framework += max(0, int(steps) - counted.get(trainer, done))
                counted[trainer] = int(steps)

        def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
            if hooks.loaders.ending:
                trainer.should_stop = True
                trainer.fit_loop.min_epochs = 0  # else it would not stop yet
                trainer.fit_loop.epoch_loop.min_steps = None
                trainer.check_val_every_n_epoch = 1  # else it would not validate in this epoch

        def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
            if not trainer.sanity_checking:
                hooks.measured("lightning", trainer.callback_metrics)

    return Follower()


LIGHTNING = Framework(
    dict.fromkeys(("lightning.pytorch.trainer.trainer", "pytorch_lightning.trainer.trainer"), _adapt_trainers),
    ("lightning", "pytorch-lightning"),
)
