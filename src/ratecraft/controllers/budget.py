"""The planned cost of a study's jobs: a pure function of the jobs, whatever becomes of them.

Path:   rungs, jobs -> optimizer steps -> whether the budget holds one more.
Units:  steps; the budget is in runs (steps / horizon).
Source: docs/reference/studies.md, "Cost": every optimizer step that a job executes counts once, replayed prefixes
        included; the baseline does not count. If branches are replayed, a trunk is never run by itself.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ratecraft.records.job import Job

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Budget:
    """The price of jobs and the most that may be spent.

    Attributes:
        horizon: Steps of a full run.
        runs: The most that the study may cost, in runs.
        branching: `replay`: a branch runs all steps from 0; `fork`: only its own steps.
    """

    horizon: int
    runs: float
    branching: Literal["replay", "fork"]

    def of_piece(self, stop: int, leaves_at: int = 0) -> int:
        """Steps of a branch off a trunk that exists anyway.

        Example:
            >>> Budget(1000, 1.75, "replay").of_piece(125, leaves_at=31), Budget(1000, 1.6, "fork").of_piece(125, 31)
            (125, 94)
        """
        return stop - leaves_at if self.branching == "fork" else stop

    def of_run(self, leaves_at: int = 0) -> int:
        """Steps of a final run."""
        return self.of_piece(self.horizon, leaves_at)

    def of_jobs(self, jobs: Iterable[Job]) -> int:
        """Steps of the proposed jobs, including the trunks among them."""
        return sum(
            self.of_piece(self.horizon if job.stop is None else job.stop, job.start)
            for job in jobs
            if job.evaluate is not None or self.branching == "fork"
        )

    def remaining(self, piece: int, spent: int) -> int:
        """How many more pieces of `piece` steps the budget holds beside the steps spent; never below 0.

        Example:
            >>> Budget(1000, 1.75, "replay").remaining(125, spent=1500)
            2
        """
        return max(0, math.floor((self.runs * self.horizon - spent) / piece + _ROUNDING))

    def allows(self, steps: int) -> bool:
        """Whether `steps` steps are within the budget."""
        return steps * (1 - _ROUNDING) <= self.runs * self.horizon

    def least(self, steps: int) -> float:
        """The smallest budget that holds `steps` steps, in hundredths of a run.

        Example:
            >>> Budget(768, 1.5, "replay").least(1161)
            1.52
        """
        return math.ceil(100 * steps / self.horizon) / 100
