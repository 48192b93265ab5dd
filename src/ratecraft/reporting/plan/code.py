"""The optimizer of a plan as Python to paste.

Path:   calls of a plan, their numbers filled in -> lines of code.
"""

from collections.abc import Sequence

from ratecraft.recipes.plan import Plan, PlannedGroup
from ratecraft.recipes.recipe import Call

_WHOLE_MODEL = "model.parameters()"


def optimizer_code(plan: Plan, width: int) -> list[str]:
    """Lines that make the optimizer, or several if groups have different ones.

    Args:
        plan: The plan. Its groups appear as lists of parameters with these names.
        width: Cells of a line; the arguments of a longer line are put on lines of their own.

    Example:
        >>> from ratecraft.recipes.run_description import RunDescription
        >>> from ratecraft.recipes.planning import plan_of
        >>> for line in optimizer_code(plan_of(RunDescription("sgd")), 80):
        ...     print(line)
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-2, weight_decay=0)
    """
    groups = plan.groups
    if not groups:
        return _call("optimizer", plan.call, _WHOLE_MODEL, plan.call.arguments, width)
    if len({group.call.name for group in groups}) > 1:
        lines = [
            _call(f"{group.role}_optimizer", group.call, group.role, group.call.arguments, width) for group in groups
        ]
        return [line for entry in lines for line in entry]
    shared = [argument for argument in plan.call.arguments if all(argument in group.call.arguments for group in groups)]
    rows = [f"    {{{_entries(group, shared)}}}," for group in groups]
    end = ", ".join(["]", *shared])
    return [f"optimizer = {plan.call.name}([", *rows, f"{end})"]


def _call(name: str, call: Call, parameters: str, arguments: Sequence[str], width: int) -> list[str]:
    line = f"{name} = {call.name}({', '.join((parameters, *arguments))})"
    if len(line) <= width:
        return [line]
    packed = [f"    {parameters},"]
    for argument in arguments:
        if len(packed[-1]) + len(argument) + 2 <= width:
            packed[-1] += f" {argument},"
        else:
            packed.append(f"    {argument},")
    return [f"{name} = {call.name}(", *packed, ")"]


def _entries(group: PlannedGroup, shared: Sequence[str]) -> str:
    own = [argument.partition("=") for argument in group.call.arguments if argument not in shared]
    return ", ".join((f'"params": {group.role}', *(f'"{name}": {value}' for name, _, value in own)))
