"""Answers of a hosted run: how far it came, or its score; one for each command.

Path:   the command at hand, the losses and figures so far, facts of the script -> the supervisor.
Units:  steps of the run from 0.
"""

from ratecraft.records.outcome import Ending, Failure
from ratecraft.records.running import Passage, Score, SeriesBlock
from ratecraft.records.storage.series import pack
from ratecraft.training.hosting.instruments import Instruments
from ratecraft.training.hosting.kept_models import KeptModels
from ratecraft.training.hosting.lifecycle import Lifecycle
from ratecraft.training.hosting.run_facts import ScriptFacts
from ratecraft.training.hosting.told_figures import ToldFigures
from ratecraft.training.processes.control import Control
from ratecraft.training.processes.wire import Scored, Stepped


class Answers:
    """Answers the current command of a run; later answers to the same command are dropped.

    Args:
        control: Takes the answers.
        lifecycle: Where the run is.
        instruments: Instruments of its training.
        facts: What is known about its script.
        told: The figures that the script reported.
        models: Its model files.
    """

    def __init__(
        self,
        control: Control,
        lifecycle: Lifecycle,
        instruments: Instruments,
        facts: ScriptFacts,
        told: ToldFigures,
        models: KeptModels,
    ) -> None:
        self._control, self._lifecycle, self._facts, self._told = control, lifecycle, facts, told
        self._clock, self._monitor, self._models = instruments.clock, instruments.monitor, models

    def passage(self, ending: Ending, failure: Failure | None = None) -> None:
        """Answer how far the run came, and how that ended."""
        run = self._lifecycle
        if run.answered:
            return
        run.answered = True
        self._monitor.tell()
        step, halvings = self._clock.complete, tuple(self._monitor.halvings)
        self._control.tell(Stepped(Passage(step, ending, step - run.entered, halvings, failure), self._facts.now()))

    def score(self, failure: Failure | None = None) -> None:
        """Give the score of the current evaluation and, if it is to be kept, the model; nothing without a score."""
        run, evaluation = self._lifecycle, self._lifecycle.evaluation
        if run.answered or evaluation is None:
            return
        how = evaluation.how
        self._told.read_raw(how.metric, evaluation.place if how.kind == "figure" else 0)
        run.answered, value = True, evaluation.value
        model, unsaved = self._models.last(how, value)
        if evaluation.values:
            self._control.tell(SeriesBlock("frozen_loss", self._clock.complete, pack(evaluation.values)))
        self._control.tell(Scored(Score(value, evaluation.frozen, model, failure or unsaved), self._facts.now()))
