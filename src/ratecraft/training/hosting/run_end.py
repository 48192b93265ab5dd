"""Pauses and ends a hosted run: at its target, after a blow-up, for a reason, or where the script itself ends.

Path:   a training act or the end of the script -> is the run over? -> an answer, the next command, or `EndRun`.
"""

from collections.abc import Callable

from ratecraft.records.outcome import Ending, Failure
from ratecraft.training.hosting.answers import Answers
from ratecraft.training.hosting.commands import Commands
from ratecraft.training.hosting.instruments import Instruments
from ratecraft.training.hosting.kept_models import KeptModels
from ratecraft.training.hosting.lifecycle import Lifecycle
from ratecraft.training.hosting.told_figures import ToldFigures
from ratecraft.training.scripts.ending import Ends
from ratecraft.training.suitability.horizon import Horizon


class RunEnd:
    """Ends a run from within its script, at one of the script's training acts.

    Args:
        lifecycle: Where the run is.
        instruments: Instruments of its training.
        horizon: Told when a whole step is done.
        answers: Report how it ended.
        commands: Tell how it continues after a pause.
        note: Tells the user something, once.
    """

    def __init__(
        self,
        lifecycle: Lifecycle,
        instruments: Instruments,
        horizon: Horizon,
        answers: Answers,
        commands: Commands,
        note: Callable[[str], None],
    ) -> None:
        self._lifecycle, self._answers, self._commands = lifecycle, answers, commands
        self._clock, self._passes, self._horizon = instruments.clock, instruments.passes, horizon
        self._monitor, self._rates = instruments.monitor, instruments.rates
        self._ends = Ends(lambda: note("end-swallowed"))

    def check(self) -> None:
        """Call at each training act of the script: ends the run if it is time.

        Raises:
            EndRun: The run is over.
        """
        self._passes.trains()
        if self._clock.step == 1 and not self._clock.depth:
            self._horizon.one_step_is_done()
        run = self._lifecycle
        if run.evaluation is not None and run.evaluation.complete:
            self._answers.score()
            run.over = True
        if run.over:
            self.end()

    def end(self, reason: Failure | None = None) -> None:
        """End the run with its reason, if any.

        Raises:
            EndRun: Always.
        """
        if reason is not None and self._lifecycle.evaluation is not None:
            self._answers.score(reason)
        elif reason is not None:
            self._answers.passage(Ending.FAILED, reason)
        self._lifecycle.over = True
        self._ends.end()

    def pause(self, ending: Ending = Ending.DONE) -> None:
        """The target is reached: wait for the next command; after an early end, for the last one.

        Raises:
            EndRun: There are no more commands.
        """
        self._answers.passage(ending)
        self._commands.obey()
        if self._lifecycle.over or ending is not Ending.DONE:
            self.end()

    def blow_up(self) -> None:
        """Go back to the last good copy at half the rate, without going back in steps or data; or end the run.

        Raises:
            EndRun: There is no copy to go back to.
        """
        if not self._monitor.go_back(self._clock.complete):
            self._answers.passage(Ending.BLOWN_UP)
            self.end()
        self._rates.factor /= 2


class ScriptEnd:
    """The script's own end, after which the run may still be scored.

    Args:
        lifecycle: Where the run is.
        instruments: Instruments of its training.
        answers: Report how it ended.
        commands: Commands after a natural end.
        told: The figures that the script reported.
        models: Its model files.
        without_a_step: Why a script that ended by itself made no step.
    """

    def __init__(
        self,
        lifecycle: Lifecycle,
        instruments: Instruments,
        answers: Answers,
        commands: Commands,
        told: ToldFigures,
        models: KeptModels,
        without_a_step: Callable[[], Failure],
    ) -> None:
        self._lifecycle, self._instruments, self._answers = lifecycle, instruments, answers
        self._commands, self._told, self._models = commands, told, models
        self._without_a_step = without_a_step

    def reached(self, failure: Failure | None) -> None:
        """The script has ended: report how, and, if it ended by itself, stay for its score."""
        run = self._lifecycle
        if not run.closed and run.evaluation is not None:
            run.evaluation.ended()
            self._answers.score(failure if run.evaluation.value is None else None)
        elif not run.over:
            self._training_ended(failure)
        run.over = True

    def _training_ended(self, failure: Failure | None) -> None:
        self._models.training_ends(failure)
        self._lifecycle.ended = True
        clock = self._instruments.clock
        if clock.step > clock.complete:
            self._instruments.close_step()
        if failure is None and clock.step == 0:
            failure = self._without_a_step()
        if self._instruments.monitor.has_blown_up(failed=failure is not None):
            self._answers.passage(Ending.BLOWN_UP)
        elif failure is not None:
            self._answers.passage(Ending.FAILED, failure)
        else:
            self._told.read_raw()
            self._answers.passage(Ending.DONE)
            self._commands.obey()
