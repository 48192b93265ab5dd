"""Frameworks that train without torch's optimizers: refused where a script begins to train with one of them.

Path:   `jax.grad`, `tensorflow.GradientTape`, `keras.Model.fit`, `deepspeed.initialize` -> the host refuses, unless
        torch trains there too.
"""

import functools
from typing import TYPE_CHECKING, Any

from ratecraft.training.frameworks.framework import Framework

if TYPE_CHECKING:
    from ratecraft.training.frameworks.hooks import Hooks

__all__ = ["ELSEWHERE"]

_TRAINS_BY = {
    "jax": ("JAX", ("grad", "value_and_grad")),
    "tensorflow": ("TensorFlow", ("GradientTape.gradient",)),
    "keras": ("Keras", ("Model.fit",)),
    "deepspeed": ("DeepSpeed", ("initialize",)),  # its engine steps by itself, on weights of its own
}


def _adapt(module: Any, hooks: "Hooks") -> None:
    """Refuse what only a training needs."""
    name, functions = _TRAINS_BY[module.__name__]
    for path in functions:
        *owners, last = path.split(".")
        owner = functools.reduce(getattr, owners, module)
        setattr(owner, last, _refusing(getattr(owner, last), name, hooks))


def _refusing(function: Any, name: str, hooks: "Hooks") -> Any:
    @functools.wraps(function)
    def refused(*args: Any, **kwargs: Any) -> Any:
        hooks.refuse("other-framework", name)
        return function(*args, **kwargs)

    return refused


ELSEWHERE = Framework(dict.fromkeys(_TRAINS_BY, _adapt))
