"""The tasks of the guide's figures: small networks on real data that packages and the standard library bring along.

Path:   data of the tuning benchmark -> `Task` -> `side_by_side.py`.
"""

import sys
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import torch
from side_by_side import Task
from torch import Tensor
from torch.nn.functional import cross_entropy, embedding

sys.path.append(str(Path(__file__).parents[1] / "tuning" / "tasks"))

import data

__all__ = ["diabetes", "digits", "networks", "recurrent", "right", "text"]

SYMBOLS, BEFORE, FEATURES = 128, 6, 8


def linear(inputs: int, outputs: int) -> list[Tensor]:
    """First weights of a layer, as PyTorch's `Linear` draws them."""
    most = inputs**-0.5
    return [torch.empty(inputs, outputs).uniform_(-most, most), torch.empty(outputs).uniform_(-most, most)]


def networks(*sizes: int) -> Callable[[], list[Tensor]]:
    """First weights of layers one after the other."""
    return lambda: [each for pair in pairwise(sizes) for each in linear(*pair)]


def layers(weights: Sequence[Tensor], inputs: Tensor) -> Tensor:
    """Layers with ReLU between them."""
    for place in range(0, len(weights), 2):
        inputs = torch.baddbmm(weights[place + 1][:, None], inputs, weights[place])
        if place + 2 < len(weights):
            inputs = inputs.relu()
    return inputs


def classes(scores: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of each network."""
    losses = cross_entropy(scores.flatten(0, -2), labels.flatten(), reduction="none")
    return losses.reshape(len(labels), -1).mean(1)


def squares(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean squared error of each network."""
    return (outputs - targets).square().flatten(1).mean(1)


def right(scores: Tensor, labels: Tensor) -> list[float]:
    """Share of right answers, by seed."""
    return (scores.argmax(-1) == labels).float().mean(-1).tolist()


@cache
def digits() -> Task:
    """scikit-learn's digits, 1,297 to train on; 20 passes."""
    inputs, targets, held, wanted = data.digits()
    return Task(networks(64, 64, 64, 10), layers, classes, inputs, targets, held, wanted)


@cache
def diabetes() -> Task:
    """scikit-learn's diabetes, 292 rows to train on, by a network far too large for them; 220 passes."""
    inputs, targets, held, wanted = data.diabetes()
    return Task(networks(10, 64, 64, 1), layers, squares, inputs, targets, held, wanted, steps=2000)


def letters(weights: Sequence[Tensor], inputs: Tensor) -> Tensor:
    """A table of symbols, then layers."""
    table, *others = weights
    return layers(others, looked_up(table, inputs).flatten(2))


def looked_up(table: Tensor, inputs: Tensor) -> Tensor:
    """The rows of each network's own table."""
    own = torch.arange(len(table)).reshape(-1, *[1] * (inputs.dim() - 1)) * table.shape[1]
    return embedding(inputs + own, table.flatten(0, 1))


@cache
def text() -> Task:
    """Python's help topics: the next letter from the six before it; no letter is seen twice."""
    train, held = pages()
    windows, other = train.unfold(0, BEFORE + 1, 1), held.unfold(0, BEFORE + 1, 9)
    make = networks(BEFORE * FEATURES, 64, SYMBOLS)
    first = lambda: [torch.randn(SYMBOLS, FEATURES), *make()]  # noqa: E731
    parts = windows[:, :-1], windows[:, -1], other[:, :-1], other[:, -1]
    return Task(first, letters, classes, *parts, batch=64, steps=1000)


def pages() -> tuple[Tensor, Tensor]:
    """All of the topics but the last 20,000 letters; those."""
    from pydoc_data.topics import topics

    whole = data.codes("\n".join(topics[name] for name in sorted(topics)).encode())
    return whole[:-20_000], whole[-20_000:]


def unrolled(weights: Sequence[Tensor], inputs: Tensor) -> Tensor:
    """A plain recurrent network: the score of the next letter after each."""
    table, again, bias, out, offset = weights
    seen, state, states = looked_up(table, inputs), torch.zeros(()), list[Tensor]()
    for place in range(inputs.shape[2] if inputs.dim() > 2 else inputs.shape[1]):
        driven = seen[:, :, place] + bias[:, None]
        state = (driven + torch.bmm(state, again) if place else driven).tanh()
        states.append(state)
    hidden = torch.stack(states, 2)
    return torch.baddbmm(offset[:, None], hidden.flatten(1, 2), out).reshape(*hidden.shape[:3], -1)


@cache
def recurrent(length: int = 40, width: int = 48) -> Task:
    """Python's help topics by a recurrent network without gates, whose gradients can explode."""
    train, held = pages()
    windows, other = train.unfold(0, length + 1, 7), held.unfold(0, length + 1, length)[:200]

    def first() -> list[Tensor]:
        again = torch.nn.init.orthogonal_(torch.empty(width, width)) * 1.1
        return [torch.randn(SYMBOLS, width) * 0.3, again, torch.zeros(width), *linear(width, SYMBOLS)]

    parts = windows[:, :-1], windows[:, 1:], other[:, :-1], other[:, 1:]
    return Task(first, unrolled, classes, *parts, batch=16, steps=500)
