"""Small trainings with one fault each, their mended twins, and others that only look alike: steps, on one line of data.

Each is a function that trains for some steps; what it calls `check` with is told as a validation loss.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.nn import functional
from torch.optim import LBFGS, SGD, Adam

__all__ = ["Check", "Program"]

Check: TypeAlias = Callable[[float], None]
Program: TypeAlias = Callable[[Check], None]

STEPS, SAMPLES, CLASSES = 12, 8, 4


def net(*, ends: nn.Module | None = None, out: int = CLASSES) -> nn.Sequential:
    torch.manual_seed(0)
    layers = [nn.Linear(5, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, out)]
    return nn.Sequential(*layers, *([] if ends is None else [ends]))


def dropping(share: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Dropout(share), nn.Linear(16, CLASSES))


def batches(steps: int = STEPS) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    draw = torch.Generator().manual_seed(1)
    teacher = torch.randn(5, CLASSES, generator=draw)
    for _ in range(steps):
        inputs = torch.randn(SAMPLES, 5, generator=draw)
        yield inputs, (inputs @ teacher).argmax(1)


def numbers(steps: int = STEPS) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    for inputs, _ in batches(steps):
        yield inputs, inputs.sum(1)


def trained(
    loss_of: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    model: Callable[..., nn.Module] = net,
    **made: Any,
) -> Program:
    """A plain training on classes with this loss of outputs and classes."""

    def program(check: Check) -> None:
        torch.manual_seed(0)
        trained_one = model(**made)
        optimizer = SGD(trained_one.parameters(), lr=0.01)
        for inputs, classes in batches():
            optimizer.zero_grad()
            loss_of(trained_one(inputs), classes).backward()
            optimizer.step()

    return program


def on_numbers(loss_of: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> Program:
    """A plain training on numbers with this loss of a column of outputs and a row of numbers."""

    def program(check: Check) -> None:
        model = net(out=1)
        optimizer = SGD(model.parameters(), lr=0.01)
        for inputs, targets in numbers():
            optimizer.zero_grad()
            loss_of(model(inputs), targets).backward()
            optimizer.step()

    return program


def wanted(classes: torch.Tensor) -> torch.Tensor:
    return functional.one_hot(classes, CLASSES).float()


# ---- ends of models


def without_activation() -> nn.Module:
    return nn.Sequential(nn.Linear(5, 16), nn.Dropout(0.1), nn.Linear(16, 8, bias=False), nn.Linear(8, CLASSES))


def bottleneck() -> nn.Module:
    return nn.Sequential(nn.Linear(5, 2, bias=False), nn.Linear(2, CLASSES))


class LowRank(nn.Module):
    """A layer that is kept, and a change of it by two narrow ones that is added."""

    def __init__(self) -> None:
        super().__init__()
        self.kept, self.narrow, self.wide = nn.Linear(5, CLASSES), nn.Linear(5, 4), nn.Linear(4, CLASSES)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.kept(inputs) + self.wide(self.narrow(inputs))


class AttendsToOne(nn.Module):
    """Attention over the one key that there is: its weight is 1, as it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.attention, self.last = nn.MultiheadAttention(5, 1, batch_first=True), nn.Linear(5, CLASSES)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        rows = inputs[:, None]
        return self.last(self.attention(rows, rows, rows)[0][:, 0].relu())


# ---- clearing


def never_cleared(check: Check) -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.01)
    for inputs, classes in batches():
        functional.cross_entropy(model(inputs), classes).backward()
        optimizer.step()


def one_of_two_never_cleared(check: Check) -> None:
    body, head = nn.Linear(5, 8), nn.Linear(8, CLASSES)
    first, second = Adam(body.parameters()), Adam(head.parameters())
    for inputs, classes in batches():
        first.zero_grad()
        functional.cross_entropy(head(body(inputs).relu()), classes).backward()
        first.step()
        second.step()


def never_stepped(check: Check) -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.01)
    for inputs, classes in batches():
        optimizer.zero_grad()
        functional.cross_entropy(model(inputs), classes).backward()
        check(1.0)


def by_hand(check: Check) -> None:
    model = net()
    for inputs, classes in batches():
        model.zero_grad()
        functional.cross_entropy(model(inputs), classes).backward()
        with torch.no_grad():
            for each in model.parameters():
                each -= 0.01 * each.grad


def looked_at_gradients(check: Check) -> None:
    """An optimizer is there, and a few gradients are looked at."""
    model = net()
    SGD(model.parameters(), lr=0.01)
    for inputs, classes in batches(3):
        functional.cross_entropy(model(inputs), classes).backward()


def cleared_too_soon(check: Check) -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.01)
    for inputs, classes in batches():
        functional.cross_entropy(model(inputs), classes).backward()
        optimizer.zero_grad()
        optimizer.step()


def zeroed_too_soon(check: Check) -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.01)
    for inputs, classes in batches():
        functional.cross_entropy(model(inputs), classes).backward()
        optimizer.zero_grad(set_to_none=False)
        optimizer.step()


def cleared_after_each_step(check: Check) -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.01)
    for inputs, classes in batches():
        functional.cross_entropy(model(inputs), classes).backward()
        optimizer.step()
        model.zero_grad()


def zeroed_by_hand(check: Check) -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.01)
    for inputs, classes in batches():
        for each in model.parameters():
            if each.grad is not None:
                each.grad.data.zero_()
        functional.cross_entropy(model(inputs), classes).backward()
        optimizer.step()


def accumulated(check: Check) -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.01)
    for count, (inputs, classes) in enumerate(batches(4 * STEPS), 1):
        (functional.cross_entropy(model(inputs), classes) / 4).backward()
        if count % 4 == 0:
            optimizer.step()
            optimizer.zero_grad()


def two_losses(check: Check) -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.01)
    for inputs, classes in batches():
        optimizer.zero_grad()
        outputs = model(inputs)
        functional.cross_entropy(outputs, classes).backward(retain_graph=True)
        (1e-3 * outputs.square().mean()).backward()
        optimizer.step()


def with_closure(check: Check) -> None:
    model = nn.Linear(5, CLASSES)
    optimizer = LBFGS(model.parameters(), lr=0.1, max_iter=3)
    for inputs, classes in batches():

        def closure(inputs: torch.Tensor = inputs, classes: torch.Tensor = classes) -> torch.Tensor:
            optimizer.zero_grad()
            loss = functional.cross_entropy(model(inputs), classes)
            loss.backward()
            return loss

        optimizer.step(closure)


def gan(check: Check) -> None:
    """Each critic is cleared only before its own passes: those of the generator leave gradients in it."""
    generator, critic = nn.Linear(3, 5), net(out=1)
    play, judge = Adam(generator.parameters()), Adam(critic.parameters())
    for real, _ in batches():
        fake = generator(torch.randn(SAMPLES, 3))
        judge.zero_grad()
        loss = functional.binary_cross_entropy_with_logits
        loss(critic(real), torch.ones(SAMPLES, 1)).backward()
        loss(critic(fake.detach()), torch.zeros(SAMPLES, 1)).backward()
        judge.step()
        play.zero_grad()
        loss(critic(fake), torch.ones(SAMPLES, 1)).backward()
        play.step()


def recurrent(check: Check) -> None:
    torch.manual_seed(0)
    cell, head = nn.GRUCell(5, 8), nn.Linear(8, CLASSES)
    optimizer = Adam([*cell.parameters(), *head.parameters()])
    state = torch.zeros(SAMPLES, 8)
    for inputs, classes in batches():
        state = cell(inputs, state.detach())
        optimizer.zero_grad()
        functional.cross_entropy(head(state), classes).backward()
        optimizer.step()


def frozen_body(check: Check) -> None:
    model = net()
    for each in model[:3].parameters():
        each.requires_grad_(False)
    model[1].eval()
    optimizer = SGD([each for each in model.parameters() if each.requires_grad], lr=0.01)
    for inputs, classes in batches():
        optimizer.zero_grad()
        functional.cross_entropy(model(inputs), classes).backward()
        optimizer.step()


# ---- modes


def modes(
    *, starts: bool = True, evaluates: bool = True, returns: bool = True, model: Callable[[], nn.Module] = net
) -> Program:
    """A training with a validation after every fourth step, in these modes."""

    def program(check: Check) -> None:
        trained = model()
        optimizer = SGD([each for each in trained.parameters() if each.requires_grad], lr=0.01)
        if not starts:
            trained.eval()
        for step, (inputs, classes) in enumerate(batches(4 * STEPS)):
            optimizer.zero_grad()
            functional.cross_entropy(trained(inputs), classes).backward()
            optimizer.step()
            if step % 4 == 3:
                if evaluates:
                    trained.eval()
                with torch.no_grad():
                    check(functional.cross_entropy(trained(inputs), classes).item())
                if evaluates and returns:
                    trained.train(starts)

    return program


def plain() -> nn.Module:
    return nn.Sequential(nn.Linear(5, 16), nn.LayerNorm(16), nn.ReLU(), nn.Linear(16, CLASSES))


def attacked(check: Check) -> None:
    """Each batch is changed by gradients that are made in eval mode."""
    model = net()
    optimizer = SGD(model.parameters(), lr=0.01)
    for inputs, classes in batches():
        model.eval()
        inputs.requires_grad_()
        functional.cross_entropy(model(inputs), classes).backward()
        changed = (inputs + 0.1 * inputs.grad.sign()).detach() if inputs.grad is not None else inputs
        model.train()
        optimizer.zero_grad()
        functional.cross_entropy(model(changed), classes).backward()
        optimizer.step()


def distilled(check: Check) -> None:
    teacher, student = net().eval(), net()
    optimizer = SGD(student.parameters(), lr=0.01)
    for inputs, _ in batches():
        with torch.no_grad():
            aim = teacher(inputs).softmax(1)
        optimizer.zero_grad()
        functional.kl_div(student(inputs).log_softmax(1), aim, reduction="batchmean").backward()
        optimizer.step()


def for_another_model(check: Check) -> None:
    optimizer, model = SGD(net().parameters(), lr=0.01), net()
    for inputs, classes in batches():
        optimizer.zero_grad()
        functional.cross_entropy(model(inputs), classes).backward()
        optimizer.step()


def only_the_head_is_reached(check: Check) -> None:
    """A body of many tensors that are given to the optimizer, but whose outputs are taken without gradients."""
    body, head = nn.Sequential(*(nn.Linear(5, 5) for _ in range(20))), nn.Linear(5, CLASSES)
    optimizer = SGD([*body.parameters(), *head.parameters()], lr=0.01)
    for inputs, classes in batches():
        with torch.no_grad():
            features = body(inputs)
        optimizer.zero_grad()
        functional.cross_entropy(head(features), classes).backward()
        optimizer.step()


def shared(check: Check) -> None:
    """Gradients of a copy are handed to the model that the optimizer trains."""
    model, copy = net(), net()
    optimizer = SGD(model.parameters(), lr=0.01)
    for inputs, classes in batches():
        copy.load_state_dict(model.state_dict())
        copy.zero_grad()
        functional.cross_entropy(copy(inputs), classes).backward()
        for kept, made in zip(model.parameters(), copy.parameters(), strict=True):
            kept.grad = made.grad
        optimizer.step()
