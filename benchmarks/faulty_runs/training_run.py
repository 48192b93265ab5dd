"""Trains a case of a task and writes down what a training program could log of it.

Path:   a `Task`, a `Case`, a seed -> the loop -> `Trained`.
Units:  steps are optimizer steps; `grad_norm` is the norm before clipping; `update_ratio` is the median over matrices
        of the step over the weights (`training/observing/norms`, which reads it here as a watched run's is read).
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

import torch
from cases import Case, by_name
from task_list import TASKS, Parts, Task
from torch import Tensor, nn
from torch.optim import Optimizer

from ratecraft.training.instrument.model_facts import group_settings
from ratecraft.training.observing.checked_arguments import left_out
from ratecraft.training.observing.norms import Updates, effective_rate, gradient_norm
from ratecraft.training.observing.state import FirstWeights, is_recurrent, tables_of

__all__ = ["Trained", "fits", "parts_of", "started", "train"]

CHECKS = 20
UPDATES_EVERY = 10
_MOST_ROWS = 2000  # of a batch of all rows, so that a run takes seconds


@dataclass
class Trained:
    """What was seen of a run.

    Attributes:
        series: Name to steps and values.
        facts: Name to number or word.
        before: The validation loss before the first step.
    """

    series: dict[str, tuple[list[int], list[float]]] = field(default_factory=dict)
    facts: dict[str, float | str] = field(default_factory=dict)
    before: float = math.nan

    def note(self, name: str, step: int, value: float) -> None:
        """One more value of a series."""
        steps, values = self.series.setdefault(name, ([], []))
        steps.append(step)
        values.append(value)

    @property
    def final(self) -> float:
        """The last validation loss."""
        return self.series["val_loss"][1][-1]


def fits(task: Task, case: Case) -> bool:
    """Whether the case means anything on the task: only numbers can be scaled or mixed, only classes are smoothed."""
    inputs = task.parts()[0]
    if not inputs.is_floating_point() and (case.inputs != 1 or case.mixup):
        return False
    model = task.build()
    if (case.clip or case.decay) and any(getattr(each, "sparse", False) for each in model.modules()):
        return False  # torch has neither for sparse gradients
    if (share := case.frozen or case.left_out) and not _first(model, share):
        return False
    if case.dropout and not any(isinstance(each, nn.ReLU | nn.Tanh) for each in model.modules()):
        return False
    if case.kind in ("unclipped", "twin") and (case.name.startswith("clipped-") or case.kind == "unclipped"):
        return task.clip > 0
    if case.kind == "tight-clip" and (task.clip or task.optimizer != "sgd"):
        return False  # an adaptive rate takes the clip out again
    if case.batch == 0 and len(inputs) > _MOST_ROWS:
        return False
    return bool(task.classes) or not case.smoothing


def train(task: Task, case: Case, seed: int) -> Trained:
    """Train it to its end, or until its loss is no number."""
    torch.manual_seed(seed)
    steps = round(task.steps * case.length)
    parts = parts_of(task, case, seed)
    model, optimizer, clip = started(task, case, seed)
    run = Trained(facts=_facts(task, case, parts, model, optimizer, steps))
    run.before = _checked(task, model, parts)[0]
    if run.facts["weight_matrices"]:
        run.note("weight_scale", 0, _first_weights(model, optimizer)[1])
    if case.pretrained:
        run.note("val_loss", 0, run.before)
    cut = _Cut(case.patience)
    idle = _first(model, case.frozen)
    every = max(steps // CHECKS, 1)
    for step, batch in zip(range(steps), _batches(task, case, parts), strict=False):
        for group in optimizer.param_groups:
            rate = task.rate * case.factor * case.shape(step / steps, steps) * cut.factor
            group["lr"] = rate * group["share"]
        run.note("rate", step, optimizer.param_groups[0]["lr"])
        _backward(task, case, model, batch, run, step)
        for each in idle:
            each.grad = None  # as behind a `detach`
        if case.strike and step == round(case.at * steps):
            _strike(task, case, model, optimizer)
        norm = gradient_norm(optimizer)
        if norm is not None:
            run.note("grad_norm", step, norm.item())
            if clip:
                torch.nn.utils.clip_grads_with_norm_(
                    [each for group in optimizer.param_groups for each in group["params"] if each.grad is not None],
                    clip,
                    norm,
                )
        updates = Updates.before(optimizer) if step % UPDATES_EVERY == 0 else None
        optimizer.step()
        _note_updates(run, updates, optimizer, step)
        if (step + 1) % every == 0 or step + 1 == steps:
            with _activity(model) as dead:
                figures = _checked(task, model, parts)
            names = ("val_loss", "val_accuracy")
            for name, value in (*zip(names, figures, strict=False), *_layers(model), *dead.items()):
                run.note(name, step + 1, value)
            cut.seen(figures[0])
        if not math.isfinite(run.series["loss"][1][-1]):
            _finish_lost(run, step, steps, every)
            break
    return run


def _backward(task: Task, case: Case, model: nn.Module, batch: tuple[Tensor, ...], run: Trained, step: int) -> None:
    model.zero_grad(set_to_none=True)
    parts = zip(*(each.chunk(case.accumulate) for each in batch), strict=True)
    for inputs, targets in parts:
        if case.mixup:
            share, order = float(torch.distributions.Beta(0.3, 0.3).sample()), torch.randperm(len(inputs))
            scores = model(share * inputs + (1 - share) * inputs[order])
            loss = share * task.loss(scores, targets) + (1 - share) * task.loss(scores, targets[order])
        else:
            loss = task.loss(model(inputs), targets, case.smoothing)
        (loss / case.accumulate).backward()
        run.note("loss", step, loss.item())


def _strike(task: Task, case: Case, model: nn.Module, optimizer: Optimizer) -> None:
    grads = [each.grad for each in model.parameters() if each.grad is not None]
    if case.strike == "nan":
        grads[-1].view(-1)[0] = math.nan
    elif case.strike == "bad-step":
        for each in grads:
            each.mul_(case.amount)
    else:
        optimizer.state = task.make(optimizer.param_groups, lr=task.rate).state  # as after a start that loads none


def _note_updates(run: Trained, updates: Updates | None, optimizer: Optimizer, step: int) -> None:
    if updates is None:
        return
    ratio, rate = updates.ratios()[0], effective_rate(optimizer, 0)
    if ratio is not None:
        run.note("update_ratio", step, ratio.item())
    if rate is not None:
        run.note("effective_rate", step, rate.item())


def _layers(model: nn.Module) -> Iterator[tuple[str, float]]:
    """Gradients of the first and the last matrix, and the share of all that are exactly 0."""
    grads = [each.grad for each in model.parameters() if each.grad is not None and not each.grad.is_sparse]
    matrices = [each for each in grads if each.ndim > 1]
    if matrices:
        yield "first_grad", matrices[0].norm().item()
        yield "last_grad", matrices[-1].norm().item()
        yield "zero_grad", sum(int((each == 0).sum()) for each in grads) / sum(each.numel() for each in grads)


@contextmanager
def _activity(model: nn.Module) -> Iterator[dict[str, float]]:
    """The share of units that never speak, in the layer of `ReLU`s with most of them."""
    dead: dict[str, float] = {}

    def heard(_: nn.Module, __: object, out: Tensor) -> None:
        units = (out <= 0).flatten(0, -2).all(0) if out.ndim == 2 else (out <= 0).transpose(0, 1).flatten(1).all(1)
        dead["dead_units"] = max(units.float().mean().item(), dead.get("dead_units", 0.0))

    hooks = [each.register_forward_hook(heard) for each in model.modules() if isinstance(each, nn.ReLU)]
    yield dead
    for hook in hooks:
        hook.remove()


def _finish_lost(run: Trained, step: int, steps: int, every: int) -> None:
    """A run that is lost logs no number until its end."""
    for later in range(step + 1, steps):
        run.note("loss", later, math.nan)
        if (later + 1) % every == 0 or later + 1 == steps:
            run.note("val_loss", later + 1, math.nan)


class _Cut:
    """The plateau rule: multiplies the rate by 0.3 after so many checks without gain."""

    def __init__(self, patience: int) -> None:
        self.patience, self.factor, self.best, self.bad = patience, 1.0, math.inf, 0

    def seen(self, value: float) -> None:
        self.bad = 0 if value < self.best else self.bad + 1
        self.best = min(self.best, value)
        if self.patience and self.bad > self.patience:
            self.factor, self.bad = 0.3 * self.factor, 0


# ---- what is trained


def started(task: Task, case: Case, seed: int) -> tuple[nn.Module, Optimizer, float]:
    """Model and optimizer before the first step, and the norm at which gradients are clipped; 0 for none."""
    model = _model(task, case, seed)
    clip = 0.0 if case.clip == math.inf else case.clip * task.norm or task.clip
    return model, _optimizer(task, case, model, round(task.steps * case.length)), clip


def parts_of(task: Task, case: Case, seed: int) -> Parts:
    """The data, with what is wrong with them."""
    inputs, targets, held, targets_held = task.parts()
    draw = torch.Generator().manual_seed(seed)
    if case.inputs != 1:
        scale = torch.full((inputs.shape[1], *[1] * (inputs.ndim - 2)), case.inputs)
        if not case.inputs:
            scale = 10 ** (3 * torch.rand(scale.shape, generator=draw) - 1.5)
        inputs, held = inputs * scale, held * scale
    if case.rows:
        chosen = torch.randperm(len(inputs), generator=draw)[: case.rows]
        inputs, targets = inputs[chosen], targets[chosen]
    if case.labels:
        wrong = torch.rand(len(targets), generator=draw) < case.labels
        targets = torch.where(
            wrong.reshape(-1, *[1] * (targets.ndim - 1)), targets[torch.randperm(len(targets), generator=draw)], targets
        )
    return inputs, targets, held, targets_held


def _model(task: Task, case: Case, seed: int) -> nn.Module:
    model = task.build()
    if case.pretrained:
        model.load_state_dict(_trained_before(task.name, seed))
    with torch.no_grad():
        for each in model.parameters():
            if each.ndim > 1:
                each.mul_(case.weights)
    if case.dropout:
        _drop(model, case.dropout)
    return model


def _drop(model: nn.Module, share: float) -> None:
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.ReLU | nn.Tanh):
                setattr(parent, name, nn.Sequential(child, nn.Dropout(share)))


@cache
def _trained_before(name: str, seed: int) -> dict[str, Tensor]:
    """The weights of a run at the best rate with another seed."""
    task, case = TASKS[name], by_name("linear")
    torch.manual_seed(seed + 100)
    model = task.build()
    optimizer = _optimizer(task, case, model, task.steps)
    batches = _batches(task, case, task.parts())
    for step, (inputs, targets) in zip(range(task.steps), batches, strict=False):
        for group in optimizer.param_groups:
            group["lr"] = task.rate * case.shape(step / task.steps, task.steps)
        model.zero_grad()
        task.loss(model(inputs), targets).backward()
        optimizer.step()
    return model.state_dict()


def _first(model: nn.Module, share: float) -> list[nn.Parameter]:
    """So many of its tensors, from the first; never the last layer's two."""
    every = list(model.parameters())
    return every[: round(share * (len(every) - 2))]


def _optimizer(task: Task, case: Case, model: nn.Module, steps: int) -> Optimizer:
    held = list(model.parameters())[len(_first(model, case.left_out)) :]
    if case.body == 1:
        groups = [{"params": held, "share": 1.0}]
    else:
        groups = [{"params": held[:-2], "share": case.body}, {"params": held[-2:], "share": 1.0}]
    optimizer = task.make(groups, lr=task.rate)
    if case.decay:
        for group in optimizer.param_groups:
            group["weight_decay"] = case.decay / (0.7 * steps * task.rate * case.factor)
    return optimizer


def _batches(task: Task, case: Case, parts: Parts) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches without end, pass after pass, each in a new random order."""
    inputs, targets = parts[:2]
    size = min(max(round(case.batch * task.batch), 1) if case.batch else len(inputs), len(inputs))
    while True:
        order = torch.randperm(len(inputs))
        for first in range(0, len(order) - size + 1, size):
            chosen = order[first : first + size]
            yield inputs[chosen], targets[chosen]


@torch.no_grad()
def _checked(task: Task, model: nn.Module, parts: Parts) -> tuple[float, ...]:
    """The validation loss, and of classes the share of right answers."""
    model.eval()
    scores, targets = model(parts[2]), parts[3]
    model.train()
    loss = task.loss(scores, targets).item()
    return (loss, (scores.argmax(-1) == targets).float().mean().item()) if task.classes else (loss,)


def _first_weights(model: nn.Module, optimizer: Optimizer) -> tuple[int, float]:
    """How many matrices it starts from, and their scale, as a watch reads them."""
    weights = FirstWeights()
    weights.read(optimizer)
    count, scale = weights.without(tables_of([model]))
    return count, scale.item()


def _facts(
    task: Task, case: Case, parts: Parts, model: nn.Module, optimizer: Optimizer, steps: int
) -> dict[str, float | str]:
    """What a configuration, or a watch that is given the model, tells."""
    facts: dict[str, float | str] = {"optimizer": task.optimizer, "total_steps": steps, "batch_size": task.batch}
    facts |= left_out(model, [optimizer]) | group_settings(optimizer.param_groups[0])
    inputs, matrices = parts[0], [each for each in model.parameters() if each.ndim > 1]
    if inputs.is_floating_point():
        facts |= {"input_mean": inputs.mean().item(), "input_deviation": inputs.std().item()}
    facts["weight_ratio"] = (matrices[-1].var() / matrices[0].var().clamp(min=1e-30)).item()
    facts["parameters_in_optimizer"] = facts["parameters"] - facts["parameters_left_out"]
    facts["parameters_without_gradient"] = float(sum(each.numel() for each in _first(model, case.frozen)))
    facts["weight_matrices"] = float(_first_weights(model, optimizer)[0])
    if task.classes:
        facts["classes"] = task.classes
    if is_recurrent(model):
        facts["recurrent"] = 1.0
    clip = 0.0 if case.clip == math.inf else case.clip * task.norm or task.clip
    if clip:
        facts["clip"] = clip
    if case.pretrained:
        facts["pretrained"] = 1.0
    if case.strike == "lost-state":
        facts["resumed_at"] = round(case.at * steps)
    return facts
