"""Receives the figures that a script reports in any way, and passes them to the supervisor and the score.

Path:   printed lines, `ratecraft.log`, metrics of frameworks, the raw output -> `Figures`, which reads them -> the
        supervisor; the evaluation under way; the file of the best state.
"""

from collections.abc import Mapping

from ratecraft.records.metrics import normal_name
from ratecraft.records.outcome import Figure
from ratecraft.training.hosting.instruments import Instruments
from ratecraft.training.hosting.kept_models import KeptModels
from ratecraft.training.hosting.lifecycle import Lifecycle
from ratecraft.training.processes.control import Control
from ratecraft.training.processes.wire import Line, Told
from ratecraft.training.scoring.figures import Figures
from ratecraft.training.scoring.raw_output import raw_figures


class ToldFigures:
    """Receives the figures that a script reports.

    Args:
        figures: Reads figures, and keeps the last and the best of each.
        control: Takes figures, and lines where the supervisor wants them.
        lifecycle: Where the run is: once it is over no figure counts.
        instruments: Instruments of its training.
        models: Files of its models, one of which holds the best state.
    """

    def __init__(
        self,
        figures: Figures,
        control: Control,
        lifecycle: Lifecycle,
        instruments: Instruments,
        models: KeptModels,
    ) -> None:
        self._figures, self._control, self._lifecycle = figures, control, lifecycle
        self._clock, self._loaders = instruments.clock, instruments.loaders
        self._passes, self._models = instruments.passes, models
        figures.tell = self._line

    def printed(self, line: str) -> None:
        """Take a line that the script printed."""
        for name, value, source in self._figures.read(line, evaluated=self._passes.has_evaluated):
            self._figure(name, value, source)

    def logged(self, name: str, value: float) -> None:
        """The script called `ratecraft.log`."""
        self._figure(normal_name(name), value, "logged")

    def measured(self, source: str, metrics: Mapping[str, object]) -> None:
        """A framework's evaluation returned these metrics."""
        for name, value in self._figures.among(metrics, source, evaluated=self._passes.has_evaluated):
            self._figure(name, value, source)

    def read_raw(self, name: str = "", place: int = 0) -> None:
        """If the figure was not reported in any other way, look for it in the output from byte `place` on."""
        told = self._figures.told(name)
        for figure, value in () if told else raw_figures(name, place, self._lifecycle.start.metric):
            self._control.note("raw-figures", metric=figure)
            self._figure(figure, value, "raw")

    def _line(self, text: str, source: str) -> None:
        if self._lifecycle.start.tell_lines:
            self._control.tell(Line(text, self._clock.step, source, self._loaders.epoch_end))

    def _figure(self, name: str, value: float, source: str) -> None:
        """A figure was told, by whichever way."""
        run = self._lifecycle
        if run.over or self._control.is_left or self._figures.is_superfluous(name, source):
            return
        self._control.tell(Told(Figure(self._clock.step, name, value, source, self._loaders.epoch_end)))
        is_best = self._figures.keep(name, value, source, self._clock.step)
        if run.evaluation is not None:
            run.evaluation.heard(name, value, source)
        elif is_best and self._clock.complete:
            self._models.best()
