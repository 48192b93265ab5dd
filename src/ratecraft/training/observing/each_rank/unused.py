"""Parameters that DistributedDataParallel waits for and that the loss does not use, read off its error.

Path:   the error with which a script ended -> how many, and which, as far as they have names -> facts of the run.

Torch numbers them among the parameters of the wrapped model that need gradients. The text is torch's own; a test holds
this to the torch that is installed.
"""

import re

from torch.nn.parallel import DistributedDataParallel

from ratecraft.records.watching.observed import Fact
from ratecraft.training.instrument.state import living_modules
from ratecraft.training.observing.each_rank.weights import averaged_by

_SAYS = "Expected to have finished reduction in the prior iteration"
_NUMBERS = re.compile(r"did not receive grad for rank \d+: ([\d ]+)")
_NAMES = re.compile(r"did not receive grad for rank \d+: ([^\s\d][^\n]*)")
_MOST = 4  # names that are told


def unused_by(error: BaseException) -> dict[str, Fact]:
    """What is known about the parameters; empty if the error does not mention them.

    Example:
        >>> unused_by(RuntimeError(f"{_SAYS}. Parameter indices which did not receive grad for rank 1: 2 3"))
        {'unused_parameters': 2.0, 'unused_named': '2, 3'}
    """
    text = str(error)
    if not isinstance(error, RuntimeError) or _SAYS not in text or "static_graph" in text.partition("\n")[0]:
        return {}
    numbers = [int(each) for found in _NUMBERS.findall(text)[:1] for each in found.split()]
    names = _named(numbers) or [str(number) for number in numbers]
    if listed := _NAMES.search(text):
        names = [name.strip() for name in listed.group(1).split(",")]
    shown = ", ".join(names[:_MOST]) + (", …" if len(names) > _MOST else "")
    return {"unused_parameters": float(max(len(numbers), len(names), 1)), "unused_named": shown or "?"}


def _named(numbers: list[int]) -> list[str]:
    """Names of the parameters, if one model is wrapped and has that many."""
    wrapped = [module for module in living_modules() if isinstance(module, DistributedDataParallel)]
    if len(wrapped) != 1:
        return []
    names = [name for name, _ in averaged_by(wrapped[0])]
    return [names[number] for number in numbers] if max(numbers, default=-1) < len(names) else []
