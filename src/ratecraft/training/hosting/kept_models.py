"""The model files of one run: its best state so far and its last one.

Path:   a figure, the end of training -> `{job}-best.pt` and `{job}.pt` in the study's folder.

Weights that are spread over the ranks (FSDP) are gathered by all of them together. A figure is told by one rank between
two updates, so all ranks agree before each update, by one exchange in a group of our own, whether it was the best: the
weights are still those that were scored, and buffers are kept from then. The last state is gathered where every rank
comes to the end of training: as the weights are frozen, before the script leaves its group, or as it ends.
"""

import math
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from ratecraft.records.job import Evaluate
from ratecraft.records.outcome import Failure
from ratecraft.training.hosting.lifecycle import Lifecycle
from ratecraft.training.hosting.run_facts import failure_of
from ratecraft.training.instrument.agreement import Agreement
from ratecraft.training.instrument.sharding import is_sharded, layout_sum
from ratecraft.training.instrument.state import Model, write
from ratecraft.training.scoring.figures import Figures

_AT_THE_END = -1.0


class KeptModels:
    """Writes the files of one run.

    Args:
        lifecycle: Where the run is, and how it was started.
        model: What is trained.
        figures: Tell which state is the best, and whether the run over-fits.
        note: Tells the user if sharded weights cannot be gathered.

    Attributes:
        agreement: The agreement with the other ranks; None if there are none.
    """

    def __init__(self, lifecycle: Lifecycle, model: Model, figures: Figures, note: Callable[[str], object]) -> None:
        self._run, self._model, self._figures, self._note = lifecycle, model, figures, note
        self.agreement: Agreement | None = None
        self._gathers: bool | None = None  # not agreed yet
        self._due, self._has_last = False, False
        self._failure: Failure | None = None
        self._buffers = list[tuple[torch.Tensor, torch.Tensor]]()

    def best(self) -> None:
        """The latest figure is the best so far. Sharded weights are gathered before the next update."""
        if self._is_spread():
            self._due = True
            self._buffers = [(each, each.detach().clone()) for top in self._model.modules for each in top.buffers()]
        elif self._run.start.model:
            self._write(self._best_file())

    def update_begins(self, step: int) -> None:
        """All ranks are about to make an update, or to find that the run over-fits.

        Args:
            step: Updates made before this one.

        Raises:
            RuntimeError: Another rank is gone.
        """
        if step == 0 or self._run.start.best_by is None or not self._agreed():
            return
        told = self._exchanged(float(step))
        if told is None:
            return
        self._due, turned = False, told[1]
        if told[0]:
            self._write_best()
        if turned:
            self._write_last()

    def training_ends(self, failure: Failure | None = None) -> None:
        """No update will follow: all ranks come here, unless a failure keeps one of them from it."""
        if failure is not None or self._has_last:
            return
        with suppress(RuntimeError):  # a rank is gone: whoever started it sees that
            if self._agreed() and (told := self._exchanged(_AT_THE_END)) is not None:
                self._due = told[0]
                self._write_last()

    def frozen(self) -> None:
        """From now on, all ranks keep their weights fixed."""
        if not self._has_last and self._agreed():
            self._write_last()

    def last(self, how: Evaluate, value: float | None) -> tuple[str, Failure | None]:
        """Write the file of the last state, or say why there is none. Never makes the script fail.

        Args:
            how: What the state was scored by.
            value: Its score. The file of a state without a score is kept only for a full run.
        """
        if not self._run.start.model:
            return "", None
        path, early = Path(f"{self._run.start.model}.pt"), self._last_file()
        if how.kind != "natural" and (value is None or not math.isfinite(value)):
            early.unlink(missing_ok=True)
            return "", None
        if not self._has_last:
            is_written = not self._is_spread() and self._write(path)
        elif is_written := early.exists():
            if self._due:  # told since the last update: the best state is this one
                shutil.copyfile(early, self._best_file())
            early.replace(path)
        return str(path) if is_written else "", self._failure

    def _best_file(self) -> Path:
        return Path(f"{self._run.start.model}-best.pt")

    def _last_file(self) -> Path:
        """Until it is known whether it is scored."""
        return Path(f"{self._run.start.model}.unscored")

    def _is_spread(self) -> bool:
        return self.agreement is not None and any(map(is_sharded, self._model.modules))

    def _agreed(self) -> bool:
        """Whether the ranks hold parts of one model; asked of all of them at the same step, and once."""
        if self._gathers is None and self.agreement is not None and self.agreement.joined:
            own = [float(self._is_spread()), float(layout_sum(self._model.modules))]
            rows = self.agreement.exchange(own)
            self._gathers = bool(own[0]) and all(list(row) == own for row in rows)
            if own[0] and not self._gathers:
                self._note("model-sharded")
        return bool(self._gathers)

    def _exchanged(self, at: float) -> tuple[bool, bool] | None:
        """Whether the state is the best so far and whether the run has turned, as the first rank with figures says.

        None where the ranks are not at the same step: then nothing is gathered any more.
        """
        figures, by = self._figures, self._figures.best_by
        is_told = by is not None and figures.told(by.metric)
        row = [at, float(is_told), float(self._due), float(figures.turned)]
        rows = [row] if self.agreement is None else self.agreement.exchange(row)
        if any(other[0] != at for other in rows):
            self._gathers = False
            self._note("model-sharded")
            return None
        told = next((other for other in rows if other[1]), rows[0])
        return bool(told[2]), bool(told[3])

    @torch.no_grad()
    def _write_best(self) -> None:
        """With the buffers as they were scored: a forward pass of training may have changed them since."""
        scored, self._buffers = self._buffers, []
        now = [(each, each.detach().clone()) for each, _ in scored]
        _put(scored)
        self._write(self._best_file())
        _put(now)

    def _write_last(self) -> None:
        self._has_last = True
        self._write(self._last_file())

    def _write(self, path: Path) -> bool:
        """Write the state as it is now, of several ranks the first one; whether it was written."""
        states = self._states()
        if states is None or not self._run.start.model:
            return False
        try:
            write(states, path)
        except (OSError, RuntimeError) as error:  # the latter is how torch's writer tells of a full disk
            self._failure = failure_of(error, self._run.start)
            return False
        return True

    def _states(self) -> dict[str, Any] | None:
        """Weights that cannot be gathered are none that a script fails for."""
        if not self._is_spread():
            return self._model.states()
        try:
            return self._model.states()
        except Exception:  # noqa: BLE001 - what wrappers of other libraries raise
            self._note("model-sharded")
            return None


def _put(values: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> None:
    for tensor, value in values:
        tensor.copy_(value)
