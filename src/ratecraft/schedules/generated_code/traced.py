"""The functions of `formulas`, rewritten for frameworks that trace code (JAX and Keras).

Path:   lines of Python with `if` and `math` -> the same values as one expression of arrays a line.
Units:  as in `formulas`.

A traced step has no value yet, so that no `if` can ask for it: both sides are computed, and one is chosen. What is
parsed here is only what `formulas` wrote.
"""

import ast
from dataclasses import dataclass
from typing import Final, cast


@dataclass(frozen=True, slots=True)
class Arrays:
    """What a framework calls its functions.

    Attributes:
        name: What it is imported as.
        pi: The library's number pi.
        array: The function that makes an array of a list.
    """

    name: str
    pi: str
    array: str


JAX: Final = Arrays("jnp", "jnp.pi", "jnp.asarray")
KERAS: Final = Arrays("ops", "3.141592653589793", "ops.convert_to_tensor")


def traced(lines: list[str], arrays: Arrays) -> list[str]:
    r"""The functions of a schedule, rewritten for a framework that traces them.

    Example:
        >>> from ratecraft.schedules.builders.constructors import linear
        >>> from ratecraft.schedules.generated_code.formulas import rate_functions
        >>> print(*traced(rate_functions(linear(1, 0, 10)), JAX), sep="\n")
        def rate(step):
            value = 0.0
            value = jnp.where(step < 10, (10 - step) / 10, value)
            return value
    """
    functions = [cast("ast.FunctionDef", statement) for statement in ast.parse("\n".join(lines)).body]
    written = [ast.unparse(ast.fix_missing_locations(_Rewritten(arrays).visit(function))) for function in functions]
    return "\n\n\n".join(written).split("\n")


class _Rewritten(ast.NodeTransformer):
    """One function, its choices made by the framework."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """`if a: return x` and `return y` become `value = y` and `value = where(a, x, value)`."""
        self.generic_visit(node)
        choices = [statement for statement in node.body if isinstance(statement, ast.If)]
        if choices:
            value = ast.Name("value")
            end = cast("ast.Return", node.body[-1])
            kept: list[ast.stmt] = [statement for statement in node.body if isinstance(statement, ast.Assign)]
            kept.append(ast.Assign([value], cast("ast.expr", end.value)))
            for choice in reversed(choices):
                chosen = cast("ast.expr", cast("ast.Return", choice.body[0]).value)
                kept.append(ast.Assign([value], self.call("where", choice.test, chosen, value)))
            node.body = [*kept, ast.Return(value)]
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        """Which cycle it is: as many as have begun, less one."""
        if ast.unparse(node.targets[0]) == "cycle":
            begun = f"{self.arrays.name}.sum({self.arrays.array}(starts) <= step) - 1"
            if self.arrays is KERAS:
                begun = f'ops.sum(ops.cast({self.arrays.array}(starts, "float32") <= step, "int32")) - 1'
            node.value = _expression(begun)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """A list that is indexed by an array must be one."""
        if self.arrays is KERAS:
            return _expression(f'ops.take({self.arrays.array}({ast.unparse(node.value)}, "float32"), cycle)')
        return _expression(f"{self.arrays.array}({ast.unparse(node.value)})[cycle]")

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        """`x if a else y`."""
        self.generic_visit(node)
        return self.call("where", node.test, node.body, node.orelse)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """`math.sin`, `math.pi`."""
        return _expression(self.arrays.pi if node.attr == "pi" else f"{self.arrays.name}.{node.attr}")

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """`min`, `max` and `abs`; the former take two arrays at a time."""
        self.generic_visit(node)
        match node.func:
            case ast.Name("min" | "max" as name):
                first, *others = node.args
                for other in others:
                    first = self.call(f"{name}imum", first, other)
                return first
            case ast.Name("abs"):
                return self.call("abs", *node.args)
            case _:
                return node

    def call(self, name: str, *arguments: ast.expr) -> ast.expr:
        return ast.Call(_expression(f"{self.arrays.name}.{name}"), list(arguments), [])


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body
