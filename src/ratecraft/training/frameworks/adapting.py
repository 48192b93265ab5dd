"""Adapts the frameworks that a script imports at the moment it imports them; ratecraft imports none itself.

Path:   the script's `import lightning` -> the change of that module, once it is loaded -> the host, or the watch.
"""

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from ratecraft.training.frameworks.accelerate import ACCELERATE
from ratecraft.training.frameworks.elsewhere import ELSEWHERE
from ratecraft.training.frameworks.fastai import FASTAI
from ratecraft.training.frameworks.framework import Change, Framework
from ratecraft.training.frameworks.lightning import LIGHTNING
from ratecraft.training.frameworks.pretrained import PRETRAINED
from ratecraft.training.frameworks.processes import PROCESSES
from ratecraft.training.frameworks.tracked import EVENT_FILES
from ratecraft.training.frameworks.trackers import TRACKERS
from ratecraft.training.frameworks.transformers import TRANSFORMERS
from ratecraft.training.scripts.importing import Act, when_imported

if TYPE_CHECKING:
    from ratecraft.training.frameworks.hooks import Hooks

FRAMEWORKS: Final[Sequence[Framework]] = (
    LIGHTNING,
    TRANSFORMERS,
    PRETRAINED,
    ACCELERATE,
    FASTAI,
    PROCESSES,
    ELSEWHERE,
    TRACKERS,
    EVENT_FILES,
)
"""All of them. Whoever hosts or watches a script, names its frameworks or looks for them, asks here."""


def own_optimizer(given: object) -> Any:
    """The adapter of an optimizer that a framework has made itself; None if it is not one of these."""
    return next((found for each in FRAMEWORKS if (found := each.optimizer(given)) is not None), None)


def adapt_frameworks(hooks: "Hooks", frameworks: Sequence[Framework] = FRAMEWORKS) -> None:
    """Change every module of every framework as soon as it is there. Nothing is ever taken back: see `patches`.

    A module that is not as we know it is left alone: the script then is one as any other.
    """

    def act_of(change: Change) -> Act:
        def act(module: ModuleType) -> None:
            try:
                change(module, hooks)
            except (AttributeError, KeyError, TypeError, ImportError):
                hooks.note("framework-unknown", module=module.__name__)

        return act

    when_imported({name: act_of(change) for framework in frameworks for name, change in framework.changes.items()})
