"""The stream of batches: the user's own epochs, and places that give the same batches again."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from tests.training.small_tasks import digest, digest_of_generators, stateful_loader
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    dataloader,
)

from ratecraft.errors import InvalidInput
from ratecraft.training.tasks.batches import Batches, copy_of_loader, samples_in

DATA = TensorDataset(torch.arange(10.0))


class Noisy(Dataset[torch.Tensor]):
    """Draws from two global generators for every sample."""

    def __getitem__(self, index: int) -> torch.Tensor:
        return index + torch.rand(1) + random.gauss()

    def __len__(self) -> int:
        return 10


class Stream(IterableDataset[torch.Tensor]):
    def __iter__(self) -> Iterator[torch.Tensor]:
        yield from (index + torch.rand(1) for index in range(10))


class Changing(torch.utils.data.Sampler[int]):
    """Another order in every epoch, from a count of its own."""

    def __init__(self) -> None:
        self.epoch = 0

    def __iter__(self) -> Iterator[int]:
        self.epoch += 1
        yield from ((7 * self.epoch + 3 * index) % 10 for index in range(10))

    def __len__(self) -> int:
        return 10


class Stateful(DataLoader[Any]):
    """A loader that tells where it is, as torchdata's does: after a state was loaded it goes on from there."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.at = {"order": None, "taken": 0}

    def __iter__(self) -> Iterator[Any]:
        order = self.at["order"] or torch.randperm(10).tolist()
        first, self.at = self.at["taken"], {"order": order, "taken": self.at["taken"]}
        for start in range(3 * first, 10, 3):
            self.at["taken"] += 1
            yield torch.tensor(order[start : start + 3])
        self.at = {"order": None, "taken": 0}

    def state_dict(self) -> dict[str, Any]:
        return self.at

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.at = state


SOURCES: dict[str, Callable[[], Any]] = {
    "in order": lambda: DataLoader(DATA, 3),
    "shuffled": lambda: DataLoader(DATA, 3, shuffle=True),
    "of its own generator": lambda: DataLoader(DATA, 3, shuffle=True, generator=torch.Generator().manual_seed(1)),
    "with replacement": lambda: DataLoader(DATA, 3, sampler=RandomSampler(DATA, replacement=True, num_samples=50)),
    "weighted": lambda: DataLoader(DATA, 3, sampler=WeightedRandomSampler([1.0, 2.0] * 5, 10)),
    "batched by a sampler": lambda: DataLoader(DATA, batch_sampler=BatchSampler(RandomSampler(DATA), 4, False)),
    "single samples": lambda: DataLoader(Noisy(), batch_size=None, shuffle=True),
    "a changing order": lambda: DataLoader(DATA, 3, sampler=Changing()),
    "random samples": lambda: DataLoader(Noisy(), 3, shuffle=True, drop_last=True),
    "an endless set": lambda: DataLoader(Stream(), 3),
    "stateful": lambda: Stateful(DATA, 3),
    "torchdata's": lambda: stateful_loader(DATA, 3),
    "torchdata's, shuffled": lambda: stateful_loader(DATA, 3, shuffle=True),
    "torchdata's, random samples": lambda: stateful_loader(Noisy(), 3, shuffle=True),
    "a list": lambda: [torch.ones(2) * index for index in range(4)],
    "a function": lambda: lambda: (index + torch.rand(2) for index in range(4)),
}


@pytest.mark.parametrize("took", [0, 1, 3, 4, 7])
@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES.keys())
def test_from_a_place_the_same_batches_come_again(make: Callable[[], Any], took: int) -> None:
    torch.manual_seed(3)
    batches = Batches(make())
    for _ in range(took):
        batches.take()
    place, state = batches.place(), torch.get_rng_state()
    python = random.getstate()
    going_on = [batches.take() for _ in range(9)]
    for _ in range(2):
        batches.go_to(place)
        torch.set_rng_state(state)
        random.setstate(python)
        assert digest([batches.take() for _ in range(9)]) == digest(going_on)


@pytest.mark.parametrize("make", list(SOURCES.values())[:9], ids=list(SOURCES)[:9])
def test_the_batches_are_those_of_a_loop_over_the_loader(make: Callable[[], Any]) -> None:
    torch.manual_seed(3)
    random.seed(3)
    loader, looped = make(), list[Any]()
    for _ in range(3):
        looped += list(loader)
    torch.manual_seed(3)
    random.seed(3)
    batches = Batches(make())
    assert digest([batches.take() for _ in looped]) == digest(looped)


def test_going_back_leaves_the_generators_as_they_are() -> None:
    batches = Batches(DataLoader(Noisy(), 3, shuffle=True))
    batches.take()
    place = batches.place()
    batches.take()
    batches.go_to(place)
    before = torch.get_rng_state()
    batches._iterator = batches._begin_again(place)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_user_s_loader_is_not_advanced() -> None:
    generator = torch.Generator().manual_seed(1)
    loader = DataLoader(DATA, 3, shuffle=True, generator=generator)
    before = generator.get_state()
    batches = Batches(loader)
    for _ in range(9):
        batches.take()
    assert torch.equal(generator.get_state(), before)


def test_a_copy_of_a_loader_shares_the_data_set() -> None:
    loader = DataLoader(DATA, 3, shuffle=True)
    copied = copy_of_loader(loader)
    assert copied.dataset is copied.sampler.data_source is DATA
    assert copied.sampler is not loader.sampler


def test_a_loader_that_cannot_be_copied_is_refused() -> None:
    loader = DataLoader(DATA, 3, sampler=iter(range(10)), worker_init_fn=None)  # pyright: ignore[reportArgumentType]
    loader.stream = (index for index in range(3))  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(InvalidInput, match="`data` cannot be copied: TypeError: cannot pickle 'generator' object"):
        Batches(loader)


def test_going_back_in_a_loader_of_this_process_reads_no_sample_again() -> None:
    read: list[int] = []

    class Counted(Noisy):
        def __getitem__(self, index: int) -> torch.Tensor:
            read.append(index)
            return super().__getitem__(index)

    batches = Batches(DataLoader(Counted(), 3, shuffle=True))
    batches.take()
    batches.take()
    batches.go_to(batches.place())
    batches.take()
    assert len(read) == 9
    assert batches.notes() == ()


def test_the_name_by_which_indices_are_skipped_is_there() -> None:
    assert callable(dataloader._BaseDataLoaderIter._next_index)


def test_what_can_only_be_iterated_is_read_again_and_that_is_told() -> None:
    batches = Batches([torch.zeros(1)] * 4)
    batches.take()
    batches.go_to(batches.place())
    assert batches.notes() == ()
    batches.take()
    assert [note.code for note in batches.notes()] == ["batches-reread"]


def test_a_loader_with_workers_gives_the_same_batches_again_and_that_is_told() -> None:
    torch.manual_seed(3)
    batches = Batches(DataLoader(Noisy(), 3, shuffle=True, num_workers=1, persistent_workers=True))
    for _ in range(5):
        batches.take()
    place, state = batches.place(), torch.get_rng_state()
    following = [batches.take() for _ in range(2)]
    batches.go_to(place)
    torch.set_rng_state(state)
    assert digest([batches.take() for _ in range(2)]) == digest(following)
    assert [note.code for note in batches.notes()] == ["batches-reread-workers"]


def test_a_stateful_loader_with_workers_tells_that_their_draws_are_not_kept() -> None:
    batches = Batches(Stateful(DATA, 3, num_workers=1))
    batches.take()
    batches.go_to(batches.place())
    batches.take()
    assert [note.code for note in batches.notes()] == ["batches-worker-draws"]


def test_a_data_set_is_shuffled_and_its_rest_left_out() -> None:
    batches = Batches(DATA, batch_size=4)
    taken = [batches.take()[0].tolist() for _ in range(4)]
    assert [len(batch) for batch in taken] == [4, 4, 4, 4]
    assert len({value for batch in taken[:2] for value in batch}) == 8


def test_a_data_set_smaller_than_a_batch_is_one_batch() -> None:
    assert len(Batches(DATA, batch_size=64).take()[0]) == 10


def test_an_epoch_without_a_batch_is_refused() -> None:
    batches = Batches(lambda: iter(()))
    with pytest.raises(InvalidInput, match="`data` does not give a single batch"):
        batches.take()


@pytest.mark.parametrize(
    ("batch", "samples"),
    [
        (torch.zeros(4, 2), 4),
        ((torch.zeros(3), 1), 3),
        ({"y": [1, torch.zeros(5)]}, 5),
        ("text", None),
        (torch.ones(()), None),
    ],
)
def test_the_samples_of_a_batch_are_the_first_dimension_of_its_first_tensor(batch: Any, samples: int | None) -> None:
    assert samples_in(batch) == samples


def test_nothing_is_drawn_before_the_first_batch() -> None:
    before = digest_of_generators()
    Batches(DataLoader(DATA, 3, shuffle=True))
    assert digest_of_generators() == before
