"""What the end of a model can say at all, and what it is asked for: read off the graph of a loss.

Path:   a loss that reaches `backward` -> each way back through operations of the loss alone -> the model's last
        operation, and what the loss holds against it -> facts of the run.

A softmax over one value is always 1, outputs beyond a sigmoid, a tanh or a ReLU have an end, and layers in a row
without a function between them are one layer. All of that is in the graph by name; only how many targets lie beyond
the end of the outputs is counted in the first batches.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import torch

from ratecraft.training.observing.first_steps.graph_nodes import DISTANCES, SHAPES, classes_at, given_to

_Fact: TypeAlias = tuple[str, float | str | torch.Tensor]

_MOST = 32  # operations of a loss
_MOST_OF_MODEL = 200  # operations: a model of a few layers has fewer
_REACH = {
    "SigmoidBackward0": ("sigmoid", 0.0, 1.0),
    "TanhBackward0": ("tanh", -1.0, 1.0),
    "ReluBackward0": ("relu", 0.0, float("inf")),
    "SoftmaxBackward0": ("softmax", 0.0, 1.0),
}
"""Operations whose results have an end: their names, and from where to where."""
_SLACK = 0.01  # beyond the end: a target at the end itself is asked for on purpose
_WITH_LOGITS = "BinaryCrossEntropyWithLogitsBackward0"
_OF_SHARES = ("NegBackward0", "SumBackward0", "MulBackward0")
"""As `cross_entropy` makes it of targets for each class."""
_MATRICES = frozenset({"AddmmBackward0", "MmBackward0"})
_LINEAR = _MATRICES | {"torch::autograd::AccumulateGrad", "NativeDropoutBackward0"}
_FEWEST = 2  # layers in a row


def limits_of(loss: torch.Tensor) -> Iterator[_Fact]:
    """Facts of the run, by name; those that are tensors are 0-d ones on the loss's device.

    Example:
        >>> score = torch.zeros(4, 1, requires_grad=True)
        >>> dict(limits_of(torch.nn.functional.cross_entropy(score, torch.ones(4, 1))))
        {'softmax_over': 1.0}
        >>> dict(limits_of(torch.nn.functional.binary_cross_entropy_with_logits(score, torch.ones(4, 1))))
        {'beyond_binary': tensor(0.)}
    """
    waiting: list[tuple[Any, tuple[Any, ...]]] = [(loss.grad_fn, ())]
    looked = 0
    while waiting and looked < _MOST:
        node, above = waiting.pop()
        if node is None:
            continue
        looked += 1
        if node.name() in ("LogSoftmaxBackward0", "SoftmaxBackward0"):
            yield from _of_choices(node)
            yield from _of_shares(above)
        elif node.name() == _WITH_LOGITS:
            yield from _of_binary(node)
        elif node.name() in DISTANCES:
            yield from _of_distance(node)
        elif node.name() not in _MATRICES:
            given = [function for function, _ in node.next_functions if function is not None]
            is_sum = len(node._input_metadata[0].shape) == 0  # noqa: SLF001 - of several losses
            waiting += [(inner, (*above, node)) for inner in given] if len(given) == 1 or is_sum else []


def _of_choices(node: Any) -> Iterator[_Fact]:
    """The fact about a softmax that the loss takes, or that is the model's last operation."""
    if classes_at(node) == 1:
        yield "softmax_over", 1.0
    given = given_to(node)
    if given is not None and given.name() == "ReluBackward0":
        yield "relu_before", "classes"
        yield from _silent(given)
    yield from _of_layers(given)


def _of_shares(above: Sequence[Any]) -> Iterator[_Fact]:
    """For `cross_entropy` with a target for each class: the share of samples without exactly one right class.

    Only where all targets are 0 or 1: else they may be weights.

    Args:
        above: What was made of the logarithms, the loss first.
    """
    if tuple(node.name() for node in above[-3:]) != _OF_SHARES:
        return
    try:
        targets = above[-1]._saved_self if above[-1].next_functions[0][0] is None else above[-1]._saved_other  # noqa: SLF001
    except RuntimeError:
        return
    if isinstance(targets, torch.Tensor) and targets.dim() == 2 and targets.shape[1] > 1:
        with torch.no_grad():
            is_plain = ((targets == 0) | (targets == 1)).all()
            yield "rows_not_one", (targets.sum(1) != 1).float().mean() * is_plain


def _of_binary(node: Any) -> Iterator[_Fact]:
    given = given_to(node)
    if given is not None and given.name() == "ReluBackward0":
        yield "relu_before", "binary"
    yield from _beyond(node, "beyond_binary", 0.0, 1.0)
    yield from _of_layers(given)


def _of_distance(node: Any) -> Iterator[_Fact]:
    given = given_to(node)
    reach = _REACH.get(given.name()) if given is not None else None
    if reach is not None:
        name, low, high = reach
        yield "outputs_end_in", name
        yield from _beyond(node, "beyond_outputs", low, high)
    if given is not None and given.name() == "SoftmaxBackward0" and classes_at(given) == 1:
        yield "softmax_over", 1.0
    yield from _of_layers(given)


def _beyond(node: Any, name: str, low: float, high: float) -> Iterator[_Fact]:
    """The share of targets that lie beyond what can be reached."""
    try:
        targets: torch.Tensor = node._saved_target  # noqa: SLF001
    except RuntimeError:  # it was changed in place since
        return
    with torch.no_grad():
        beyond = (targets < low - _SLACK) | (targets > high + _SLACK)
        yield name, beyond.float().mean()


def _silent(relu: Any) -> Iterator[_Fact]:
    """Classes whose score is 0 for each sample of a batch: nothing reaches what makes it."""
    try:
        scores: torch.Tensor = relu._saved_result  # noqa: SLF001
    except RuntimeError:
        return
    if scores.dim() == 2:
        with torch.no_grad():
            yield "classes_silent", (scores.amax(0) <= 0).sum().float()


def _of_layers(last: Any) -> Iterator[_Fact]:
    """How many layers follow one another down to the data with only sums of their inputs between them."""
    waiting, known, widths = [last], set[Any](), list[tuple[int, int]]()
    while waiting:
        node: Any = waiting.pop()
        if node is None or node in known:
            continue
        known.add(node)
        if len(known) > _MOST_OF_MODEL or not (node.name() in _LINEAR | SHAPES or _is_masked(node)):
            return
        if node.name() in _MATRICES:
            widths.append(tuple(node._saved_mat2_sym_sizes))  # noqa: SLF001
        waiting += [function for function, _ in node.next_functions]
    if len(widths) >= _FEWEST and _is_no_bottleneck(widths):
        yield "layers_in_a_row", float(len(widths))


def _is_masked(node: Any) -> bool:
    """Whether it multiplies by something that is not learned, as dropout does."""
    return node.name() == "MulBackward0" and sum(function is not None for function, _ in node.next_functions) == 1


def _is_no_bottleneck(widths: Sequence[tuple[int, int]]) -> bool:
    """Whether no layer is narrower than both ends: a narrow one makes fewer maps than one layer would, on purpose.

    Args:
        widths: Inputs and outputs of each layer, the last one first.
    """
    ends = min(widths[-1][0], widths[0][1])
    return all(outputs >= ends for _, outputs in widths)
