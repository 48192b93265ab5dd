"""Where a hosted run stands: its current command, whether that is answered, and what has ended.

Path:   commands of the supervisor, the script's own end -> here -> what the hooks do at the next step.
Units:  steps of the run from 0.
"""

from dataclasses import dataclass

from ratecraft.training.processes.wire import Start
from ratecraft.training.scoring.evaluation import Evaluation


@dataclass
class Lifecycle:
    """The life of one run: it trains to one target after another, is evaluated at most once, and ends.

    Attributes:
        start: How it is run; a branch's own once it has left another run.
        target: Number of steps at which it pauses; None: the script's own end.
        entered: Steps done when the current training command arrived.
        answered: Whether the last command has been answered.
        evaluation: The frozen run on its way to a score; None while it trains.
        ended: Whether the script came to its own end.
        closed: Whether the supervisor has closed the run.
        over: Whether it trains no more.
    """

    start: Start
    target: int | None = None
    entered: int = 0
    answered: bool = True
    evaluation: Evaluation | None = None
    ended: bool = False
    closed: bool = False
    over: bool = False

    def advance(self, to_step: int | None, complete: int) -> None:
        """Train on, after `complete` complete steps."""
        self.target, self.answered, self.entered = to_step, False, complete

    def evaluate(self, evaluation: Evaluation) -> None:
        """Evaluate the run, as its last act."""
        self.evaluation, self.answered = evaluation, False

    def close(self) -> None:
        """Close the run."""
        self.over = self.closed = True
