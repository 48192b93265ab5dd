"""States that runs leave: in memory or in files, found again, never mixed up."""

from pathlib import Path

import pytest
import torch
from torch import nn

from ratecraft.training.tasks.kept_states import KeptStates, load_into, states_of


@pytest.fixture(params=["memory", "folder"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> KeptStates:
    return KeptStates(None if request.param == "memory" else tmp_path / "models")


def layer_of(value: float) -> nn.Linear:
    layer = nn.Linear(1, 1)
    nn.init.constant_(layer.weight, value)
    return layer


def weight_in(kept: KeptStates, found_by: str) -> float:
    layer = nn.Linear(1, 1)
    load_into(layer, kept.load(found_by))
    return layer.weight.item()


def test_what_was_kept_is_found(kept: KeptStates) -> None:
    found_by = kept.keep("job", states_of(layer_of(2.0)), best=states_of(layer_of(3.0)))
    assert weight_in(kept, found_by) == 2.0
    assert weight_in(kept, kept.best_of(found_by)) == 3.0


def test_a_later_attempt_takes_the_place_of_an_earlier_one(kept: KeptStates) -> None:
    first, second = (kept.keep("job", states_of(layer_of(value))) for value in (1.0, 2.0))
    assert first == second
    assert weight_in(kept, first) == 2.0


def test_what_was_dropped_is_gone(kept: KeptStates) -> None:
    found_by = kept.keep("job", states_of(layer_of(1.0)), best=states_of(layer_of(2.0)))
    kept.drop(found_by)
    kept.drop(found_by)
    for gone in (found_by, kept.best_of(found_by)):
        with pytest.raises((KeyError, OSError)):
            kept.load(gone)


def test_training_on_does_not_change_what_was_kept(kept: KeptStates) -> None:
    layer = layer_of(1.0)
    found_by = kept.keep("job", states_of(layer))
    nn.init.constant_(layer.weight, 5.0)
    assert weight_in(kept, found_by) == 1.0


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    kept = KeptStates(tmp_path)
    with pytest.raises(Exception, match="pickle"):
        kept.keep("job", {"Linear": {"weight": (index for index in range(3))}})
    assert not list(tmp_path.glob("*.pt"))


def test_a_file_opens_as_weights_only(tmp_path: Path) -> None:
    found_by = KeptStates(tmp_path).keep("job", states_of(layer_of(1.0)))
    assert torch.load(found_by, weights_only=True)["Linear"]["weight"].item() == 1.0
