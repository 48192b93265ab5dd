"""What a training's networks are given and which they are, heard from calls of modules between two of its steps.

Path:   calls of modules (`listening`), from the end of the first step to the gradients of the next -> inputs as
        0-d tensors on their device, whether there is recurrence, what no optimizer has -> readings and facts.

Heard is the second batch: by then optimizers are known, sizes are set, and what is compiled has been compiled. Data are
what has no history: the numbers that a layer of weights is given with no trained layer before it, so that what a model
normalises itself counts as it does. Nothing waits for the device, and nothing is heard after that one step.
"""

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import nn

from ratecraft.training.instrument.loaded_weights import was_loaded
from ratecraft.training.observing.error_boundary import ErrorBoundary
from ratecraft.training.observing.listening import hear_calls
from ratecraft.training.observing.state import FirstWeights, is_recurrent, tables_of

_TENSOR: Any = torch.Tensor
_FUNCTORCH: Any = torch._C._functorch  # noqa: SLF001  # pyright: ignore


class Calls:
    """Listens to the calls of one step.

    Args:
        held: Returns the parameters that optimizers have at the time of the call.
        boundary: The boundary within which calls are heard.
    """

    def __init__(self, held: Callable[[], Iterable[torch.Tensor]], boundary: ErrorBoundary | None = None) -> None:
        self._held, self._size, self._is_blind = held, 0, False
        self._boundary = boundary or ErrorBoundary()
        self._modules: weakref.WeakSet[nn.Module] = weakref.WeakSet()
        self._leave: Callable[[], None] | None = None
        self.weights = FirstWeights()
        """First weights of the leading optimizer, before its first step."""
        self.is_open = False
        """Whether a step is under way whose calls are heard."""
        self.inputs: tuple[torch.Tensor, torch.Tensor] | None = None
        """Mean and deviation of the largest data that a layer of weights was given; None if none was heard."""

    def begin(self) -> None:
        """Start listening; safe to call twice."""
        if not self.is_open:
            self.is_open, self._leave = True, hear_calls(self._boundary.wrap(self._called))

    def end(self) -> None:
        """Stop listening; safe to call twice."""
        self.is_open = False
        if self._leave is not None:
            self._leave()
            self._leave = None

    @property
    def heard_any(self) -> bool:
        """Whether a module was called to train."""
        return bool(self._modules)

    @property
    def recurrent(self) -> bool:
        """Whether a trained module is recurrent, so that gradients go back through time."""
        held = set(map(id, self._held()))
        trained = (module for module in self._modules if any(id(weight) in held for weight in module.parameters()))
        return any(map(is_recurrent, trained))

    @property
    def matrices(self) -> int:
        """Number of matrices, other than tables (`tables_of`), that the training starts from."""
        return self.weights.without(tables_of(self._modules))[0]

    def readings(self, step: int) -> Iterator[tuple[str, int, torch.Tensor]]:
        """The readings up to a step: name, step, value as a 0-d tensor."""
        for name, value in zip(("input_mean", "input_deviation"), self.inputs or (), strict=False):
            yield name, step, value
        count, scale = self.weights.without(tables_of(self._modules))
        if count:
            yield "weight_scale", 0, scale

    def left_out(self) -> tuple[int, int] | None:
        """How many values of these modules require training, and how many of those have a gradient but no optimizer.

        What was loaded is left alone by choice. None where optimizers hold as many values that no module has: they may
        be copies of these in another precision.
        """
        held = {id(weight): weight for weight in self._held()}
        known = {
            id(parameter): parameter for module in self._modules if module.training for parameter in module.parameters()
        }
        trained = [weight for weight in known.values() if weight.requires_grad]
        lost = sum(
            weight.numel()
            for key, weight in known.items()
            if key not in held and weight.grad is not None and not was_loaded(weight)
        )
        unseen = sum(weight.numel() for key, weight in held.items() if key not in known)
        return None if lost and unseen >= lost else (sum(weight.numel() for weight in trained), lost)

    def _called(self, module: nn.Module, given: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        if not (module.training and torch.is_grad_enabled()):
            return
        self._modules.add(module)
        begins = _begins_with_weights if _is_closed(module) else _has_weights
        if not self._is_blind and begins(module):
            self._hear(module, next(tensors_in((*given, *named.values())), None))
        if self._leave is not None and is_compiled(module):
            self._leave()  # else what is compiled again now would be so once more without us

    def _hear(self, module: nn.Module, first: torch.Tensor | None) -> None:
        """A layer of weights is given something; symbols have no scale."""
        if first is None or first.grad_fn is not None:
            return
        trained = {id(parameter) for parameter in module.parameters() if parameter.requires_grad}
        self._is_blind = not trained  # what follows what is frozen has no history, and is not data all the same
        is_ours = not trained or any(id(weight) in trained for weight in self._held())
        if is_ours and first.is_floating_point() and first.numel() > max(self._size, 1) and _can_be_read(first):
            self._size = first.numel()
            with torch.no_grad():
                deviation, mean = torch.std_mean(first.detach())
            self.inputs = mean.float(), deviation.float()


def _has_weights(module: nn.Module) -> bool:
    """Whether it is a layer with a matrix of its own: what is given to it meets that."""
    own = module.parameters(recurse=False)
    return _is_layer(module) and not _normalises(module) and any(tensor.dim() > 1 for tensor in own)


def _is_layer(module: nn.Module) -> bool:
    return next(module.children(), None) is None


def _normalises(module: nn.Module) -> bool:
    return "norm" in type(module).__name__.lower()


def is_compiled(module: nn.Module) -> bool:
    """Whether its calls are compiled, so that calls inside it are not seen."""
    return hasattr(module, "_orig_mod") or getattr(module, "_compiled_call_impl", None) is not None


def _is_closed(module: nn.Module) -> bool:
    """Whether calls within it are not heard, or are those of copies."""
    return is_compiled(module) or isinstance(module, nn.DataParallel)


def _begins_with_weights(module: nn.Module) -> bool:
    """Whether the first of its layers is one of weights and not one that normalises."""
    layers = (layer for layer in module.modules() if _is_layer(layer))
    first = next((layer for layer in layers if _has_weights(layer) or _normalises(layer)), None)
    return first is not None and _has_weights(first)


def tensors_in(values: Iterable[Any]) -> Iterator[torch.Tensor]:
    """The tensors of nested values, in their order."""
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, Mapping):
            yield from tensors_in(value.values())  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
        elif isinstance(value, list | tuple):
            yield from tensors_in(value)  # pyright: ignore[reportUnknownArgumentType]


def _can_be_read(tensor: Any) -> bool:
    """Whether a number of it is a plain one: not so within a transform of functions, or on several machines."""
    is_plain = tensor.layout is torch.strided and tensor.__torch_dispatch__ is _TENSOR.__torch_dispatch__
    return is_plain and not _FUNCTORCH.is_functorch_wrapped_tensor(tensor)
