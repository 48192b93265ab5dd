"""Where the runs of a task keep the states of their models: in a folder, or in memory.

Path:   a run's model -> weights by name -> the model that a study hands over.

A file holds plain dictionaries of tensors, `{class name: state dict}`: `torch.load(..., weights_only=True)` opens it.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import nn

States: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Class name of a model to its state dict, in the machine's memory."""


@dataclass
class KeptStates:
    """States by name.

    Attributes:
        folder: Takes a file a state; None keeps them in memory.

    Example:
        >>> kept, layer = KeptStates(), nn.Linear(2, 1)
        >>> name = kept.keep("job", states_of(layer))
        >>> other = nn.Linear(2, 1)
        >>> load_into(other, kept.load(name))
        >>> bool((other.weight == layer.weight).all())
        True
    """

    folder: Path | None = None
    _memory: dict[str, States] = field(default_factory=dict[str, States])

    def keep(self, name: str, states: States, best: States | None = None) -> str:
        """Keep the state of a run, and its best one beside it.

        Args:
            name: Its name. A state of this name left by an earlier attempt is replaced.
            states: Current states of the run.
            best: States of the run at its best, if these are kept too.

        Returns:
            How to find it: its file, or its name if in memory.
        """
        found_by = name if self.folder is None else str(self.folder / f"{name}.pt")
        if best is not None:
            self._write(self.best_of(found_by), best)
        self._write(found_by, states)
        return found_by

    def best_of(self, found_by: str) -> str:
        """How to find the best state of a run, if there is one."""
        return f"{found_by.removesuffix('.pt')}-best{'.pt' if self.folder else ''}"

    def load(self, found_by: str) -> States:
        """A state.

        Raises:
            KeyError: There is none in memory.
            OSError: The file cannot be read.
        """
        return self._memory[found_by] if self.folder is None else read_states(Path(found_by))

    def drop(self, found_by: str) -> None:
        """Remove a run's states, if there are any."""
        for metric in (found_by, self.best_of(found_by)):
            if self.folder is None:
                self._memory.pop(metric, None)
            else:
                Path(metric).unlink(missing_ok=True)

    def _write(self, found_by: str, states: States) -> None:
        if self.folder is None:
            self._memory[found_by] = states
            return
        path = Path(found_by)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        torch.save(states, part)
        part.replace(path)


def states_of(model: nn.Module) -> States:
    """A copy of a model's state, in the machine's memory."""
    return {type(model).__name__: {name: _copied(value) for name, value in model.state_dict().items()}}


def load_into(model: nn.Module, states: States) -> None:
    """Load a state into a model."""
    model.load_state_dict(next(iter(states.values())))


def read_states(file: Path) -> States:
    """The states that a run has left, `{class name: state dict}`, in the machine's memory; nothing but weights is read.

    Raises:
        OSError: The file cannot be read.
    """
    return torch.load(file, map_location="cpu", weights_only=True)


def trained_model(model: nn.Module, states: States) -> nn.Module:
    """A copy of a model with these weights, in evaluation mode; the model itself is as it was."""
    trained = copy.deepcopy(model)
    load_into(trained, states)
    return trained.eval()


def _copied(value: Any) -> Any:
    return value.detach().to("cpu", copy=True) if isinstance(value, torch.Tensor) else value
