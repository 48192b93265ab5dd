"""What a start and a step of a study cost, estimated from the runs that have ended.

Path:   outcomes of a record -> `Pace`, of constant size -> the time left, for viewers that only read the record.
Units:  seconds of wall time; steps are optimizer steps.

The seconds of a run are modelled as those of a start plus a constant for each step: a long baseline and one short probe
determine both. `meter` is finer, but must watch the study from within its process.
"""

from dataclasses import dataclass

from ratecraft.reporting.progress.view import View


@dataclass(frozen=True, slots=True)
class Pace:
    """Sums over runs that have ended, from which the line through their seconds follows.

    Example:
        >>> pace = Pace().after(1000, 105.0).after(100, 15.0)
        >>> round(pace.start, 6), round(pace.step, 6)
        (5.0, 0.1)
    """

    runs: int = 0
    steps: float = 0.0
    seconds: float = 0.0
    squares: float = 0.0
    products: float = 0.0

    def after(self, executed: int, seconds: float) -> "Pace":
        """The pace with one more run of `executed` steps in `seconds` seconds, its start included."""
        return Pace(
            self.runs + 1,
            self.steps + executed,
            self.seconds + seconds,
            self.squares + executed * executed,
            self.products + executed * seconds,
        )

    @property
    def step(self) -> float:
        """Seconds of a step, including a share of the start while all runs are equally long."""
        spread = self.squares - self.steps**2 / self.runs if self.runs else 0.0
        slope = (self.products - self.steps * self.seconds / self.runs) / spread if spread > 0 else 0.0
        return slope if slope > 0 else self.seconds / max(self.steps, 1)

    @property
    def start(self) -> float:
        """Seconds of a start."""
        return max((self.seconds - self.step * self.steps) / self.runs, 0.0) if self.runs else 0.0

    def left(self, view: View, at_a_time: int) -> float | None:
        """Expected seconds to the end of a study; None while they are not known, and once nothing is left.

        Args:
            view: State of the study.
            at_a_time: Number of runs under way at a time.
        """
        if not view.remaining or not self.runs:
            return None
        return (view.to_start * self.start + view.remaining * self.step) / max(at_a_time, 1)
