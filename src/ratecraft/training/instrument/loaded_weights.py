"""Which weights a script loaded before training them: this tells fine-tuning from a random start.

Path:   `Module.load_state_dict` in a worker's process -> marks on parameters -> `model_facts`.

A worker lives for one run, so the marks are the process's own. Weights that are copied by hand are not seen.
"""

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn
from torch.utils.weak import WeakTensorKeyDictionary

_LOADED: Any = WeakTensorKeyDictionary()


def follow_loading() -> None:
    """From now on, mark the parameters that any module's `load_state_dict` sets."""
    load = nn.Module.load_state_dict

    @functools.wraps(load)
    def followed(self: nn.Module, state_dict: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        result = load(self, state_dict, *args, **kwargs)
        mark_loaded(parameter for name, parameter in self.named_parameters() if name in state_dict)
        return result

    nn.Module.load_state_dict = followed


def mark_loaded(parameters: Iterable[torch.Tensor]) -> None:
    """Mark parameters whose values were loaded."""
    for parameter in parameters:
        _LOADED[parameter] = True


def was_loaded(parameter: torch.Tensor) -> bool:
    """Whether a parameter's values were loaded.

    Example:
        >>> weight = torch.nn.Parameter(torch.zeros(2))
        >>> was_loaded(weight)
        False
        >>> mark_loaded([weight])
        >>> was_loaded(weight)
        True
    """
    return parameter in _LOADED
