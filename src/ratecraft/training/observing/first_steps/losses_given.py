"""What a loss is given that it does not want, read off the operations that made it.

Path:   a loss that reaches `backward` -> the end of its graph -> facts of the run. Nothing of the script's is touched.

The graph is exact about what was applied to what: a softmax before a cross-entropy is there by name. Only whether what
`nll_loss` is given are log-probabilities is read off the numbers.
"""

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import torch

from ratecraft.training.observing.first_steps.graph_nodes import CROSS_ENTROPY, DISTANCES, classes_at, given_to

_Fault: TypeAlias = tuple[str, float | str | torch.Tensor]

_NEAR = 64  # operations from the end of a graph: a loss has fewer
_SQUASHES = {"SoftmaxBackward0": "softmax", "SigmoidBackward0": "sigmoid"}
_POWERS = frozenset({"PowBackward0", "AbsBackward0"})
_SUM = 2  # torch's own number for the reduction


def faults_of(loss: torch.Tensor) -> Iterator[_Fault]:
    """Facts of the run, by name; those that are tensors are 0-d ones on the loss's device.

    Example:
        >>> scores = torch.zeros(4, 10, requires_grad=True)
        >>> classes = torch.zeros(4, dtype=torch.long)
        >>> dict(faults_of(torch.nn.functional.cross_entropy(scores.softmax(1), classes)))
        {'before_cross_entropy': 'softmax', 'classes_squashed': 10.0}
        >>> dict(faults_of(torch.nn.functional.cross_entropy(scores, classes)))
        {}
    """
    waiting, known = [loss.grad_fn], set[Any]()
    while waiting and len(known) < _NEAR:
        node: Any = waiting.pop(0)
        if node is None or node in known:
            continue
        known.add(node)
        yield from _faults_at(node, is_last=node is loss.grad_fn)
        if node.name() not in ("LogSoftmaxBackward0", "SoftmaxBackward0"):  # what is before these is the model
            waiting += [function for function, _ in node.next_functions]


def _faults_at(node: Any, *, is_last: bool) -> Iterator[_Fault]:
    name = node.name()
    if name == "LogSoftmaxBackward0":
        squash = _SQUASHES.get(given_to(node).name() if given_to(node) is not None else "")
        if squash is not None:
            yield "before_cross_entropy", squash
            yield "classes_squashed", float(classes_at(node))
    elif name == "BinaryCrossEntropyWithLogitsBackward0":
        given = given_to(node)
        if given is not None and given.name() in _SQUASHES:
            yield "before_binary", _SQUASHES[given.name()]
    elif name in CROSS_ENTROPY:
        given = given_to(node)
        if given is not None and given.name() != "LogSoftmaxBackward0":
            yield from _not_logarithms(node)
    elif name in DISTANCES or name in _POWERS:
        yield from _broadcast(node)
    if is_last and name in CROSS_ENTROPY | DISTANCES and node._saved_reduction == _SUM:  # noqa: SLF001
        yield from _summed(node)


def _not_logarithms(node: Any) -> Iterator[_Fault]:
    """Mean over samples of the summed exponentials of `nll_loss`'s input: 1 for log-probabilities."""
    try:
        given: torch.Tensor = node._saved_self  # noqa: SLF001
    except RuntimeError:  # it was changed in place since
        return
    with torch.no_grad():
        yield "nll_total", given.detach().float().exp().sum(min(1, given.dim() - 1)).median()


def _broadcast(node: Any) -> Iterator[_Fault]:
    """A column of outputs that was held against a row of targets, each against each."""
    made = node if node.name() in DISTANCES else node.next_functions[0][0]
    if made is None or (made is not node and made.name() != "SubBackward0"):
        return
    inner = made.next_functions[0]
    if made is not node and (inner[0] is None) == (made.next_functions[1][0] is None):
        return  # two outputs held against each other
    shape = _shape(node)
    before, output = next((function for function in made.next_functions if function[0] is not None), (None, 0))
    if before is not None and before.name() == "ExpandBackward0":
        given = tuple(before._saved_self_sym_sizes)  # noqa: SLF001
    elif before is not None and before.name() != "torch::autograd::AccumulateGrad":
        given = tuple(before._input_metadata[output].shape)  # noqa: SLF001
    else:
        return
    if len(shape) == 2 and shape[0] == shape[1] > 1 and given in ((shape[0], 1), (shape[0],)):
        yield "broadcast_against", float(shape[0])


def _summed(node: Any) -> Iterator[_Fault]:
    count = math.prod(_shape(node)[:1])
    if count > 1:
        yield "loss_summed", float(count)


def _shape(node: Any) -> tuple[int, ...]:
    """The arguments that a loss of this kind is given."""
    for name in ("_saved_self", "_saved_result"):
        try:
            return tuple(getattr(node, name).shape)
        except (AttributeError, RuntimeError):
            continue
    return ()
