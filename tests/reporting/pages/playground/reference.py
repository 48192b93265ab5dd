"""The playground's losses written once more, in PyTorch and double precision, with gradients by autograd."""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ratecraft.reporting.pages.learn import assets

BETA = 0.9
USUAL: dict[str, Any] = {
    "optimizer": "sgd",
    "noise": 0,
    "batch": 16,
    "schedule": "constant",
    "warmup": 0,
    "drawn": [1] * 9,
    "clip": 0,
    "steps": 100,
    "seed": 0,
}
STARTS = {
    "parabola": [-1.6],
    "waves": [3.6],
    "bowl": [-1.6, 1.1],
    "ravine": [-1.75, -0.15],
    "saddle": [-1.7, 0.005],
    "bumpy": [-1.7, 1.35],
    "surface": [-1.55, 1.7],
}


def _ravine(weights: Tensor) -> Tensor:
    along, across = weights @ torch.tensor([0.8, 0.6]), weights @ torch.tensor([-0.6, 0.8])
    return along**2 / 2 + 12.5 * across**2


def _bumpy(weights: Tensor) -> Tensor:
    return 0.3 * weights.square().sum() + 0.3 * (1 - torch.cos(3.5 * weights).prod())


@cache
def table() -> Tensor:
    """The losses that were cut from a net, read from the script that ships them."""
    text = assets()["playground/surface.js"].decode()
    numbers = re.search(r"losses: (\[.*\]),", text, re.DOTALL)
    assert numbers
    return torch.tensor(json.loads(numbers[1].replace(",\n  ]", "]"))).reshape(49, 49)


def _surface(weights: Tensor) -> Tensor:
    """Catmull and Rom's spline as a matrix over the 4 × 4 points around a place."""
    spline = torch.tensor([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]).double() / 2
    inside = weights.clamp(-2, 2)
    place = (inside + 2) / (4 / 48)
    cell = place.detach().floor().clamp(max=47)
    powers = [torch.stack([share**power for power in range(4)]) for share in place - cell]
    rows, columns = ((cell[axis].int() + torch.arange(-1, 3)).clamp(0, 48) for axis in (1, 0))
    near = table()[rows][:, columns]
    return (powers[1] @ spline) @ near @ (powers[0] @ spline) + 2 * (weights - inside).square().sum()


LOSSES: dict[str, Callable[[Tensor], Tensor]] = {
    "parabola": lambda weights: weights.square().sum() / 2,
    "waves": lambda weights: (0.15 * weights**2 + 0.35 * (1 - torch.cos(3 * weights))).sum(),
    "bowl": lambda weights: weights.square().sum() / 2,
    "ravine": _ravine,
    "saddle": lambda weights: (weights[0] ** 2 - weights[1] ** 2) / 2 + weights[1] ** 4 / 4,
    "bumpy": _bumpy,
    "surface": _surface,
}
OPTIMIZERS: dict[str, Callable[[list[Tensor], float], torch.optim.Optimizer]] = {
    "sgd": lambda weights, rate: torch.optim.SGD(weights, rate),
    "momentum": lambda weights, rate: torch.optim.SGD(weights, rate, momentum=BETA),
    "adam": lambda weights, rate: torch.optim.Adam(weights, rate),
    "rmsprop": lambda weights, rate: torch.optim.RMSprop(weights, rate),
    "adagrad": lambda weights, rate: torch.optim.Adagrad(weights, rate),
}


def way(
    problem: str,
    optimizer: str,
    rates: list[float],
    *,
    clip: float = 0,
    momenta: list[float] | None = None,
) -> list[list[float]]:
    """The weights before the first step and after each."""
    weights = torch.tensor(STARTS[problem]).requires_grad_()
    rule = OPTIMIZERS[optimizer]([weights], rates[0])
    seen = [weights.tolist()]
    for step, rate in enumerate(rates):
        group = rule.param_groups[0]
        group["lr"] = rate
        if momenta and "momentum" in group:
            group["momentum"] = momenta[step]
        elif momenta:
            group["betas"] = (momenta[step], group["betas"][1])
        rule.zero_grad()
        LOSSES[problem](weights).backward()
        if clip:
            torch.nn.utils.clip_grad_norm_([weights], clip)
        rule.step()
        seen.append(weights.tolist())
    return seen
