"""Trains a script at given rates without ratecraft, up to the end of a step, and computes its figure there.

`python direct.py SCRIPT FIRST LATER TURN STOP OPTIMIZERS [ARGUMENT …]`: the leading group has the rate FIRST before
round TURN and LATER from then on. After STOP rounds the script's own function `evaluate` is called, which it would have
called later, and the process ends. An independent, slow reference for what the host does.
"""

import gc
import os
import runpy
import sys
from typing import Any

from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook


class Direct:
    """Counts rounds, writes rates, ends."""

    def __init__(self, first: float, later: float, turn: int, stop: int, optimizers: int) -> None:
        self.first, self.later, self.turn, self.stop, self.optimizers = first, later, turn, stop, optimizers
        self.round, self.seen, self.depth = 0, list[Optimizer](), 0
        self.lead: dict[str, Any] | None = None
        self.own: list[tuple[dict[str, Any], Any, float]] = []

    def before(self, optimizer: Optimizer, *_: object) -> None:
        self.depth += 1
        if self.depth > 1:
            return
        if any(each is optimizer for each in self.seen) or len(self.seen) == self.optimizers:
            self.round, self.seen = self.round + 1, []
        self.seen.append(optimizer)
        groups = optimizer.param_groups
        if self.lead is None or not float(self.lead["lr"]):
            made = [each for each in gc.get_objects() if issubclass(type(each), Optimizer)]
            able = [group for each in made for group in each.param_groups if float(group["lr"])] or groups
            self.lead = max(able, key=lambda group: sum(p.numel() for p in group["params"] if p.requires_grad))
        lead = float(self.lead["lr"])
        rate = self.first if self.round < self.turn else self.later
        for group in groups:
            value = rate * (float(group["lr"]) / lead if lead else 1.0)
            if isinstance(group["lr"], float):
                self.own.append((group, group["lr"], 0.0))
                group["lr"] = value
            else:
                self.own.append((group, group["lr"], float(group["lr"])))
                group["lr"].fill_(value)

    def after(self, *_: object) -> None:
        self.depth -= 1
        if self.depth:
            return
        for group, old, value in self.own:
            group["lr"] = old if isinstance(old, float) else old.fill_(value)
        self.own.clear()
        if self.round == self.stop - 1 and len(self.seen) == self.optimizers:
            print("direct", repr(sys.modules["__main__"].evaluate()), flush=True)
            os._exit(0)


def main(script: str, first: str, later: str, turn: str, stop: str, optimizers: str, *arguments: str) -> None:
    direct = Direct(float(first), float(later), int(turn), int(stop), int(optimizers))
    register_optimizer_step_pre_hook(direct.before)
    register_optimizer_step_post_hook(direct.after)
    sys.argv = [script, *arguments]
    sys.path.insert(0, os.path.dirname(script))  # noqa: PTH120 - as Python itself does
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])
