"""A task by its name: `package.module:make_task`, for the command line.

Path:   the name of a function -> its module imported, the function called with every generator seeded -> a `Task`.
"""

import difflib
import importlib
import sys
from pathlib import Path
from types import ModuleType

from ratecraft.errors import InvalidInput, ScriptFailed
from ratecraft.training.tasks.random_state import RandomState, seed_all
from ratecraft.training.tasks.task import Task


def load_task(name: str, seed: int = 0) -> Task:
    """Make the task that a function of the user's gives.

    The function is called with the global generators seeded, so that a study that goes on in another process starts
    from the same weights. Modules are found from the current folder too.

    Args:
        name: Module and function, `package.module:make_task`; the function takes no arguments.
        seed: Seed of the generators.

    Raises:
        InvalidInput: The name has another form, there is no such module or function, or it gives no `Task`.
        ScriptFailed: The module or the function raises.

    Example:
        >>> load_task("json:loads_task")
        Traceback (most recent call last):
        ratecraft.errors.InvalidInput: The module `json` has no function `loads_task`.
    """
    module_name, colon, function_name = name.partition(":")
    if not colon or not all(part.isidentifier() for part in (*module_name.split("."), function_name)):
        raise InvalidInput("task-name", name=name)
    with RandomState.kept():
        seed_all(seed)
        module = _module(module_name)
        function: object = getattr(module, function_name, None)
        if not callable(function):
            near = difflib.get_close_matches(
                function_name, [attribute for attribute in dir(module) if attribute[0] != "_"], n=1
            )
            raise InvalidInput(
                "task-no-function", module=module_name, function=function_name, near=(near or ["make_task"])[0]
            )
        try:
            task: object = function()
        except InvalidInput:
            raise
        except Exception as error:
            raise ScriptFailed("task-fails", name=name, error=type(error).__name__, text=str(error)) from error
    if not isinstance(task, Task):
        raise InvalidInput("task-none", name=name, given=type(task).__name__)
    return task


def _module(name: str) -> ModuleType:
    """The module, found from the current folder as it is for `python -m`."""
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise ScriptFailed("task-fails", name=name, error=type(error).__name__, text=str(error)) from error
        raise InvalidInput("task-no-module", module=name, folder=folder) from error
    except Exception as error:
        raise ScriptFailed("task-fails", name=name, error=type(error).__name__, text=str(error)) from error
