"""The Trainer of Hugging Face: reads its logs in full precision, and leads it to its evaluation.

Path:   the events of its callback handler -> the host.

What it prints has four digits, so a log is told before the callbacks get it that print it.
"""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ratecraft.training.frameworks.framework import Framework

if TYPE_CHECKING:
    from ratecraft.training.frameworks.hooks import Hooks


def _adapt_trainers(module: Any, hooks: "Hooks") -> None:
    """Follow the events of every trainer."""
    handler = module.CallbackHandler

    def before(name: str, act: Callable[..., None]) -> None:
        event = getattr(handler, name)

        @functools.wraps(event)
        def followed(self: Any, args: Any, state: Any, control: Any, *more: Any, **named: Any) -> Any:
            if hooks.active:
                act(args, state, control, *more, **named)
            return event(self, args, state, control, *more, **named)

        setattr(handler, name, followed)

    def on_train_begin(args: Any, state: Any, control: Any) -> None:
        hooks.horizon.framework += max(0, state.max_steps - state.global_step)
        hooks.losses.rule.adds = True  # it divides each by what the step holds: of tokens, or of batches

    has_evaluated = False

    def on_step_end(args: Any, state: Any, control: Any) -> None:
        nonlocal has_evaluated
        if hooks.loaders.ending:
            has_evaluated = has_evaluated or getattr(args.eval_strategy, "value", args.eval_strategy) == "no"
            control.should_evaluate = not has_evaluated
            control.should_training_stop = has_evaluated  # the script may evaluate after it
            has_evaluated = True

    def on_log(args: Any, state: Any, control: Any, logs: dict[str, Any]) -> None:
        hooks.measured("transformers", logs)

    before("on_train_begin", on_train_begin)
    before("on_step_end", on_step_end)
    before("on_log", on_log)


TRANSFORMERS = Framework({"transformers.trainer_callback": _adapt_trainers}, ("transformers",))
