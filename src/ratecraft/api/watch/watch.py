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
    """A training that is being watched, made by `watch`. Use it as a context manager, or call `close`.

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
        """Everything seen so far: `loss`, `rate`, `grad_norm`, `update_ratio`, `loss_scale`… over steps from 0.

        Series that grow beyond 16 384 points are thinned. The last 64 steps may still be missing.
        """
        return self._watcher.run

    def log(self, **figures: "Figure") -> None:
        """Report a figure (`val_loss`, `val_accuracy`) or a fact (`total_steps`, `epochs`, `batch_size`).

        A `loss` that you report at each step replaces the losses read at `backward`. Without an optimizer, it ends the
        step: report whatever belongs to the step with it or before it.

        Args:
            figures: Name to value: a number, or a tensor with one element (which no step waits for).

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
        """The guard has ended the training: leave your loop and call `restore_best()`. False without a guard."""
        guard = self._sensor.guard
        return guard is not None and guard.should_stop

    def restore_best(self) -> bool:
        """Restore the weights and buffers of the best validation figure; returns whether there are any.

        This needs a guard and a reported validation figure (`log(val_loss=…)`), and also works after `close`. Call it
        in all processes of the training; with several processes, a figure counts from the next update on.
        """
        guard = self._sensor.guard
        return guard is not None and guard.restore_best()

    def report(self) -> DiagnoseResult:
        """The report on the run so far, to `print`. What only the end of a run can show is included after `close`."""
        return DiagnoseResult((diagnosed_so_far(self._watcher, over=self._over),))

    def losses_add(self) -> None:
        """Say that each batch's loss is divided by the size of the whole step, so that a step's losses add up.

        The Trainer of Hugging Face and accelerate do. Without this call, the shares of a step are recognised if they
        are constants.
        """
        if not isinstance(self._sensor, ToldSteps):
            self._sensor.losses.rule.adds = True

    def close(self, *, over: bool = True) -> None:
        """End the watch: remove all hooks and examine the whole run once more.

        Args:
            over: Whether the training reached its end. If not, findings that depend on the end are not reported.
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
    """Watch a training loop of your own, and get a warning when it goes wrong.

    Losses are read when they reach `backward`. Rates, gradient norms, the size of updates relative to the weights,
    clipping and the gradient scaler's scale are read around `optimizer.step`, and the mean and standard deviation of
    the first weight layer's inputs in the second step. The training is not changed: its weights come out bit for bit
    the same. A healthy run prints nothing.

    With `guard=rc.Guard()` a run that goes wrong is repaired while it trains. NaN and infinite updates are skipped,
    freak gradients are shrunk, running statistics spoiled by one batch are restored, a run that is lost goes back to a
    copy and continues at a smaller rate, and the rate is lowered if the run is stuck. `should_stop` becomes true when
    the validation loss has turned. A smaller rate is a factor on what the training's scheduler writes. Every
    intervention is reported like a finding (`guard-…`). A healthy run comes out bit for bit the same.

    With several processes (`torchrun`, DDP, FSDP), each calls this after `init_process_group`. The first process
    prints, keeps the record and has the findings: losses are means over all processes, figures are its own, and
    processes that differ are findings (`processes-…`). A guard acts in all of them at the same step.

    Args:
        optimizer: A torch optimizer, or several. None for a loop of JAX or any other library, which reports its steps
            itself (`watched.log(loss=…, rate=…)`); torch need not be installed then.
        model: The model. If given, parameters that no optimizer has are reported.
        every: Steps between two readings of the gradient norm; updates are read at every tenth reading. Default 10; 1
            reads everything. A norm that the training computes for clipping is read at every step, at no cost.
        guard: What the watch may change: nothing by default, everything with `rc.Guard()`. Needs a single optimizer,
            keeps two or three copies of its weights and state on its device, and makes each step wait for loss and
            norm.
        study: Folder for a record of the run, which `diagnose`, `show` and `report` read. By default none is kept.
        language: Code of a language, e.g. `ja`. Default: `RATECRAFT_LANGUAGE`, then the locale.
        on_finding: Called with each finding, within the step that made it certain; an exception in it ends the
            training. A finding that was reported before comes again with the status `changed`, or `withdrawn` if it no
            longer holds.
        progress: Print findings as they occur.

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
