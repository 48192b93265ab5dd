"""What a run reports about its script: optimizers, loaders, and failures reduced to the user's own frames.

Path:   the host's parts, an exception -> `RunFacts`, `Failure`.
"""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from ratecraft.errors import InvalidInput
from ratecraft.records.outcome import Failure, RunFacts
from ratecraft.training.frameworks.adapting import FRAMEWORKS
from ratecraft.training.hosting.instruments import Instruments
from ratecraft.training.hosting.lifecycle import Lifecycle
from ratecraft.training.instrument.loaders import Loaders
from ratecraft.training.machine.peak_memory import peak_device_memory, peak_memory
from ratecraft.training.processes.wire import Start
from ratecraft.training.sandbox.quiet_trackers import Trackers
from ratecraft.training.scripts.failing import kind_of
from ratecraft.training.scripts.libraries import is_library, is_ours
from ratecraft.training.scripts.sources import sources_of
from ratecraft.training.suitability.horizon import Horizon, census
from ratecraft.training.suitability.opponents import Opponents


def script_path(start: Start) -> Path:
    """The script's path for this run: in the mirror, if the script is in the mirrored folder."""
    home = Path(start.home).resolve()
    path = home / start.script
    path = path.parent.resolve() / path.name
    return Path(start.directory, path.relative_to(home)) if path.is_relative_to(home) else path


def is_users(file: str, start: Start) -> bool:
    """Whether a file is the user's own code: below the folder of the run or the script, and not in a library.

    An installed program run by the name of its module or command counts as the user's own too.
    """
    if start.entry.package and file.startswith(start.entry.package):
        return True
    # Asked first, for it is cheap: nearly all of the thousands of modules of a run are from libraries.
    if is_ours(file) or is_library(file):
        return False
    folders = (os.path.join(start.directory, ""), os.path.join(script_path(start).resolve().parent, ""))  # noqa: PTH118
    return file.startswith(folders)


class ScriptFacts:
    """What a hosted run knows about its script so far.

    Args:
        instruments: Instruments of its training.
        horizon: What is known about its length.
        opponents: Optimizers that learn from losses of their own.
        lifecycle: Where the run is.
        note: Tells the user something, once.

    Attributes:
        trackers: The experiment trackers that it uses.
        seeds_itself: Whether it seeded a generator itself, so that the job's seed changes nothing.
    """

    def __init__(
        self,
        instruments: Instruments,
        horizon: Horizon,
        opponents: Opponents,
        lifecycle: Lifecycle,
        note: Callable[[str], None],
    ) -> None:
        self._instruments, self._horizon, self._opponents = instruments, horizon, opponents
        self._lifecycle, self._note = lifecycle, note
        self.trackers, self.seeds_itself = Trackers(), False

    def now(self) -> RunFacts:
        """The facts."""
        rates, loaders, monitor = self._instruments.rates, self._instruments.loaders, self._instruments.monitor
        if rates.momentum_frozen:
            self._note("momentum-frozen")
        steps, start = self._instruments.clock.step, self._lifecycle.start
        horizon, horizon_source = self._horizon.known(self._counted())
        groups, leading = rates.groups()
        samples = loaders.samples
        return RunFacts(
            optimizers=tuple(type(optimizer).__name__ for optimizer in monitor.model.optimizers),
            groups=groups,
            leading=leading,
            own_rate=rates.own_max,
            samples_per_step=None if samples is None or not steps else samples / steps,
            dataset_length=loaders.dataset_length(),
            steps_per_epoch=_steps_per_epoch(loaders, steps),
            loader=loaders.found,
            peak_memory=peak_memory(loaders.workers()),
            device_memory=peak_device_memory(),
            horizon=horizon,
            horizon_source=horizon_source,
            seeds_itself=self.seeds_itself,
            frameworks=tuple(framework.packages[0] for framework in FRAMEWORKS if framework.is_loaded(sys.modules)),
            trackers=self.trackers.used(sys.modules),
            hyperparameters=rates.hyperparameters(),
            model=monitor.model.facts,
            parts=rates.splitting.found() if rates.splitting else None,
            inputs=monitor.treating.inputs,
            seen=monitor.treating.seen,
            sources=sources_of(start, script_path(start), lambda file: is_users(file, start)),
            opponents=self._opponents.found,
        )

    def _counted(self) -> int | None:
        """Steps of a full run by a census that is complete; None without one."""
        looked, complete = self._lifecycle.evaluation, self._instruments.clock.complete
        if looked is None or looked.how.kind != "census" or not looked.complete:
            return None
        steps, ended = complete + looked.frozen, self._lifecycle.ended
        return census(self._instruments.loaders, self._horizon.first_batches, steps, looked.how.steps, ended=ended)


def _steps_per_epoch(loaders: Loaders, steps: int) -> float | None:
    """Optimizer steps of one pass of the training loader, by the batches that a step took so far."""
    epoch = loaders.epoch()
    return epoch * steps / loaders.batches if epoch and steps and loaders.batches else None


def failure_of(error: BaseException, start: Start) -> Failure:
    """The failure for an exception from the script, in the user's own frames and paths."""
    if isinstance(error, InvalidInput) and error.code == "attach-name":  # ours: the user asked for it
        return Failure("attach-name", str(error.values["name"]), str(error.values["allowed"]))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_users(frame.filename, start)]
    file, line = (frames[-1].filename, frames[-1].lineno or 0) if frames else (start.script, 0)
    if isinstance(error, SyntaxError) and error.filename:
        file, line = error.filename, error.lineno or 0
    file = at_home(file, start)
    if isinstance(error, SystemExit):
        return _exit(error, file, line)
    name = type(error).__name__
    kind, detail = kind_of(error, lambda path: at_home(path, start))
    lines = traceback.format_list(frames) + traceback.format_exception_only(error)
    return Failure(
        kind,
        name,
        at_home(str(error), start)[:2000],
        file,
        line,
        at_home("".join(lines), start)[-8000:],
        detail,
    )


def _exit(end: SystemExit, file: str, line: int) -> Failure:
    """`sys.exit(2)`, or `sys.exit("what is wrong")`, which Python turns into a line and the code 1."""
    if isinstance(end.code, int):
        return Failure("exit", str(end.code), "", file, line)
    return Failure("exit", "1", str(end.code), file, line)


def at_home(text: str, start: Start) -> str:
    """Replace paths in a mirror by the user's own."""
    return text.replace(start.mirror, "") if start.mirror else text
