"""One step as a guard changes it: gradients hidden or shrunk, rates made smaller, and all of it put back afterwards.

Path:   the guard, just before an update -> the optimizer's gradients and rates -> put back after the step.

An update is left out by hiding its gradients: an optimizer passes over parameters that have none, so that neither
weights nor moments nor weight decay move.
"""

from typing import Any

import torch
from torch.optim import Optimizer


class AlteredStep:
    """What must be restored after the coming step.

    Example:
        >>> weight = torch.nn.Parameter(torch.ones(1))
        >>> weight.grad = torch.ones(1)
        >>> optimizer, altered = torch.optim.SGD([weight], lr=0.5), AlteredStep()
        >>> altered.leave_out(optimizer)
        >>> optimizer.step()
        >>> altered.put_back()
        >>> weight.item(), weight.grad.item()
        (1.0, 1.0)
    """

    def __init__(self) -> None:
        self._hidden: list[tuple[torch.Tensor, torch.Tensor | None]] = []
        self._rates: list[tuple[dict[str, Any], Any]] = []

    def leave_out(self, optimizer: Optimizer) -> None:
        """Hide the gradients."""
        parameters = [
            parameter for group in optimizer.param_groups for parameter in group["params"] if parameter.grad is not None
        ]
        self._hidden += [(parameter, parameter.grad) for parameter in parameters]
        for parameter in parameters:
            parameter.grad = None

    @torch.no_grad()
    def shrink(self, optimizer: Optimizer, norm: torch.Tensor, limit: float) -> None:
        """Scale gradients of this norm down to the limit, for good."""
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.grad.mul_((limit / norm).to(parameter.grad.device))

    def slow(self, optimizer: Optimizer, factor: float) -> None:
        """Multiply the rates of the groups by the factor during the step."""
        if factor == 1.0 or self._rates:
            return
        self._rates = [(group, group["lr"]) for group in optimizer.param_groups if "lr" in group]
        for group, rate in self._rates:
            group["lr"] = rate * factor

    def put_back(self) -> None:
        """The step is over, or has raised."""
        for parameter, gradient in self._hidden:
            parameter.grad = gradient
        for group, rate in self._rates:
            group["lr"] = rate
        self._hidden, self._rates = [], []
