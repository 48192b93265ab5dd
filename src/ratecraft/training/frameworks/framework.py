"""How a framework is described: one value, used by the host of a tuned script and by the watch.

Path:   a file of this folder -> `Framework` -> `adapting`, the facts of a run, `ratecraft doctor`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:  # `doctor` asks for the packages, and loads no torch
    from ratecraft.training.frameworks.hooks import Hooks

Change: TypeAlias = Callable[[Any, "Hooks"], None]
"""Changes a module, which has just been loaded, for the rest of this process."""


def _no_optimizer(given: object) -> None:
    """Most frameworks use torch's optimizers, so there is nothing to adapt."""


@dataclass(frozen=True, slots=True)
class Framework:
    """One framework, or one part of it.

    A change that tells the length of a training (`Hooks.horizon`) also leads it, once `Hooks.loaders` are ending, to
    an evaluation at the step where it is: whatever needs the one relies on the other (`controllers.baseline.cadence`).

    Attributes:
        changes: Full name of a module -> what is done with it once the script has loaded it.
        packages: What may be installed to have it, as a package index calls it; the first names it in the facts of a
            run. None if it is not a training framework, but something that scripts of any framework use.
        optimizer: What stands for an optimizer of its own where one of torch is asked for: groups, a state, and hooks
            around its steps; None for anything else.
    """

    changes: Mapping[str, Change]
    packages: tuple[str, ...] = ()
    optimizer: Callable[[object], Any] = _no_optimizer

    def is_loaded(self, modules: Mapping[str, object]) -> bool:
        """Whether it is among the modules of a process.

        Example:
            >>> Framework({}, ("lightning", "pytorch-lightning")).is_loaded({"pytorch_lightning": ...})
            True
        """
        return any(package.replace("-", "_") in modules for package in self.packages)
