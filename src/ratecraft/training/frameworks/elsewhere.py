"""Frameworks that train without an optimizer that can be followed: refused when a script starts to use one.

Path:   `jax.grad`, `tensorflow.GradientTape`, `keras.Model.fit`, `deepspeed.initialize` -> the host refuses, unless
        torch trains there too.
"""

import functools
from typing import TYPE_CHECKING, Any

from ratecraft.training.frameworks.framework import Framework

if TYPE_CHECKING:
    from ratecraft.training.frameworks.hooks import Hooks

_TRAINS_BY = {
    "jax": ("JAX", ("grad", "value_and_grad")),
    "tensorflow": ("TensorFlow", ("GradientTape.gradient",)),
    "keras": ("Keras", ("Model.fit",)),
}
_DEEPSPEED = ("initialize", "init_distributed")


def _adapt(module: Any, hooks: "Hooks") -> None:
    """Refuse what only a training needs."""
    name, functions = _TRAINS_BY[module.__name__]
    for path in functions:
        *owners, last = path.split(".")
        owner = functools.reduce(getattr, owners, module)
        setattr(owner, last, _refusing(getattr(owner, last), "other-framework", name, hooks))


def _adapt_deepspeed(module: Any, hooks: "Hooks") -> None:
    """Refuse its engine, which steps a torch optimizer by itself, on partitions of the weights."""
    for name in _DEEPSPEED:
        setattr(module, name, _refusing(getattr(module, name), "deepspeed", name, hooks))


def _refusing(function: Any, kind: str, name: str, hooks: "Hooks") -> Any:
    @functools.wraps(function)
    def refused(*args: Any, **kwargs: Any) -> Any:
        hooks.refuse(kind, name)
        return function(*args, **kwargs)

    return refused


ELSEWHERE = Framework({**dict.fromkeys(_TRAINS_BY, _adapt), "deepspeed": _adapt_deepspeed})
