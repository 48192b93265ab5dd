"""Mirrors training/observing/first_steps: faults are named, mended twins and look-alikes are not."""

import pytest
import torch
from tests.training.observing.first_steps import fed_programs, programs
from tests.training.observing.first_steps.fed_programs import begun_anew, from_loader, scheduled
from tests.training.observing.first_steps.programs import Program, modes, on_numbers, trained, wanted
from torch import nn
from torch.nn import functional
from torch.optim.optimizer import _global_optimizer_post_hooks  # pyright: ignore[reportPrivateUsage]

from ratecraft.diagnosis.diagnosing import diagnosis_of
from ratecraft.diagnosis.model.dropout import DROPOUT
from ratecraft.diagnosis.program.clearing import CLEARING
from ratecraft.diagnosis.program.feeding import FEEDING
from ratecraft.diagnosis.program.last_layer import LAST_LAYER
from ratecraft.diagnosis.program.loss_inputs import LOSS_INPUTS
from ratecraft.diagnosis.program.modes import MODES
from ratecraft.diagnosis.rates.scheduler_steps import SCHEDULER_STEPS
from ratecraft.training.instrument.loaded_weights import mark_loaded
from ratecraft.training.observing.sensor import Sensor
from ratecraft.watching.trace import Trace

INSPECTED = (CLEARING, LOSS_INPUTS, LAST_LAYER, MODES, FEEDING, SCHEDULER_STEPS, DROPOUT)
EXACT = {kind.code for rule in INSPECTED for kind in rule.kinds}


def named(program: Program) -> set[str]:
    """What is exactly wrong with a program that is watched."""
    trace = Trace()
    sensor = Sensor(trace.add)
    sensor.follow_all()
    program(lambda value: sensor.log("val_loss", value))
    sensor.close()
    said = diagnosis_of(trace.run)
    return {each.code for each in (*said.findings, *(one.finding for one in said.explained))} & EXACT


def loaded() -> nn.Module:
    model = programs.net()
    mark_loaded(model.parameters())
    return model


def still_norm() -> nn.Module:
    """Its statistics are kept on purpose, whatever mode the rest is in."""
    model = programs.net()
    model[1].train = lambda mode=True: model[1]  # type: ignore[method-assign]
    model[1].training = False
    return model


cross_entropy, binary = functional.cross_entropy, functional.binary_cross_entropy_with_logits

FAULTS: dict[str, tuple[str, Program]] = {
    "no zero_grad": ("gradients-never-cleared", programs.never_cleared),
    "no zero_grad of one of two": ("gradients-never-cleared", programs.one_of_two_never_cleared),
    "no step": ("no-optimizer-step", programs.never_stepped),
    "zero_grad before step": ("gradients-cleared-too-soon", programs.cleared_too_soon),
    "zeros before step": ("gradients-cleared-too-soon", programs.zeroed_too_soon),
    "softmax in the model": ("softmax-before-loss", trained(cross_entropy, ends=nn.Softmax(-1))),
    "sigmoid in the model": ("softmax-before-loss", trained(cross_entropy, ends=nn.Sigmoid())),
    "softmax, and a term beside": (
        "softmax-before-loss",
        trained(lambda out, classes: 0.5 * cross_entropy(out.softmax(1), classes) + 1e-3 * out.square().mean()),
    ),
    "sigmoid before its loss": (
        "sigmoid-before-loss",
        trained(lambda out, classes: binary(out.sigmoid(), wanted(classes))),
    ),
    "logits to nll_loss": ("not-log-probabilities", trained(functional.nll_loss)),
    "probabilities to nll_loss": ("not-log-probabilities", trained(functional.nll_loss, ends=nn.Softmax(1))),
    "a column and a row": ("shapes-broadcast", on_numbers(functional.mse_loss)),
    "a column and a row, absolute": ("shapes-broadcast", on_numbers(functional.smooth_l1_loss)),
    "a column and a row, by hand": ("shapes-broadcast", on_numbers(lambda out, row: (row - out).square().mean())),
    "a sum": ("loss-summed", trained(lambda out, classes: cross_entropy(out, classes, reduction="sum"))),
    "eval from the start": ("trains-in-eval-mode", modes(starts=False)),
    "eval since a validation": ("trains-in-eval-mode", modes(returns=False)),
    "an optimizer of another model": ("optimizer-without-gradients", programs.for_another_model),
    "a loader that is begun anew": ("same-batch", begun_anew()),
    "class by class": ("classes-in-order", from_loader(in_order=True)),
    "class by class, once looked at": ("classes-in-order", fed_programs.looked_at_first),
    "a scheduler stepped twice": ("schedule-stepped-twice", scheduled(each=2)),
    "a scheduler that is forgotten": ("schedule-never-stepped", fed_programs.scheduled_never),
    "an optimizer that was replaced": ("schedule-of-another-optimizer", fed_programs.replaced_optimizer()),
    "one output, a softmax of it": (
        "one-choice",
        on_numbers(lambda out, row: functional.mse_loss(out.softmax(1)[:, 0], row.sign().clamp(0))),
    ),
    "one output, a cross-entropy": (
        "one-choice",
        on_numbers(lambda out, row: cross_entropy(out, row.sign().clamp(0)[:, None])),
    ),
    "several classes at once": (
        "one-of-several",
        trained(lambda out, classes: cross_entropy(out, (wanted(classes) + wanted(0 * classes)).clamp(max=1))),
    ),
    "a ReLU before a binary loss": (
        "relu-before-loss",
        trained(lambda out, classes: binary(out, wanted(classes)), ends=nn.ReLU()),
    ),
    "a ReLU behind a bias that silences a class": (
        "relu-before-loss",
        trained(lambda out, classes: cross_entropy((out - 9 * wanted(0 * classes)).relu(), classes)),
    ),
    "numbers beyond a sigmoid": (
        "targets-out-of-reach",
        on_numbers(lambda out, row: functional.mse_loss(out.sigmoid()[:, 0], row)),
    ),
    "numbers below a ReLU": (
        "targets-out-of-reach",
        on_numbers(lambda out, row: functional.smooth_l1_loss(out.relu().squeeze(1), row)),
    ),
    "classes -1 and 1": (
        "targets-not-binary",
        on_numbers(lambda out, row: binary(out[:, 0], row.sign())),
    ),
    "classes 1 and 2": (
        "targets-not-binary",
        on_numbers(lambda out, row: binary(out[:, 0], row.sign().clamp(0) + 1)),
    ),
    "no activation": ("layers-linear", trained(cross_entropy, model=programs.without_activation)),
    "no activation, a regression by hand": (
        "layers-linear",
        trained(lambda out, classes: functional.mse_loss(out, wanted(classes)), model=programs.without_activation),
    ),
    "dropout of four fifths": ("dropout-high", trained(cross_entropy, model=programs.dropping, share=0.8)),
    "no eval": ("validates-in-train-mode", modes(evaluates=False)),
}

RIGHT: dict[str, Program] = {
    "cleared before the pass": trained(cross_entropy),
    "cleared after the step": programs.cleared_after_each_step,
    "zeroed by hand": programs.zeroed_by_hand,
    "accumulation": programs.accumulated,
    "two losses": programs.two_losses,
    "weights changed by hand": programs.by_hand,
    "an optimizer for later": programs.looked_at_gradients,
    "a closure": programs.with_closure,
    "a generator and its critic": programs.gan,
    "recurrent state": programs.recurrent,
    "a frozen body": programs.frozen_body,
    "soft classes": trained(lambda out, classes: cross_entropy(out, wanted(classes))),
    "smoothed labels": trained(lambda out, classes: cross_entropy(out, classes, label_smoothing=0.1)),
    "log-probabilities": trained(functional.nll_loss, ends=nn.LogSoftmax(1)),
    "the log of probabilities": trained(lambda out, classes: functional.nll_loss(out.softmax(1).log(), classes)),
    "probabilities": trained(lambda out, classes: functional.binary_cross_entropy(out.sigmoid(), wanted(classes))),
    "logits": trained(lambda out, classes: binary(out, wanted(classes))),
    "a sum that is divided": trained(lambda out, classes: cross_entropy(out, classes, reduction="sum") / len(out)),
    "one shape": on_numbers(lambda out, row: functional.mse_loss(out.squeeze(1), row)),
    "all pairs of outputs": on_numbers(lambda out, row: (out - out.T).square().mean()),
    "one output, a sigmoid": on_numbers(lambda out, row: binary(out, row.sign().clamp(0)[:, None])),
    "several classes that share one": trained(
        lambda out, classes: cross_entropy(out, (wanted(classes) + wanted(0 * classes)) / 2)
    ),
    "weighted classes by hand": trained(
        lambda out, classes: -(out.log_softmax(1) * (wanted(classes) * 3 + 1)).sum() / len(out)
    ),
    "all positives of a mask": trained(
        lambda out, classes: -(out.log_softmax(1) * wanted(classes).roll(1, 1)).sum(1).mean()
    ),
    "a ReLU before the last layer alone": trained(cross_entropy),
    "a ReLU before a mean over places": trained(
        lambda out, classes: cross_entropy(out.unflatten(1, (-1, 1)).relu().mean(2), classes)
    ),
    "counts above a ReLU": on_numbers(lambda out, row: functional.mse_loss(out.relu().squeeze(1), row.abs())),
    "shares within a sigmoid": on_numbers(lambda out, row: functional.mse_loss(out.sigmoid()[:, 0], row.sigmoid())),
    "smoothed yes and no": on_numbers(lambda out, row: binary(out[:, 0], 0.05 + 0.9 * row.sign().clamp(0))),
    "attention over one key": trained(cross_entropy, model=programs.AttendsToOne),
    "one linear layer": trained(cross_entropy, model=lambda: nn.Linear(5, programs.CLASSES)),
    "a bottleneck without activation": trained(cross_entropy, model=programs.bottleneck),
    "a low-rank change of a layer": trained(cross_entropy, model=programs.LowRank),
    "dropout of a half": trained(cross_entropy, model=programs.dropping, share=0.5),
    "both modes": modes(),
    "nothing that has modes": modes(evaluates=False, model=programs.plain),
    "a loaded model in eval mode": modes(starts=False, model=loaded),
    "statistics that are kept": modes(model=still_norm),
    "an order that is mixed": from_loader(),
    "classes in order, shuffled": from_loader(in_order=True, shuffled=True),
    "begun anew, shuffled": begun_anew(shuffled=True),
    "begun anew, drawn anew": begun_anew(fed_programs.Drawn),
    "one batch on purpose": fed_programs.one_batch,
    "one batch an epoch on purpose": fed_programs.one_batch_of_each_epoch,
    "two loaders": fed_programs.two_loaders,
    "one class after the other on purpose": fed_programs.classes_by_tasks,
    "a curriculum": fed_programs.easy_first,
    "a table of truth values": fed_programs.truth_table,
    "gradients of a copy": programs.shared,
    "a scheduler for when it stalls": fed_programs.scheduled_once_it_stalls,
    "a scheduler of a later phase": fed_programs.replaced_optimizer(is_kept=True),
    "a scheduler stepped once": scheduled(),
    "a scheduler stepped each fourth step": scheduled(every=4),
    "a scheduler stepped each micro-batch": scheduled(each=2, passes=2),
    "attacks in eval mode": programs.attacked,
    "a teacher in eval mode": programs.distilled,
}


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_what_is_exactly_wrong_is_named(kind: str) -> None:
    code, program = FAULTS[kind]
    assert named(program) == {code}


@pytest.mark.parametrize("kind", RIGHT)
def test_what_is_right_or_only_looks_alike_is_left_alone(kind: str) -> None:
    assert named(RIGHT[kind]) == set()


def test_features_without_gradients_are_no_optimizer_without_any() -> None:
    assert "optimizer-without-gradients" not in named(programs.only_the_head_is_reached)


def test_one_batch_without_a_validation_is_a_hint() -> None:
    trace = Trace()
    sensor = Sensor(trace.add)
    sensor.follow_all()
    begun_anew(validates=False)(lambda value: None)
    sensor.close()
    said = diagnosis_of(trace.run)
    assert [each.severity for each in said.findings if each.code == "same-batch"] == ["info"]


def test_after_the_first_steps_nothing_is_left_around_steps_and_passes() -> None:
    before = torch.autograd.backward, len(_global_optimizer_post_hooks)
    sensor, left = Sensor(lambda piece: None), list[bool]()
    model = nn.Linear(5, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    sensor.follow(optimizer)
    for _ in range(12):
        optimizer.zero_grad()
        model(torch.ones(2, 5)).mean().backward()
        optimizer.step()
        left.append(len(_global_optimizer_post_hooks) == before[1])
    sensor.close()
    assert left == [False] * 8 + [True] * 4
    assert torch.autograd.backward is before[0]
