"""Whether the loops around a step are the script's whole training, judged by its source.

Path:   the frames of the user's code at a step, the user's modules -> their source -> yes, or not sure.

What is read off loops, or told by a framework, is the length of the training that is under way. A script that trains
again afterwards, in other loops or by calling the same function once more, is longer. It is sure where every backward
pass of the user's code stands within the loops that are under way, and each function on the way is called in one place.
"""

import ast
import linecache
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType


def trains_only_here(frame: FrameType | None, is_users: Callable[[str], bool], *, framework: bool) -> bool:
    """Whether the script surely trains nowhere but in the loops around the current line.

    Args:
        frame: The innermost frame.
        is_users: Whether a file is the user's own code.
        framework: The loops are those of a framework, which the user's code calls.
    """
    frames = list(_users(frame, is_users))
    if not frames:
        return False
    files = {other.f_code.co_filename for other in frames} | set(filter(is_users, _loaded()))
    modules = {file: _parsed(file) for file in files}
    calls = [(file, call) for file, module in modules.items() for call in _calls(module)]
    names = [other.f_code.co_name for other in frames]
    if framework:
        at, line = frames[0].f_code.co_filename, frames[0].f_lineno
        names += [_name(call) for file, call in calls if file == at and _holds(call, line)]
    if any(_places(name, [call for _, call in calls]) > 1 for name in names):
        return False
    here = [(other.f_code.co_filename, _around(other, modules[other.f_code.co_filename])) for other in frames]
    backward = [(file, call.lineno) for file, call in calls if _name(call) == "backward"]
    return all(any(file == at and _holds(node, line) for at, node in here) for file, line in backward)


def _users(frame: FrameType | None, is_users: Callable[[str], bool]) -> Iterator[FrameType]:
    while frame is not None:
        if is_users(frame.f_code.co_filename):
            yield frame
        frame = frame.f_back


def _loaded() -> Iterator[str]:
    for module in tuple(sys.modules.values()):
        file = getattr(module, "__dict__", {}).get("__file__")  # asking a lazy module itself may load it
        if isinstance(file, str) and file.endswith(".py"):
            yield file


def _parsed(file: str) -> ast.Module:
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _calls(module: ast.Module) -> list[ast.Call]:
    return [node for node in ast.walk(module) if isinstance(node, ast.Call)]


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _places(name: str, calls: Sequence[ast.Call]) -> int:
    """Places in which a function is called: by its bare name or, if there is none, as a method."""
    named = [call for call in calls if _name(call) == name]
    return len([call for call in named if isinstance(call.func, ast.Name)] or named)


def _holds(node: ast.expr | ast.stmt | None, line: int) -> bool:
    return node is not None and node.lineno <= line <= (node.end_lineno or node.lineno)


def _around(frame: FrameType, module: ast.Module) -> ast.stmt | None:
    """The outermost loop of the frame's own function around its current line; without one, the whole function."""
    around = [node for node in ast.walk(module) if isinstance(node, ast.stmt) and _holds(node, frame.f_lineno)]
    functions = [node for node in around if isinstance(node, ast.FunctionDef) and node.name == frame.f_code.co_name]
    begins = functions[-1].lineno if functions else 0
    loops = [node for node in around if isinstance(node, (ast.For, ast.While)) and node.lineno > begins]
    return min(loops, key=lambda loop: loop.lineno, default=functions[-1] if functions else None)
