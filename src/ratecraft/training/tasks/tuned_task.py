"""The models that a tuned task hands over: copies of the user's, with the weights that runs have left.

Path:   files of a study -> states in memory -> a model of the task's kind, on its device.
"""

import copy
from pathlib import Path

from torch import nn

from ratecraft.training.tasks.kept_states import KeptStates, States, load_into
from ratecraft.training.tasks.task import Task

__all__ = ["read_states", "trained_model"]


def read_states(file: Path) -> States:
    """The states that a run has left, `{class name: state dict}`, in the machine's memory; nothing but weights is read.

    Raises:
        OSError: The file cannot be read.
    """
    return KeptStates(file.parent).load(str(file))


def trained_model(task: Task, states: States) -> nn.Module:
    """A copy of the task's model with these weights, in evaluation mode; the task's own model is as it was."""
    model = copy.deepcopy(task.model)
    load_into(model, states)
    return model.eval()
