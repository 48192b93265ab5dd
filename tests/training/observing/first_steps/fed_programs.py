"""Small trainings as in `programs`, that differ in how they are fed and scheduled."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from tests.training.observing.first_steps.programs import CLASSES, SAMPLES, STEPS, Check, Program, batches, net
from torch import nn
from torch.nn import functional
from torch.optim import SGD, Adam
from torch.optim.lr_scheduler import ExponentialLR, StepLR
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset

# ---- data


class Drawn(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Draws each sample when it is asked for."""

    def __len__(self) -> int:
        return STEPS * SAMPLES

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        inputs = torch.randn(5)
        return inputs, inputs[:CLASSES].argmax()


def data(*, in_order: bool = False) -> TensorDataset:
    """Two hundred samples of four classes."""
    inputs, classes = (torch.cat(each) for each in zip(*batches(25), strict=True))
    order = classes.argsort() if in_order else torch.arange(len(classes))
    return TensorDataset(inputs[order], classes[order])


def fed(some: Iterable[list[torch.Tensor]], check: Check, *, validates: bool = False) -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.01)
    for step, (inputs, classes) in enumerate(some):
        optimizer.zero_grad()
        functional.cross_entropy(model(inputs), classes).backward()
        optimizer.step()
        if validates and step % 4 == 3:
            model.eval()
            check(1.0)
            model.train()


def from_loader(*, in_order: bool = False, shuffled: bool = False) -> Program:
    return lambda check: fed(DataLoader(data(in_order=in_order), SAMPLES, shuffle=shuffled), check)


def begun_anew(
    made_of: Callable[[], Dataset[Any]] = data, *, shuffled: bool = False, validates: bool = True
) -> Program:
    def program(check: Check) -> None:
        loader = DataLoader(made_of(), SAMPLES, shuffle=shuffled)
        fed((next(iter(loader)) for _ in range(STEPS)), check, validates=validates)

    return program


def one_batch(check: Check) -> None:
    """A demonstration that a model can learn one batch by heart."""
    batch = next(iter(DataLoader(data(), SAMPLES)))
    fed([batch] * STEPS, check, validates=True)


def one_batch_of_each_epoch(check: Check) -> None:
    """The same, by leaving each epoch after its first batch."""
    loader = DataLoader(data(), SAMPLES)

    def first() -> Iterator[list[torch.Tensor]]:
        for _ in range(STEPS):
            for batch in loader:
                yield batch
                break

    fed(first(), check, validates=True)


def two_loaders(check: Check) -> None:
    """Two loaders side by side, the second of which begins again when it is over."""
    first, second = DataLoader(data(), SAMPLES), DataLoader(data(in_order=True), SAMPLES)
    fed(([torch.cat(each) for each in zip(*pair, strict=True)] for pair in zip(first, second, strict=True)), check)


def looked_at_first(check: Check) -> None:
    loader = DataLoader(data(in_order=True), SAMPLES)
    next(iter(loader))
    fed(loader, check)


def classes_by_tasks(check: Check) -> None:
    """One class after the other on purpose, each shuffled."""
    whole = data(in_order=True)
    labels = whole.tensors[1]
    parts = [Subset(whole, (labels == each).nonzero()[:, 0].tolist()) for each in range(CLASSES)]
    fed((batch for each in parts for batch in DataLoader(each, SAMPLES, shuffle=True)), check)


def easy_first(check: Check) -> None:
    """A curriculum: the samples in the order of their size."""
    whole = data()
    order = whole.tensors[0].norm(dim=1).argsort()
    fed(DataLoader(TensorDataset(*(each[order] for each in whole.tensors)), SAMPLES), check)


def truth_table(check: Check) -> None:
    inputs, classes = torch.eye(5)[:4], torch.tensor([0, 0, 1, 1])
    loader = DataLoader(TensorDataset(inputs, classes), 1)
    model = nn.Linear(5, 2)
    optimizer = SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        for some, theirs in loader:
            optimizer.zero_grad()
            functional.cross_entropy(model(some), theirs).backward()
            optimizer.step()


# ---- schedules


def scheduled(*, each: int = 1, every: int = 1, passes: int = 1) -> Program:
    """A training whose scheduler is stepped so often after every so many steps, and that is validated."""

    def program(check: Check) -> None:
        model = net()
        optimizer = SGD(model.parameters(), lr=0.01)
        scheduler = StepLR(optimizer, 1, gamma=0.99)
        for step, (inputs, classes) in enumerate(batches(), 1):
            optimizer.zero_grad()
            for _ in range(passes):
                (functional.cross_entropy(model(inputs), classes) / passes).backward()
            optimizer.step()
            for _ in range(each if step % every == 0 else 0):
                scheduler.step()

    return program


def scheduled_never(check: Check) -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.01)
    decay = StepLR(optimizer, 1, gamma=0.99)
    for inputs, classes in batches():
        optimizer.zero_grad()
        functional.cross_entropy(model(inputs), classes).backward()
        optimizer.step()
        decay.get_last_lr()


def scheduled_once_it_stalls(check: Check) -> None:
    """Never, in this run: each validation is better than the one before."""
    model, best = net(), 2.0
    optimizer = SGD(model.parameters(), lr=0.01)
    stalled = StepLR(optimizer, 1, gamma=0.1)
    for step, (inputs, classes) in enumerate(batches()):
        optimizer.zero_grad()
        functional.cross_entropy(model(inputs), classes).backward()
        optimizer.step()
        model.eval()
        now = 1 / (step + 1)
        check(now)
        model.train()
        if now > best:
            stalled.step()


def replaced_optimizer(*, is_kept: bool = False) -> Program:
    """The optimizer is made anew after its scheduler; kept, it trains in a later phase."""

    def program(check: Check) -> None:
        model = net()
        optimizer = SGD(model.parameters(), lr=0.01)
        plan = ExponentialLR(optimizer, 0.9)
        later = optimizer if is_kept else None
        optimizer = Adam(model.parameters(), lr=0.01)
        for inputs, classes in batches():
            optimizer.zero_grad()
            functional.cross_entropy(model(inputs), classes).backward()
            optimizer.step()
            if later is None:
                with warnings.catch_warnings(action="ignore"):  # torch itself sees that the order is odd
                    plan.step()

    return program
