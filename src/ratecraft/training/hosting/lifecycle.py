"""Where a hosted run stands: its current command, whether that is answered, and what has ended.

Path:   commands of the supervisor, the script's own end -> here -> what the hooks do at the next step.
Units:  steps of the run from 0.
"""

from dataclasses import dataclass

from ratecraft.training.processes.wire import Start
from ratecraft.training.scoring.evaluation import Evaluation


@dataclass
class Lifecycle:
    """The life of one run. It trains to its target, again and again, is evaluated at most once, and is over.

    Attributes:
        start: How it is run; a branch's own once it has left another run.
        target: Steps to be done before it waits; None: those up to the script's own end.
        entered: Steps that were done when the command to train was taken in.
        answered: The last command has its answer.
        evaluation: The frozen run on its way to a score; None while it trains.
        ended: The script came to its own end.
        closed: The supervisor wants no more of it.
        over: It trains no more.
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
        """The run is to train on, after `complete` complete steps."""
        self.target, self.answered, self.entered = to_step, False, complete

    def evaluate(self, evaluation: Evaluation) -> None:
        """It is to be scored: the last that is asked of it."""
        self.evaluation, self.answered = evaluation, False

    def close(self) -> None:
        """Nothing more is asked of it."""
        self.over = self.closed = True
