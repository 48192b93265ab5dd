"""Leads the optimizer steps of a hosted script: sets the rate, looks at losses, pauses after the last one.

Path:   around every `Optimizer.step` -> rates written and put back, losses closed, the stop rule, a pause or an end.
Units:  a step is one round of the optimizers (`clock`).
"""

from collections.abc import Callable

from torch.optim import Optimizer

from ratecraft.records.outcome import Ending
from ratecraft.training.hosting.commands import Commands
from ratecraft.training.hosting.instruments import Instruments
from ratecraft.training.hosting.kept_models import KeptModels
from ratecraft.training.hosting.lifecycle import Lifecycle
from ratecraft.training.hosting.reasons import Reasons
from ratecraft.training.hosting.run_end import RunEnd
from ratecraft.training.instrument.clock import will_skip
from ratecraft.training.scoring.figures import Figures


class Steps:
    """Controls a run step by step.

    Args:
        lifecycle: Where the run is.
        instruments: Instruments of its training.
        figures: The figures that the script reported; the last one may have ended the run.
        models: Files of its models; weights that are spread over ranks are gathered before an update.
        reasons: Why it cannot be tuned.
        commands: What it is to do.
        run_end: Ends and pauses it.
        command_waits: Whether a command has come.

    Attributes:
        on_first_step: Called as the first step begins.
    """

    def __init__(
        self,
        lifecycle: Lifecycle,
        instruments: Instruments,
        figures: Figures,
        models: KeptModels,
        reasons: Reasons,
        commands: Commands,
        run_end: RunEnd,
        command_waits: Callable[[], bool],
    ) -> None:
        self._lifecycle, self._figures, self._models, self._reasons = lifecycle, figures, models, reasons
        self._commands, self._run_end, self._command_waits = commands, run_end, command_waits
        self._instruments, self._clock, self._rates = instruments, instruments.clock, instruments.rates
        self._loaders, self._model, self._monitor = instruments.loaders, instruments.model, instruments.monitor
        self.on_first_step: Callable[[], object] = lambda: None

    def begins(self, optimizer: Optimizer) -> bool:
        """A step begins: write its rate. Returns False after the last step, when no more may happen."""
        clock = self._clock
        if clock.depth == 0:
            self._run_end.check()
            if reason := self._reasons.turn(optimizer):
                self._run_end.end(reason)
            run = self._lifecycle
            if run.evaluation is None and not self._may_step(optimizer):
                return False
            if run.evaluation is not None:
                run.evaluation.stepped(optimizer)
                return False
            if will_skip(optimizer):  # a skipped step is not a step
                self._monitor.losses.drop_waiting()
                clock.depth = 1
                return True
            self._tick(optimizer)
            self._monitor.treat(optimizer, clock.step - 1)
        self._rates.write(optimizer, clock.step - 1)
        clock.depth += 1
        return True

    def done(self) -> None:
        """A step is done: restore the script's own rate, and close the round if every optimizer had its turn."""
        clock = self._clock
        clock.depth -= 1
        if clock.depth:
            return
        self._rates.restore()
        self._monitor.losses.stepped()
        # Whether there is a second optimizer is known only when the first steps again.
        if clock.step > clock.complete and clock.all_had_turn and (clock.step > 1 or self._lifecycle.target == 1):
            self._round_done()

    def raised(self) -> None:
        """A step ended with an exception: restore everything that was written."""
        self._clock.depth -= 1
        if self._clock.depth == 0:
            self._rates.restore()

    def _may_step(self, optimizer: Optimizer) -> bool:
        """Close the round before; False if its end took the weights back that this step's gradient belongs to."""
        self._models.update_begins(self._clock.step)
        if self._command_waits():  # nothing is ever sent while a run advances, but for its end
            self._commands.obey()
            self._run_end.check()
        halvings = len(self._monitor.halvings)
        if self._clock.step > self._clock.complete and self._clock.opens(optimizer):
            self._round_done()
        run = self._lifecycle
        if self._clock.step == 0 and run.target == 0:  # untrained it is scored too: what it is must be known by then
            self._model.stepped_by(optimizer, self._clock.in_use)
        while self._clock.step == 0 and run.target == 0 and run.evaluation is None:
            self._run_end.pause()
        if self._figures.turned:
            self._run_end.pause(Ending.ENDED_EARLY)
        return len(self._monitor.halvings) == halvings

    def _tick(self, optimizer: Optimizer) -> None:
        if self._clock.step == 0:
            self.on_first_step()
        opened = self._clock.tick(optimizer)
        self._model.stepped_by(optimizer, self._clock.in_use)
        if opened:
            self._monitor.step_begins()
        own = self._rates.read(optimizer, opens=opened, in_use=self._clock.may_step)
        if opened:
            self._monitor.own_rates.append(own)
            self._loaders.step_begins()
            if self._clock.step <= 2 and (reason := self._reasons.step(self._clock.step, self._loaders)):
                self._run_end.end(reason)

    def _round_done(self) -> None:
        """Look at the losses where it is time to; go back or end where they blew up; pause where that was asked for."""
        self._instruments.close_step()
        step, target = self._clock.complete, self._lifecycle.target
        if self._monitor.look(step, arrived=step == target):
            self._run_end.blow_up()
        if step == target:
            self._run_end.pause()
