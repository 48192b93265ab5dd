"""`watch`: follows a training while it runs and reports what is wrong, once, when it is certain.

Path:   a sensor in the training's process -> pieces of the run -> `Watcher` with the rules of `diagnosis` -> a line on
        stderr, a callback, `Watch.findings`, the report.
"""

import os
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ratecraft.api.diagnose.diagnose import DiagnoseResult
from ratecraft.api.watch.record import Keeper, Keeping, begin_record
from ratecraft.api.watch.watch_output import both, diagnosed_so_far, print_ended, print_finding, print_unkept
from ratecraft.diagnosis.diagnosing import diagnosis_of
from ratecraft.diagnosis.finding import Finding
from ratecraft.errors import InvalidInput
from ratecraft.importers.names import meaning_of
from ratecraft.records.storage.study import StudyFolder
from ratecraft.records.storage.watched import WATCH_ENDED
from ratecraft.records.watching.observed import ObservedRun
from ratecraft.reporting.text.language import choose_language
from ratecraft.schedules.lengths import whole_number
from ratecraft.watching.guard import Guard, policy_of
from ratecraft.watching.told_steps import ToldSteps, told_figure
from ratecraft.watching.watcher import Watcher

if TYPE_CHECKING:  # torch is loaded when it is used
    from ratecraft.training.observing.checked_arguments import Figure, Followed, Model
    from ratecraft.training.ranks.among import Among

EVERY = 10
"""Steps between two readings of the norm of the gradient; of one small layer 66 µs a step, 1.3 % of 5 ms, measured."""


class Watch:
    """A training that is followed. Made by `watch`; a context manager, or closed by hand.

    Args:
        given: What is followed.
        model: What is trained, where that is known.
        every: Steps between two readings of a norm.
        guard: What may be changed; None for nothing.
        keeper: Keeps the run.
        tell: Takes each finding.
        on_end: Takes the reason and the step where an error of ours ends the watch before the training is over.
        among: Its part among the processes of the training; None where it is the only one.
        on_finding: The user's function: takes each finding too, and may end the training.
    """

    def __init__(
        self,
        given: "Followed | None",
        model: "Model | None",
        every: int,
        guard: Guard | None,
        keeper: Keeper,
        tell: Callable[[Finding], None],
        on_end: Callable[[str, int], None],
        on_finding: Callable[[Finding], None] | None = None,
        among: "Among | None" = None,
    ) -> None:
        from ratecraft.training.observing.error_boundary import ErrorBoundary

        self._keeper, self._on_end, self._among = keeper, on_end, among
        self._boundary = ErrorBoundary(self._broke)
        heard = both(keeper.tell, tell)
        if on_finding is not None:
            heard = both(heard, self._boundary.theirs(on_finding))
        self._watcher = Watcher(diagnosis_of, heard)
        self._over = self._closed = False
        if given is None:
            self._sensor = ToldSteps(self._take, self._boundary.call)
            return
        from ratecraft.training.observing.following import sensor_following

        policy = None if guard is None else policy_of(guard)
        take, agreeing = self._take, None
        if among is not None:
            agreeing = None if policy is None else among.agreeing()
            take = among.follow(self._take if among.is_first else self._watcher.note, self._boundary)
        self._sensor = sensor_following(given, model, every, policy, self._boundary, take, agreeing)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was told so far, in this order, with what was taken back. Hints are in the report alone."""
        return self._watcher.told

    @property
    def run(self) -> ObservedRun:
        """All that was seen so far: `loss`, `rate`, `grad_norm`, `update_ratio`, `loss_scale`… over steps from 0.

        Series that grow beyond 16 384 points are thinned. The last 64 steps may still be missing.
        """
        return self._watcher.run

    def log(self, **figures: "Figure") -> None:
        """Tell a figure of your own: `val_loss`, `val_accuracy`; a fact such as `total_steps`, `epochs`, `batch_size`.

        A `loss` that you tell at each step stands for the losses that are heard where they reach `backward`. Where no
        optimizer is followed, it ends the step: what belongs to the step is told with it or before.

        Args:
            figures: Name to value: a number, or a tensor with one element, for which no step waits.

        Raises:
            InvalidInput: A value that is not one number (`log-value`).
        """
        meant = sorted(((meaning_of(name), name) for name in figures), key=lambda each: each[0].name == "loss")
        for meaning, name in meant:
            number = self._figure_of(name, figures[name])
            if meaning.kind == "fact":
                self._sensor.know(meaning.name, float(number))
            else:
                self._sensor.log(meaning.name, number)

    def _figure_of(self, name: str, value: "Figure") -> "Figure":
        if isinstance(self._sensor, ToldSteps):
            return told_figure(name, value)
        from ratecraft.training.observing.checked_arguments import figure_of

        return figure_of(name, value)

    @property
    def should_stop(self) -> bool:
        """The guard has ended the training: leave your loop, then `restore_best()`. Never without a guard."""
        guard = self._sensor.guard
        return guard is not None and guard.should_stop

    def restore_best(self) -> bool:
        """Put the weights and buffers of the best validation figure back; whether there are any.

        There are with a guard that heard a validation figure (`log(val_loss=…)`), also after `close`. Call it in all
        processes of the training; of several, a figure counts from the update after it.
        """
        guard = self._sensor.guard
        return guard is not None and guard.restore_best()

    def report(self) -> DiagnoseResult:
        """All that is said of the run so far; `print` it. What only the end of a run can tell is said after `close`."""
        return DiagnoseResult((diagnosed_so_far(self._watcher, over=self._over),))

    def losses_add(self) -> None:
        """The training divides the loss of each batch by all that a step holds: those of one step add up.

        So do the Trainer of Hugging Face and accelerate. Without it the shares of a step are recognised where they are
        constants.
        """
        if not isinstance(self._sensor, ToldSteps):
            self._sensor.losses.rule.adds = True

    def close(self, *, over: bool = True) -> None:
        """The training is over: take all hooks away, look at the whole run once more.

        Args:
            over: It came to its end; of one that was broken off nothing is said that only an end can tell.
        """
        self._end(over=over)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None and self._among is not None:
            self._boundary.call(self._among.failed, error)
        self._end(over=error is None)

    def _end(self, *, over: bool) -> None:
        if self._closed:
            return
        self._over, self._closed = over and not self._boundary.is_over, True
        among = self._among
        try:  # a callback may raise, and the record is closed all the same
            if among is not None:
                among.mark_end()
            self._sensor.close()
            if among is not None:
                self._boundary.finish(lambda: among.close(over=over))
            if among is None or among.is_first:
                self._boundary.call(lambda: self._watcher.end(over=over))
        finally:
            self._keeper.end()

    def _take(self, piece: ObservedRun) -> None:
        """What was seen next; on the first of several processes, of all of them."""
        self._keeper.take(piece)
        self._watcher.take(piece)
        if WATCH_ENDED in piece.facts and not self._boundary.is_over:  # of another process
            self._on_end(str(piece.facts[WATCH_ENDED]), self._watcher.steps)

    def _broke(self, error: Exception) -> None:
        """An error of ours: the watch is over, the training is not."""
        from ratecraft.training.observing.error_boundary import reason_of

        reason = reason_of(error)
        self._sensor.give_up(reason)
        self._on_end(reason, self._watcher.steps)


def watch(
    optimizer: "Followed | None" = None,
    model: "Model | None" = None,
    *,
    every: int = EVERY,
    guard: Guard | None = None,
    study: str | Path | None = None,
    language: str | None = None,
    on_finding: Callable[[Finding], None] | None = None,
    progress: bool = True,
) -> Watch:
    """Follow a training of your own loop, and be warned when it goes wrong.

    Losses are heard where they reach `backward`; rates, norms of gradients, sizes of updates over those of weights,
    clipping and the scale of a gradient scaler are read around `optimizer.step`; of what the first layer of weights is
    given, mean and deviation are read in the second step. The training is not touched: its
    weights come out bit for bit as without. A healthy run prints nothing.

    With `guard=rc.Guard()` a run that goes wrong is mended while it runs: updates that are not numbers are left out,
    gradients far above all others shrunk, running statistics that one batch has spoiled put back, a run that is lost
    goes back to a copy at a smaller rate, a rate that got stuck is made smaller, and `should_stop` says when the
    validation has turned. A smaller rate is a factor on whatever the training's scheduler writes. Each act is told like
    a finding (`guard-…`). A healthy run comes out bit for bit as without.

    In a training of several processes (`torchrun`, DDP, FSDP) each of them calls this, after `init_process_group`. The
    first one speaks, keeps the record and has the findings: losses are means over all, figures its own, and processes
    that part are findings (`processes-…`). A guard acts in all of them alike, at the same step.

    Args:
        optimizer: Optimizer of torch; several, where the training has several. None: a loop of JAX or any other
            library, which reports its steps itself (`watched.log(loss=…, rate=…)`); torch need not be installed.
        model: What is trained; then parameters that no optimizer has are told.
        every: Steps between two readings of the norm of the gradient (one that the training clips at is read at every
            step, for nothing); an update is read at every tenth of them. Default 10; 1 reads all there is.
        guard: What may be changed: `rc.Guard()` is all of it. By default nothing. One optimizer; two or three copies of
            weights and the optimizer's state are held on its device, and each step waits for its loss and norm.
        study: Folder that keeps a record of the run, for `diagnose`, `show` and `report`; by default none is kept.
        language: Code of a language, e.g. `ja`; by default `RATECRAFT_LANGUAGE`, then the locale.
        on_finding: Takes each finding, within the step that made it certain; what it raises ends the training. One that
            was told before comes with the status `changed`, or `withdrawn` where it no longer holds.
        progress: Print what is found, as it is found.

    Raises:
        InvalidInput: Torch is not installed (`torch-missing`), `optimizer` is not one of torch's (`task-optimizer`), or
            `every` is not a whole number above 0 (`schedule-whole-number`); several optimizers and a guard
            (`guard-one-optimizer`), no optimizer and a guard (`guard-told`); of several processes, a guard before they
            have met (`guard-not-joined`), or that not all of them begin (`guard-all-processes`).
        StudyError: `study` cannot be written, or is one of another kind.

    Example:
        >>> import torch
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Linear(4, 1)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=10.0)
        >>> with watch(optimizer, progress=False) as watched:
        ...     for _ in range(300):
        ...         inputs = torch.randn(32, 4)
        ...         optimizer.zero_grad()
        ...         (model(inputs) - inputs.sum(1, keepdim=True)).square().mean().backward()
        ...         optimizer.step()
        >>> [finding.code for finding in watched.findings]
        ['non-finite-after-growth']
    """
    spoken = choose_language(language, os.environ)
    tell = partial(print_finding, spoken) if progress else None
    keep = Keeping(None if study is None else Path(study), partial(print_unkept, spoken))
    return begin_watch(optimizer, model, every, guard, keep, tell, partial(print_ended, spoken), on_finding)


def begin_watch(
    optimizer: "Followed | None",
    model: "Model | None",
    every: int,
    guard: Guard | None,
    keeping: Keeping,
    tell: Callable[[Finding], None] | None,
    on_end: Callable[[str, int], None],
    on_finding: Callable[[Finding], None] | None = None,
) -> Watch:
    """As `watch`; `tell`, `on_end` and `on_finding` are as for `Watch`.

    Raises:
        InvalidInput: Same as `watch`.
        StudyError: Same as `watch`.
    """
    if optimizer is None and guard is not None:
        raise InvalidInput("guard-told")
    if optimizer is not None and find_spec("torch") is None:
        raise InvalidInput("torch-missing")
    whole_number("every", every, least=1)
    among = None
    if optimizer is not None:
        from ratecraft.training.ranks.among import among_ranks

        among = among_ranks()
    if among is not None and not among.is_first:
        keeping, tell, on_end, on_finding = Keeping(None, keeping.fail), None, _nothing, None
    run = None if keeping.study is None else begin_record(StudyFolder(keeping.study.absolute()))
    keeper = Keeper(run, keeping.fail)
    try:
        return Watch(optimizer, model, every, guard, keeper, tell or _nothing, on_end, on_finding, among)
    except BaseException:
        if run is not None:
            run.end()
        raise


def _nothing(*given: object) -> None:
    pass
