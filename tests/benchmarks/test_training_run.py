"""Mirrors benchmarks/faulty_runs/training_run.py on digits and on a handful of words."""

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "faulty_runs"))

import torch
from cases import Case, by_name
from task_list import TASKS
from training_run import fits, train

DIGITS = replace(TASKS["digits_mlp"], steps=40)


def few_words() -> tuple[torch.Tensor, ...]:
    words, counts = torch.arange(60).reshape(4, 15), torch.arange(4)
    return words, counts, words, counts


WORDS = replace(TASKS["syllables_adagrad"], parts=few_words)


def test_an_optimizer_that_loses_its_state_goes_on_like_a_new_one() -> None:
    """Adagrad, whose sums begin when it is made, takes long steps again."""
    adagrad = replace(DIGITS, make=torch.optim.Adagrad, optimizer="adagrad", rate=0.01)
    steps, rates = train(adagrad, by_name("lost-state-2"), 0).series["effective_rate"]
    before, after = rates[steps.index(10)], rates[steps.index(20)]
    kept = train(adagrad, by_name("constant"), 0).series["effective_rate"][1]
    assert rates[:2] == kept[:2]
    assert after > before > kept[steps.index(20)]


@pytest.mark.parametrize("name", ["tight-clip-1", "clipped", "weight-decay-1", "decayed-weights"])
def test_what_torch_cannot_do_with_sparse_gradients_is_not_asked_of_them(name: str) -> None:
    assert not fits(WORDS, by_name(name))
    assert fits(WORDS, by_name("bad-step-2"))


def test_a_share_that_comes_to_no_tensor_is_no_fault() -> None:
    """The table of words is the one tensor before the last layer's two."""
    assert [fits(WORDS, by_name(f"left-out-{severity}")) for severity in (1, 2, 3)] == [False, True, True]


def test_units_are_dropped_within_a_part_of_a_model_too() -> None:
    flower = replace(TASKS["flower_coordinates"], steps=10)
    dropped, plain = (train(flower, Case("", dropout=share), 0).series["loss"][1] for share in (0.5, 0.0))
    assert dropped[0] != plain[0]


def test_it_is_known_of_a_recurrent_net_that_it_is_one() -> None:
    text = partial(torch.zeros, (8, 9), dtype=torch.int64)
    task = replace(TASKS["source_rnn"], steps=1, parts=lambda: (text(), text(), text(), text()))
    assert train(task, by_name("linear"), 0).facts["recurrent"] == 1.0
    assert "recurrent" not in train(replace(DIGITS, steps=1), by_name("linear"), 0).facts
