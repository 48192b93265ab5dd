"""Tries a task before training it: one loss, its gradient and one validation, to report early what fails.

Path:   a task's engine -> a run that never goes on -> names of its figures, its first loss, the norm of the gradient.
"""

import math
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

from ratecraft.errors import InvalidInput, RatecraftError, ScriptFailed
from ratecraft.training.tasks.engine import Engine
from ratecraft.training.tasks.failures import failure_of
from ratecraft.training.tasks.live_training import LiveTraining


def prove(engine: Engine, seed: int = 0) -> tuple[str, ...]:
    """Compute one loss and one validation, so that what cannot work is said before anything is trained.

    Returns:
        The names of the figures.

    Raises:
        InvalidInput: The loss is not a single number connected with the model, a figure is not a number, or the
            user's own model is called instead of the one that is given.
        ScriptFailed: One of the task's functions raises.
    """
    with _proving(engine, seed) as training:
        _first_loss(training)
        return tuple(training.validate())


def first_gradient(engine: Engine, seed: int = 0) -> tuple[float, float]:
    """The loss of the first batch, and the norm of its gradient.

    Raises:
        InvalidInput: Same as `prove`.
        ScriptFailed: Same as `prove`.
    """
    with _proving(engine, seed) as training:
        loss = _first_loss(training)
        trained = [parameter for parameter in training.live.model.parameters() if parameter.requires_grad]
        gradients = torch.autograd.grad(loss, trained, allow_unused=True, materialize_grads=True)
        squares = [gradient.detach().double().square().sum().item() for gradient in gradients]
        return loss.item(), math.sqrt(math.fsum(squares))


@contextmanager
def _proving(engine: Engine, seed: int) -> Generator[LiveTraining, None, None]:
    """A run acts that never goes on. What the task's functions raise is told; the user's own model is guarded."""
    own = engine.training.task.model
    modules = {id(other) for other in own.modules()}

    def guard(module: nn.Module, inputs: object) -> None:
        if id(module) in modules:
            raise InvalidInput("task-own-model", model=type(own).__name__)

    handle, seat = register_module_forward_pre_hook(guard), engine.seat(seed)
    try:
        with engine.at_work(seat):
            yield engine.training
    except RatecraftError:
        raise
    except Exception as error:
        failure = failure_of(error)
        values = {"name": failure.name, "text": failure.message, "traceback": failure.traceback}
        raise ScriptFailed("task-raises", **values) from error
    finally:
        seat.over = True
        handle.remove()


def _first_loss(training: LiveTraining) -> torch.Tensor:
    """The first loss, checked."""
    loss = training.next_loss()
    if not loss.requires_grad:
        raise InvalidInput("task-loss-detached")
    parameters = {id(parameter) for parameter in training.task.model.parameters()}
    if any(id(leaf) in parameters for leaf in _leaves(loss)):
        raise InvalidInput("task-own-model", model=type(training.task.model).__name__)
    return loss


def _leaves(loss: torch.Tensor) -> Iterator[object]:
    """The tensors that gradients of a loss would be collected in."""
    seen, waiting = set[object](), [loss.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        yield getattr(node, "variable", None)
        waiting += [following for following, _ in node.next_functions]
