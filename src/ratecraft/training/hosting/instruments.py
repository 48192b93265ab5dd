"""The instruments on a script's training, which count steps, set rates, and follow losses and loaders.

Path:   the host's hooks -> instruments -> what the run answers, and the facts that it tells.
"""

from dataclasses import dataclass

from ratecraft.training.hosting.loss_monitor import LossMonitor, TakesSeries
from ratecraft.training.instrument.clock import Clock
from ratecraft.training.instrument.loaders import Loaders
from ratecraft.training.instrument.passes import Passes
from ratecraft.training.instrument.rates import Rates
from ratecraft.training.instrument.state import Model


@dataclass(frozen=True, slots=True)
class Instruments:
    """The instruments of one hosted run.

    Attributes:
        clock: Counts its steps.
        loaders: Loaders of the script, and the batches taken from them.
        model: Modules, optimizers and scalers of the script.
        passes: Whether the script has evaluated since its last update.
        rates: The rates of its optimizers.
        monitor: The losses, and the copies that the stop rule goes back to.
    """

    clock: Clock
    loaders: Loaders
    model: Model
    passes: Passes
    rates: Rates
    monitor: LossMonitor

    @staticmethod
    def of_script(control: TakesSeries, scheduled: tuple[str, ...]) -> "Instruments":
        """The instruments of a process that runs one script.

        Args:
            control: Takes the series.
            scheduled: Names of the run's schedules.
        """
        model = Model()
        monitor = LossMonitor.of_script(control, model)
        return Instruments(Clock(), Loaders(), model, Passes(model), Rates(expected=scheduled), monitor)

    def close_step(self) -> None:
        """The step that is open is complete."""
        self.monitor.losses.close_step()
        self.clock.complete = self.clock.step
