"""Runs of a task: what they tell, how they end, what they leave."""

import copy
from dataclasses import replace
from typing import Any

import pytest
import torch
from tests.conformance.run_suite import Heard
from tests.training.small_tasks import (
    END,
    FIGURE,
    NATURAL,
    Kind,
    Trouble,
    digest,
    make_task,
)

from ratecraft.errors import CannotBranch
from ratecraft.records.job import Evaluate
from ratecraft.records.outcome import Ending
from ratecraft.records.treatment import MEASURED, SAME_BATCH
from ratecraft.schedules.builders.constructors import constant, linear
from ratecraft.training.tasks.engine import Engine
from ratecraft.training.tasks.kept_states import KeptStates, load_into
from ratecraft.training.tasks.run import TaskRun, begin_run
from ratecraft.training.tasks.task import Task

RATE = {"rate": 0.04 * linear(1, 0, 16)}


def run_of(engine: Engine, heard: Heard | None = None, **how: Any) -> TaskRun:
    return begin_run(engine, 3, heard or Heard(), **how)


def test_a_part_of_the_model_that_is_frozen_in_evaluation_mode_stays_so() -> None:
    task = make_task(Kind(dropout=0.5))
    task.model[1].eval()
    engine = Engine(task)
    run = run_of(engine)
    run.advance(RATE, 4, END)
    run.evaluate(FIGURE)
    assert [module.training for module in engine.training.live.model] == [True, False, True, True]


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


def test_a_batch_that_is_repeated_has_one_loss_at_a_rate_of_0_frozen_too_and_the_validation_is_as_it_was() -> None:
    data = torch.randn(64, 3)
    model = torch.nn.Linear(3, 1)

    def loss(model: torch.nn.Module, batch: Any) -> torch.Tensor:
        return model(batch).square().mean()

    def validation(model: torch.nn.Module) -> float:
        return loss(model, data).item()

    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    task = Task(model, optimizer, loss, data, validation, steps=64, batch_size=4)  # pyright: ignore[reportArgumentType]
    heard = Heard()
    run = run_of(Engine(task), heard)
    run.advance({"rate": constant(0.0)}, 8, END, treatment=SAME_BATCH)
    run.evaluate(Evaluate("frozen", steps=4))
    first, *others = heard.series("loss")
    assert len(set(others)) == 1 != len({first, *others})
    assert set(heard.series("frozen_loss")) == set(others)
    assert run.evaluate(FIGURE).value == validation(model)


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
        next(engine.training.live.model.parameters()).fill_(float("nan"))
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
    assert engine.training.batches.place().taken == 5


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
    assert (facts.optimizers, facts.leading) == (("SGD",), 0)
    assert [(group.parameters, group.base_rate) for group in facts.groups] == [(20, 0.05), (6, 0.005)]
    assert (facts.samples_per_step, facts.dataset_length, facts.loader) == (12.0, 40, True)
    assert (facts.horizon, facts.horizon_source) == (16, "steps")
    assert notes == ()


def test_what_a_network_is_given_is_a_fact_where_the_run_is_measured() -> None:
    engine = Engine(make_task(Kind()))
    for treatment, is_heard in ((MEASURED, True), ("", False)):
        run = run_of(engine)
        run.advance(RATE, 4, END, treatment=treatment)
        assert (run.facts()[0].inputs is not None) == is_heard


def test_a_run_to_its_end_leaves_its_last_state_and_its_best() -> None:
    kept, heard = KeptStates(), Heard()
    task = make_task(Kind(steps=30))
    engine = Engine(task, threads=1)
    run = run_of(engine, heard, kept=kept, best_by=NATURAL)
    run.advance({"rate": constant(0.04, 15) >> constant(0.2)}, None, END)
    score = run.evaluate(NATURAL)
    best = min(figure.value for figure in heard.figures)
    assert score.model == heard.job.key
    assert score.value == heard.figures[-1].value != best
    model = copy.deepcopy(task.model)
    load_into(model, kept.load(score.model))
    assert digest(model.state_dict()) == digest(engine.training.live.model.state_dict())
    load_into(model, kept.load(kept.best_of(score.model)))
    assert digest(model.state_dict()) != digest(engine.training.live.model.state_dict())


def test_a_score_that_is_no_number_leaves_no_state() -> None:
    task = replace(make_task(), validation=lambda model: float("nan"))
    run = run_of(Engine(task), kept=KeptStates())
    run.advance(RATE, 2, END)
    assert run.evaluate(FIGURE).model == ""
