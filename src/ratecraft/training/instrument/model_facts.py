"""Facts about what is trained: kinds of layers by size, and the settings of parameter groups.

Path:   modules, a parameter group of torch -> `ModelFacts`, settings -> `RunFacts` -> recipes.
Units:  counts are of values in parameters.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import nn

from ratecraft.records.numbers import is_number
from ratecraft.records.outcome import ModelFacts

_NAMES = {"momentum": "momentum", "eps": "epsilon", "weight_decay": "weight_decay", "rho": "rho", "max_lr": "peak"}
_KINDS: tuple[tuple[str, tuple[type[nn.Module], ...]], ...] = (
    ("convolution", (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d)),
    ("convolution-1d", (nn.Conv1d, nn.ConvTranspose1d)),
    ("recurrent", (nn.RNNBase, nn.RNNCellBase)),
    ("linear", (nn.Linear, nn.Bilinear)),
)


def group_settings(group: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a parameter group other than its rate, under the names that recipes use.

    Args:
        group: An entry of `optimizer.param_groups`.

    Example:
        >>> weight = torch.nn.Parameter(torch.zeros(1))
        >>> group_settings(torch.optim.AdamW([weight]).param_groups[0])
        {'beta1': 0.9, 'beta2': 0.999, 'epsilon': 1e-08, 'weight_decay': 0.01}
    """
    betas: Any = group.get("betas") or ()
    named: dict[str, Any] = dict(zip(("beta1", "beta2"), betas, strict=False))
    named |= {name: group[entry] for entry, name in _NAMES.items() if entry in group}
    if "alpha" in group and "centered" in group:  # ASGD has an alpha of another meaning
        named["rho"] = group["alpha"]
    if group.get("nesterov") is True:
        named["nesterov"] = 1.0
    return {name: float(value) for name, value in named.items() if is_number(value)}


def model_facts(modules: Iterable[nn.Module], was_loaded: Callable[[torch.Tensor], bool] | None = None) -> ModelFacts:
    """What these modules are made of.

    Args:
        modules: The outermost ones.
        was_loaded: Tells whether a parameter's values were loaded; None if that is unknown.

    Example:
        >>> facts = model_facts([nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))])
        >>> facts.name, facts.parameters, dict(facts.kinds)
        ('Sequential', 58, {'convolution': 40, 'norm': 8, 'linear': 10})
    """
    tops = list(modules)
    parameters: dict[int, tuple[torch.Tensor, str]] = {}
    for top in tops:
        _collect(top, parameters, attends=False)
    kinds: Counter[str] = Counter()
    for parameter, kind in parameters.values():
        kinds[kind] += parameter.numel()
    known = [parameter for parameter, _ in parameters.values()]
    loaded = None if was_loaded is None else sum(weight.numel() for weight in known if was_loaded(weight))
    name = "+".join(dict.fromkeys(type(top).__name__ for top in tops))
    return ModelFacts(name, sum(weight.numel() for weight in known), loaded, dict(kinds))


def _collect(module: nn.Module, into: dict[int, tuple[torch.Tensor, str]], *, attends: bool) -> None:
    """Every parameter once, by the first module that holds it."""
    attends = attends or "attention" in type(module).__name__.lower()
    for name, parameter in module.named_parameters(recurse=False):
        kind = "adapter" if "lora_" in name else "attention" if attends else _kind(module)
        into.setdefault(id(parameter), (parameter, kind))
    for name, child in module.named_children():
        if "lora_" in name:
            into |= {
                id(parameter): (parameter, "adapter") for parameter in child.parameters() if id(parameter) not in into
            }
        _collect(child, into, attends=attends)


def _kind(module: nn.Module) -> str:
    if isinstance(module, nn.Embedding | nn.EmbeddingBag):
        return "sparse-embedding" if module.sparse else "embedding"
    if "norm" in type(module).__name__.lower():
        return "norm"
    return next((kind for kind, types in _KINDS if isinstance(module, types)), "other")
