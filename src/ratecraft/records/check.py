"""What was found when this machine was looked at, one thing at a time: a code with values, as for errors and notes.

Path:   `ratecraft doctor` -> checks of Python, PyTorch, processors, folders… -> text or JSON.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

State: TypeAlias = Literal["ok", "limited", "missing"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        code: What was found, a code of `translations` (`check.<code>`); where something can be done about it, that has
            a hint too.
        part: What was looked at (`screen.doctor.<part>`).
        state: `ok`, `limited` (it works, but less of it or slower), or `missing`.
        values: What the sentences say.
        essential: Without it no study can run.
    """

    code: str
    part: str
    state: State = "ok"
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    essential: bool = False


def is_able(checks: Iterable[Check]) -> bool:
    """Whether a study can run: nothing essential is missing.

    Example:
        >>> is_able([Check("ray-missing", "ray", "missing")])
        True
        >>> is_able([Check("torch-missing", "torch", "missing", essential=True)])
        False
    """
    return not any(check.essential and check.state == "missing" for check in checks)
