"""Whether a script steps a scheduler at all, by its source: the name that it gives it, and what it does with that.

Path:   the frame in which a scheduler is made -> the file's source -> surely never stepped, or not sure.

It is sure where the scheduler has a plain name, which the whole file uses for nothing but to read from it.
"""

import ast
import linecache
from types import FrameType

_READS = frozenset({"get_last_lr", "get_lr", "state_dict", "load_state_dict", "last_epoch", "base_lrs", "print_lr"})
_ANYTHING = frozenset({"globals", "locals", "eval", "exec"})


def is_never_stepped(frame: FrameType, kind: str) -> bool:
    """Whether the line of this frame surely makes a scheduler that is never stepped.

    Args:
        frame: Frame of the user's code.
        kind: The scheduler's class.
    """
    file = frame.f_code.co_filename
    if not file.endswith(".py"):  # a cell of a notebook: others may step it
        return False
    try:
        module = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return False
    made = [node for node in ast.walk(module) if isinstance(node, ast.Assign) and _makes(node, frame.f_lineno, kind)]
    if len(made) != 1 or len(made[0].targets) != 1 or not isinstance(made[0].targets[0], ast.Name):
        return False
    name = made[0].targets[0].id
    read = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Attribute) and node.attr in _READS}
    names = [node for node in ast.walk(module) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    used = [node for node in names if node.id == name and id(node) not in read]
    return not used and not any(node.id in _ANYTHING for node in names)


def _makes(statement: ast.Assign, line: int, kind: str) -> bool:
    """Whether a statement does nothing but make such a scheduler, at this line."""
    value = statement.value
    if not isinstance(value, ast.Call) or not statement.lineno <= line <= (statement.end_lineno or line):
        return False
    called = value.func
    return (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")) == kind
