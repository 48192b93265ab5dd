"""Runs of a task: bit for bit the same whatever happens between two of their advances, and never a change outside."""

import copy
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conformance.run_suite import Heard
from tests.training.tasks import (
    END,
    FIGURE,
    FROZEN,
    NATURAL,
    OPTIMIZERS,
    Kind,
    Trouble,
    at,
    digest,
    digest_of,
    digest_of_generators,
    make_task,
)
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ratecraft.errors import CannotBranch
from ratecraft.records.job import Evaluate, StopRule
from ratecraft.records.outcome import Ending
from ratecraft.schedules.constructors import constant, linear
from ratecraft.training.kept_states import KeptStates, load_into
from ratecraft.training.task import Task
from ratecraft.training.task_engine import Engine
from ratecraft.training.task_run import TaskRun, begin_run

RATE = {"rate": 0.04 * linear(1, 0, 16)}


def run_of(engine: Engine, heard: Heard | None = None, **how: Any) -> TaskRun:
    return begin_run(engine, 3, heard or Heard(), **how)


def digest_at(engine: Engine, run: TaskRun) -> str:
    """Of a run's whole state: the living objects, once it is swapped in, and its generators."""
    with engine.at_work(run._state.seat):
        live = engine.live
        return digest(digest_of(live.model, live.optimizer, live.scheduler, live.scaler), digest_of_generators())


def interlude(name: str, engine: Engine, run: TaskRun, trouble: Trouble) -> None:
    """Something that may happen to a run while it waits."""
    other = run_of(engine) if name in ("fresh", "fails", "interrupted") else run.branch(Heard())
    match name:
        case "branch":
            other.advance(at(0.3), 16, END)
        case "fresh":
            other.advance(at(0.02), 5, END)
        case "blows up":
            other.advance(at(1e30), 16, StopRule("halve", copy_every=2, most_halvings=2))
        case "frozen":
            other.evaluate(FROZEN)
        case "validated":
            other.evaluate(FIGURE)
        case "fails":
            other.advance(at(0.02), 2, END)
            trouble.error = ValueError("planted")
            assert other.advance(at(0.02), 4, END).ending is Ending.FAILED
        case _:
            trouble.error = KeyboardInterrupt()
            with pytest.raises(KeyboardInterrupt):
                other.advance(at(0.02), 4, END)
    trouble.error = None
    other.close()


INTERLUDES = ("branch", "fresh", "blows up", "frozen", "validated", "fails", "interrupted")


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    optimizer=st.sampled_from(sorted(OPTIMIZERS)),
    dropout=st.sampled_from([0.0, 0.3]),
    batch_norm=st.booleans(),
    shuffle=st.booleans(),
    accumulate=st.sampled_from([1, 3]),
    autocast=st.sampled_from([None, torch.bfloat16]),
    scale=st.sampled_from([0.0, 8.0, 2.0**127]),
    scheduler=st.booleans(),
    clip_norm=st.sampled_from([None, 0.5]),
    half=st.integers(1, 8),
    between=st.lists(st.sampled_from(INTERLUDES), min_size=1, max_size=3),
)
def test_twice_n_steps_are_n_steps_and_anything_and_n_steps(half: int, between: list[str], **kind: Any) -> None:
    trouble = Trouble()
    engine = Engine(make_task(Kind(**kind, trouble=trouble)), threads=1)
    unbroken, broken = Heard(), Heard()
    whole = run_of(engine, unbroken)
    whole.advance(RATE, 2 * half, END)
    run = run_of(engine, broken)
    run.advance(RATE, half, END)
    for name in between:
        interlude(name, engine, run, trouble)
    run.advance(RATE, 2 * half, END)
    assert broken.series("loss") == unbroken.series("loss")
    assert broken.figures == unbroken.figures
    assert digest_at(engine, run) == digest_at(engine, whole)


def plain_loop(task: Task, seed: int, rates: list[float] | None = None) -> tuple[list[float], str]:
    """What a person would write: its losses, and a digest of what it has trained; it trains the task's own objects."""
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)
    own = [group["lr"] for group in task.optimizer.param_groups]
    losses: list[float] = []

    def batches() -> Iterator[Any]:
        while True:
            yield from task.data

    stream = batches()
    for step in range(task.steps):
        task.optimizer.zero_grad()
        total = 0.0
        for _ in range(task.accumulate):
            loss = task.loss(task.model, next(stream)) / task.accumulate
            loss.backward()
            total += loss.item()
        losses.append(total)
        if rates is not None:
            for group, rate in zip(task.optimizer.param_groups, own, strict=True):
                group["lr"] = rates[step] * (rate / own[0])
        task.optimizer.step()
        if task.scheduler is not None:
            task.scheduler.step()
    return losses, digest(dict(task.model.named_parameters()))


@pytest.mark.parametrize("kind", [Kind(scheduler=True), Kind(dropout=0.3, batch_norm=True, accumulate=2)])
def test_a_run_at_the_task_s_own_rates_is_the_loop_that_a_person_would_write(kind: Kind) -> None:
    task, heard = make_task(kind), Heard()
    engine = Engine(task, threads=1)
    run_of(engine, heard).advance({}, None, END)
    losses, weights = plain_loop(replace(task, validation=None), 3)
    assert heard.series("loss") == losses
    assert digest(dict(engine.live.model.named_parameters())) == weights


def test_a_schedule_leads_the_leading_group_and_others_keep_their_ratio() -> None:
    task, heard = make_task(), Heard()
    engine = Engine(task, threads=1)
    run_of(engine, heard).advance(RATE, None, END)
    losses, weights = plain_loop(task, 3, RATE["rate"].curve(task.steps).tolist())
    assert heard.series("loss") == losses
    assert digest(dict(engine.live.model.named_parameters())) == weights
    assert heard.series("own_rate") == [0.05] * task.steps


def test_what_the_task_s_scheduler_writes_is_told_for_every_step() -> None:
    task, heard = make_task(Kind(scheduler=True)), Heard()
    run_of(Engine(task), heard).advance(RATE, None, END)
    own = [task.optimizer.param_groups[0]["lr"]]
    for _ in range(task.steps - 1):
        task.optimizer.step()
        task.scheduler.step()
        own.append(task.optimizer.param_groups[0]["lr"])
    assert heard.series("own_rate") == own


def digest_of_users(task: Task) -> str:
    loader: Any = task.data
    return digest(
        digest_of(task.model, task.optimizer, task.scheduler, task.scaler),
        [parameter.grad is None for parameter in task.model.parameters()],
        loader.generator.get_state(),
        loader.dataset.random.bit_generator.state,
        digest_of_generators(),
    )


class Augmented(TensorDataset):
    """A data set with a generator of its own."""

    def __init__(self, *tensors: torch.Tensor) -> None:
        super().__init__(*tensors)
        self.random = np.random.default_rng(5)

    def __getitem__(self, index: int) -> Any:
        inputs, targets = super().__getitem__(index)
        return inputs + float(self.random.normal()), targets


@pytest.mark.parametrize("error", [None, ValueError("planted"), KeyboardInterrupt()], ids=repr)
def test_nothing_of_the_user_s_is_touched(error: BaseException | None) -> None:
    trouble = Trouble()
    task = make_task(Kind("adamw", 0.3, batch_norm=True, scheduler=True, scale=8.0, trouble=trouble))
    generator = torch.Generator().manual_seed(1)
    data = Augmented(torch.randn(40, 3), torch.randn(40, 1))
    task = replace(task, data=DataLoader(data, batch_size=6, shuffle=True, generator=generator))
    before = digest_of_users(task)
    engine = Engine(task, threads=1)
    engine.prove()
    run = run_of(engine)
    run.advance(RATE, 7, END)
    branch = run.branch(Heard())
    trouble.error = error
    with suppress(KeyboardInterrupt):
        branch.advance(RATE, 12, END)
    trouble.error = None
    run.advance(RATE, None, END)
    run.evaluate(NATURAL)
    assert digest_of_users(task) == before


def test_a_generator_of_the_data_set_s_own_goes_back_with_the_run() -> None:
    data = Augmented(torch.randn(40, 3), torch.randn(40, 1))
    engine = Engine(replace(make_task(), data=DataLoader(data, batch_size=6, shuffle=True)), threads=1)
    unbroken, broken = Heard(), Heard()
    run_of(engine, unbroken).advance(RATE, 10, END)
    run = run_of(engine, broken)
    run.advance(RATE, 4, END)
    run.branch(Heard()).advance(RATE, 9, END)
    run.advance(RATE, 10, END)
    assert broken.series("loss") == unbroken.series("loss")


def test_threads_are_those_of_the_study_while_a_run_acts_and_the_user_s_afterwards() -> None:
    seen: list[int] = []
    task = make_task()

    def loss(model: nn.Module, batch: Any) -> torch.Tensor:
        seen.append(torch.get_num_threads())
        return task.loss(model, batch)

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        run_of(Engine(replace(task, loss=loss), threads=1)).advance(RATE, 2, END)
        assert seen == [1, 1]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("how", [FROZEN, FIGURE, NATURAL, Evaluate("census")], ids=lambda how: how.kind)
def test_an_evaluation_changes_nothing_of_its_run(how: Evaluate) -> None:
    engine = Engine(make_task(Kind(dropout=0.3, batch_norm=True)), threads=1)
    evaluated, plain = run_of(engine), run_of(engine)
    evaluated.advance(RATE, 4, END)
    evaluated.evaluate(how)
    evaluated.advance(RATE, 8, END)
    plain.advance(RATE, 8, END)
    assert digest_at(engine, evaluated) == digest_at(engine, plain)


def test_a_part_of_the_model_that_is_frozen_in_evaluation_mode_stays_so() -> None:
    task = make_task(Kind(dropout=0.5))
    task.model[1].eval()
    engine = Engine(task)
    run = run_of(engine)
    run.advance(RATE, 4, END)
    run.evaluate(FIGURE)
    assert [module.training for module in engine.live.model] == [True, False, True, True]


def test_figures_are_told_where_the_task_validates_and_at_the_end() -> None:
    heard = Heard()
    run_of(Engine(make_task()), heard).advance(RATE, None, END)
    assert [figure.step for figure in heard.figures] == [3, 6, 9, 12, 15, 16]


def test_a_figure_is_told_once_for_a_step() -> None:
    heard = Heard()
    run = run_of(Engine(make_task()), heard)
    run.advance(RATE, 6, END)
    score = run.evaluate(FIGURE)
    assert [figure.step for figure in heard.figures] == [3, 6]
    assert score.value == heard.figures[-1].value


def test_a_branch_tells_from_its_own_first_step_on() -> None:
    run = run_of(Engine(make_task()))
    run.advance(RATE, 4, END)
    heard = Heard()
    run.branch(heard).advance(RATE, 7, END)
    assert [(block.name, block.first, block.count) for block in heard.blocks][:2] == [
        ("loss", 4, 1),
        ("own_rate", 4, 1),
    ]
    assert sum(block.count for block in heard.blocks if block.name == "loss") == 3


def test_a_branch_at_step_0_is_a_run_of_the_same_seed() -> None:
    engine, branched, fresh = Engine(make_task(), threads=1), Heard(), Heard()
    root = run_of(engine)
    root.advance({}, 0, END)
    root.branch(branched).advance(RATE, 6, END)
    run_of(engine, fresh).advance(RATE, 6, END)
    assert branched.series("loss") == fresh.series("loss")


def test_a_run_that_is_over_cannot_be_branched() -> None:
    run = run_of(Engine(make_task()))
    run.advance(RATE, 2, END)
    run.close()
    with pytest.raises(CannotBranch, match="`gone`"):
        run.branch(Heard())


def test_a_closed_run_does_not_advance() -> None:
    run = run_of(Engine(make_task()))
    run.close()
    passage = run.advance(RATE, 2, END)
    assert (passage.ending, passage.executed) == (Ending.FAILED, 0)


def test_an_exception_of_the_task_s_own_is_a_failure_at_the_user_s_line() -> None:
    trouble = Trouble()
    run = run_of(Engine(make_task(Kind(trouble=trouble))))
    run.advance(RATE, 3, END)
    trouble.error = ValueError("planted")
    passage = run.advance(RATE, 5, END)
    assert (passage.step, passage.ending) == (3, Ending.FAILED)
    assert passage.failure is not None
    assert passage.failure.place[0] == "ValueError"
    assert passage.failure.file.endswith("tasks.py")
    assert "self.error" in passage.failure.traceback


def test_an_exception_over_weights_that_are_not_finite_is_a_blow_up() -> None:
    trouble = Trouble()
    engine = Engine(make_task(Kind(trouble=trouble)))
    run = run_of(engine)
    run.advance(RATE, 3, END)
    with torch.no_grad():
        next(engine.live.model.parameters()).fill_(float("nan"))
    trouble.error = ValueError("planted")
    assert run.advance(RATE, 5, END).ending is Ending.BLOWN_UP


def test_a_validation_that_raises_is_a_failure_of_the_score() -> None:
    task = replace(make_task(), validation=lambda model: 1 / 0, evaluate_every=100)
    run = run_of(Engine(task))
    run.advance(RATE, 3, END)
    score = run.evaluate(FIGURE)
    assert score.failure is not None
    assert score.failure.name == "ZeroDivisionError"


def test_steps_that_a_scaler_skips_are_none() -> None:
    engine, heard = Engine(make_task(Kind(scale=2.0**127)), threads=1), Heard()
    passage = run_of(engine, heard).advance(RATE, 4, END)
    assert passage.executed == len(heard.series("loss")) == len(heard.series("own_rate")) == 4
    assert engine.batches.place().taken == 5


def test_a_loss_that_is_never_finite_under_a_scaler_is_a_blow_up() -> None:
    task = make_task(Kind(scale=8.0))
    endless = replace(task, loss=lambda model, batch: task.loss(model, batch) * float("inf"))
    assert run_of(Engine(endless)).advance(RATE, 4, END).ending is Ending.BLOWN_UP


def test_without_validation_a_run_tells_no_figure_and_has_no_score() -> None:
    heard = Heard()
    run = run_of(Engine(replace(make_task(), validation=None)), heard)
    run.advance(RATE, None, END)
    assert run.evaluate(NATURAL).value is None
    assert heard.figures == []


def test_a_scheduler_that_follows_a_figure_steps_at_validations() -> None:
    task = make_task()
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(task.optimizer, patience=0, threshold=1e9, factor=0.5)
    heard = Heard()
    run_of(Engine(replace(task, scheduler=plateau)), heard).advance({}, 10, END)
    assert heard.series("own_rate") == [0.05] * 3 + [0.025] * 3 + [0.0125] * 3 + [0.00625]


def test_a_scheduler_that_counts_epochs_steps_at_their_ends() -> None:
    task = make_task()
    scheduler = torch.optim.lr_scheduler.ExponentialLR(task.optimizer, 0.5)
    heard = Heard()
    run_of(Engine(replace(task, scheduler=scheduler, scheduler_every=4)), heard).advance({}, 10, END)
    assert heard.series("own_rate") == [0.05] * 4 + [0.025] * 4 + [0.0125] * 2


def test_a_cycled_momentum_is_held_and_told() -> None:
    task = make_task()
    scheduler = torch.optim.lr_scheduler.OneCycleLR(task.optimizer, max_lr=0.1, total_steps=task.steps)
    run = run_of(Engine(replace(task, scheduler=scheduler)))
    run.advance(RATE, 8, END)
    assert [note.code for note in run.facts()[1]] == ["momentum-frozen"]


def test_facts_are_those_of_the_task() -> None:
    run = run_of(Engine(make_task(Kind(accumulate=2, scheduler=True))))
    run.advance(RATE, 4, END)
    facts, notes = run.facts()
    assert (facts.optimizers, facts.leading, facts.own_rate_first) == (("SGD",), 0, 0.05)
    assert [(group.parameters, group.base_rate) for group in facts.groups] == [(20, 0.05), (6, 0.005)]
    assert (facts.samples_per_step, facts.dataset_length, facts.loader) == (12.0, 40, True)
    assert (facts.horizon, facts.horizon_source) == (16, "steps")
    assert notes == ()


def test_a_run_to_its_end_leaves_its_last_state_and_its_best() -> None:
    kept, heard = KeptStates(), Heard()
    task = make_task(Kind(steps=30))
    engine = Engine(task, threads=1)
    run = run_of(engine, heard, kept=kept, name="final", best_by=NATURAL)
    run.advance({"rate": constant(0.04, 15) >> constant(0.2)}, None, END)
    score = run.evaluate(NATURAL)
    best = min(figure.value for figure in heard.figures)
    assert score.model == "final"
    assert score.value == heard.figures[-1].value != best
    model = copy.deepcopy(task.model)
    load_into(model, kept.load("final"))
    assert digest(model.state_dict()) == digest(engine.live.model.state_dict())
    load_into(model, kept.load(kept.best_of("final")))
    assert digest(model.state_dict()) != digest(engine.live.model.state_dict())


def test_a_score_that_is_no_number_leaves_no_state() -> None:
    task = replace(make_task(), validation=lambda model: float("nan"))
    run = run_of(Engine(task), kept=KeptStates())
    run.advance(RATE, 2, END)
    assert run.evaluate(FIGURE).model == ""
