"""Mirrors training/instrument/loaders.py."""

import gc
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from ratecraft.training.instrument.loaders import Loaders

DATA = TensorDataset(torch.arange(20.0))


def fetch(iterator: Any) -> Any:
    return type(iterator).__next__(iterator)


def batches(loaders: Loaders, iterator: Any, most: int = 99) -> Iterator[Any]:
    """What a script gets from the iterator under the host."""
    for _ in range(most):
        try:
            yield loaders.next_batch(fetch, iterator)
        except StopIteration:
            return


def trained(loaders: Loaders, loader: Iterable[Any], steps: int) -> Any:
    """A step a batch; the iterator, still open."""
    iterator = iter(loader)
    for _ in batches(loaders, iterator, steps):
        loaders.step_begins()
    return iterator


def test_a_loader_that_was_read_before_the_first_step_feeds_the_training() -> None:
    loaders, loader = Loaders(), DataLoader(DATA, batch_size=4)
    iterator = trained(loaders, loader, 1)
    assert loaders.is_training(iterator)
    assert loaders.is_training(iter(loader))  # also in its later epochs
    assert loaders.found


def test_a_loader_that_is_read_without_gradients_is_none() -> None:
    loaders, loader = Loaders(), DataLoader(DATA, batch_size=4)
    with torch.no_grad():
        list(batches(loaders, iter(loader)))
    loaders.step_begins()
    assert not loaders.found


def test_an_evaluation_with_gradients_between_two_steps_is_none() -> None:
    loaders, evaluation = Loaders(), DataLoader(DATA, batch_size=4)
    for _ in range(3):  # a step loop without a loader of its own
        loaders.step_begins()
        list(batches(loaders, iter(evaluation)))
        loaders.step_begins()
    assert not loaders.is_training(iter(evaluation))


def test_a_loader_of_a_later_phase_feeds_the_training_from_its_second_step_on() -> None:
    loaders, first, second = Loaders(), DataLoader(DATA, batch_size=4), DataLoader(TensorDataset(torch.ones(8)))
    trained(loaders, first, 2)
    assert not loaders.is_training(trained(loaders, second, 1))
    assert loaders.is_training(trained(loaders, second, 2))


def test_what_feeds_the_training_is_treated_and_no_validation_is() -> None:
    loaders, loader, other = Loaders(), DataLoader(DATA, batch_size=4), DataLoader(DATA, batch_size=4)
    trained(loaders, loader, 1)

    def first_of(loader: Iterable[Any]) -> Any:
        return loaders.next_batch(fetch, iter(loader), lambda batch: "treated")

    assert first_of(loader) == "treated"
    with torch.no_grad():
        assert first_of(loader)[0].tolist() == [0, 1, 2, 3]
        assert first_of(other)[0].tolist() == [0, 1, 2, 3]


def test_after_the_last_step_the_epoch_under_way_ends_and_later_ones_have_one_batch() -> None:
    loaders, loader = Loaders(), DataLoader(DATA, batch_size=4)
    under_way = trained(loaders, loader, 2)
    loaders.start_ending()
    assert len(list(batches(loaders, under_way))) == 0
    assert [len(list(batches(loaders, iter(loader)))) for _ in range(3)] == [1, 1, 1]
    assert loaders.ended_epochs == 4


def test_an_iterator_that_serves_every_epoch_has_one_batch_in_each() -> None:
    loaders = Loaders()  # as a loader with persistent workers has it
    iterator = trained(loaders, DataLoader(DATA, batch_size=4), 1)
    loaders.start_ending()
    assert [len(list(batches(loaders, iterator))) for _ in range(4)] == [0, 1, 1, 1]


def test_a_loader_made_anew_over_the_same_data_is_known_again() -> None:
    loaders = Loaders()
    trained(loaders, DataLoader(DATA, batch_size=4), 2)
    loaders.start_ending()
    assert len(list(batches(loaders, iter(DataLoader(DATA, batch_size=4))))) == 1
    with torch.no_grad():  # its evaluation
        assert len(list(batches(loaders, iter(DataLoader(DATA, batch_size=4))))) == 5


def test_an_evaluation_loader_keeps_all_its_batches() -> None:
    loaders, evaluation = Loaders(), DataLoader(TensorDataset(torch.ones(8)), batch_size=2)
    trained(loaders, DataLoader(DATA, batch_size=4), 2)
    loaders.start_ending()
    assert len(list(batches(loaders, iter(evaluation)))) == 4


def test_batches_and_samples_of_the_steps_are_counted_and_no_frozen_ones() -> None:
    loaders, loader = Loaders(), DataLoader(DATA, batch_size=4)
    trained(loaders, loader, 3)
    loaders.start_ending()
    list(batches(loaders, iter(loader)))
    assert (loaders.batches, loaders.samples) == (3, 12)
    assert (loaders.dataset_length(), loaders.epoch(), loaders.workers()) == (20, 5, 0)


def test_accumulated_batches_belong_to_their_step() -> None:
    loaders, iterator = Loaders(), iter(DataLoader(DATA, batch_size=4))
    list(batches(loaders, iterator, 2))
    loaders.step_begins()
    assert loaders.batches == 2


class Stream(IterableDataset[float]):
    def __iter__(self) -> Iterator[float]:
        return iter([1.0] * 8)


@pytest.mark.parametrize(
    ("make", "samples", "length"),
    [
        (lambda: DataLoader(Stream(), batch_size=2), 2, None),
        (lambda: DataLoader(DATA, batch_sampler=[[0, 1], [2, 3]]), None, 20),
        (lambda: DataLoader(DATA, batch_size=None), None, 20),
    ],
    ids=["a stream", "batches listed", "no batches"],
)
def test_what_a_loader_does_not_tell_is_unknown(
    make: Callable[[], Any], samples: int | None, length: int | None
) -> None:
    loaders = Loaders()
    trained(loaders, make(), 1)
    assert (loaders.samples, loaders.dataset_length()) == (samples, length)


def test_data_that_a_script_has_dropped_do_not_stay_alive() -> None:
    class Counted(Dataset[float]):
        alive = 0

        def __init__(self) -> None:
            Counted.alive += 1

        def __del__(self) -> None:
            Counted.alive -= 1

        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> float:
            return 1.0

    loaders = Loaders()
    for _ in range(200):
        trained(loaders, DataLoader(Counted()), 2)
    gc.collect()
    assert Counted.alive <= 65


def test_a_batch_that_is_read_ahead_belongs_to_no_step_yet() -> None:
    loaders, iterator = Loaders(read_ahead=1), iter(DataLoader(DATA, batch_size=4))
    reader, told = batches(loaders, iterator), []
    next(reader)
    for _ in range(5):
        next(reader, None)  # the fifth finds the end
        loaders.step_begins()
        told.append((loaders.batches, loaders.samples))
    assert told == [(1, 4), (2, 8), (3, 12), (4, 16), (5, 20)]
