"""Obeys the supervisor's commands: train on, evaluate, branch, end.

Path:   the control pipe -> what the run is to do next (`lifecycle`), at which rates; answers that can be given at once.
"""

from collections.abc import Callable
from dataclasses import replace

from ratecraft.records.job import Evaluate
from ratecraft.records.outcome import Ending
from ratecraft.training.forking.branch import branch_off
from ratecraft.training.hosting.answers import Answers
from ratecraft.training.hosting.instruments import Instruments
from ratecraft.training.hosting.kept_models import KeptModels
from ratecraft.training.hosting.lifecycle import Lifecycle
from ratecraft.training.processes.control import Control
from ratecraft.training.processes.wire import Advance, Branch, Start
from ratecraft.training.scoring.evaluation import Evaluation
from ratecraft.training.scoring.figures import Figures


class Commands:
    """Carries out one command after another.

    Args:
        control: The pipe that commands come from.
        lifecycle: Where the run is.
        instruments: Instruments of its training.
        figures: The figures that the script reported.
        answers: Answers commands that are already fulfilled.
        models: Its model files; weights stay fixed once the run is to be scored.

    Attributes:
        on_branch: Called in a new branch, with its start and the descriptor for its output.
        forking: Whether ratecraft, and not the script, is forking this process for a branch.
    """

    def __init__(
        self,
        control: Control,
        lifecycle: Lifecycle,
        instruments: Instruments,
        figures: Figures,
        answers: Answers,
        models: KeptModels,
    ) -> None:
        self._control, self._lifecycle, self._instruments = control, lifecycle, instruments
        self._figures, self._answers, self._models = figures, answers, models
        self.on_branch: Callable[[Start, int], object] = lambda start, output: None
        self.forking = False

    def obey(self) -> None:
        """Wait for commands and carry them out; return once the script has something to do, or nothing more."""
        match self._control.next_command():
            case Advance() as order:
                self._advance(order)
            case Evaluate() as how:
                self._evaluate(how)
            case Branch():
                self._branch()
                self.obey()
            case _:
                self._lifecycle.close()

    def _advance(self, order: Advance) -> None:
        rates, complete = self._instruments.rates, self._instruments.clock.complete
        rates.schedules, rates.scale, self._figures.rule = order.schedules, order.scale, order.stop_rule
        self._instruments.monitor.enter(order.stop_rule, order.treatment)
        self._lifecycle.advance(order.to_step, complete)
        if order.to_step is not None and 0 < order.to_step <= complete:
            self._answers.passage(Ending.DONE)
            self.obey()

    def _evaluate(self, how: Evaluate) -> None:
        clock, model = self._instruments.clock, self._instruments.model
        evaluation = Evaluation(how, clock.anew(), model.modules)
        self._lifecycle.evaluate(evaluation)
        if self._lifecycle.ended or how.kind == "natural":
            if how.kind in ("figure", "natural"):
                evaluation.value = self._figures.last(how.metric)
            self._answers.score()
        else:
            self._models.frozen()
            evaluation.watch(remembers=not model.scalers and self._lifecycle.start.ranks == 1)
            evaluation.losses = self._instruments.monitor.losses.rest()
            if evaluation.ends_epochs:
                self._instruments.loaders.start_ending()

    def _branch(self) -> None:
        """Fork a second run from here and tell its number; in the second run, become it."""
        self.forking = True
        begun = branch_off(self._control)
        self.forking = False
        if begun is not None:
            self.on_branch(start := begun.start, begun.output)
            begun.have_threads()
            # What loaded files are called still holds the folders of the run that was left.
            left = self._lifecycle.start
            self._lifecycle.start = replace(start, directory=left.directory, mirror=left.mirror)
            self._figures.best_by = start.best_by
