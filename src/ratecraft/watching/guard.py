"""A guard's policy: what is done about an update that would do harm, and about a validation that has turned.

Path:   what a training is about to do (`records.watching.guarding`) -> `guarded` -> what is done instead; pure. `api`
        hands it to the training, which knows nothing of it.

A healthy run gets no action that changes it. What is held against what is always the run's own: its gradients, its
losses, its validation figures (`guard_gradients`, `guard_losses`, `guard_figures`).
"""

import math
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from ratecraft.errors import InvalidInput
from ratecraft.records.watching.guarding import Action, Policy, Reading, Update, Validated
from ratecraft.watching.guard_figures import Validation, told
from ratecraft.watching.guard_gradients import Recent, above, seen
from ratecraft.watching.guard_losses import Losses, held

_BACK_TO_START = 0.1  # a rate that blows up from the start is far too large (docs/reference/findings.md, L01)
_BACK = 1 / 3  # a rate that was good once is less wrong (the same source)
_CUT = 0.3  # on a plateau: 0.3 to 0.5 there, T05
_MOST_BACKS = 6  # as many times as the tuner's own rule halves
_LEAST_RATE = 1e-3  # of the training's own; below it a further cut changes nothing


@dataclass(frozen=True, slots=True)
class Guard:
    """What a guard may do; by default all of it.

    Attributes:
        skip: Leave out an update whose gradients are NaN or infinite.
        mend: Restore the buffers (running statistics) from a copy if a batch made one of them NaN or infinite, or moved
            one more than four times as far as any of the last 128 batches did. Needs `roll_back`, which makes the
            copies.
        clip: Scale gradients that are more than four times the largest of the last 128 updates down to that size. Not
            done if the training clips by itself.
        roll_back: If the loss blows up, or loses half of what it had gained and stays there: restore weights, buffers
            and the optimizer's state from a copy, and cut the rate to a third; to a tenth if the copy is that of the
            start. At most six times.
        plateau_checks: After this many validation figures in a row without an improvement, at a rate that the training
            itself holds constant, cut the rate to 0.3 of it; 0 never does. Not done if the training has its own
            `ReduceLROnPlateau`. Default 10 (torch's patience).
        stop_checks: End the training if the mean of this many last validation figures is clearly worse than an earlier
            one, worsened gradually, and the rate is no larger than it was there; 0 never does. Default 6 (5 to 10,
            docs/reference/findings.md, G01).

    Raises:
        InvalidInput: A number of checks below 0 (`guard-checks`).

    Example:
        >>> Guard(stop_checks=0).clip
        True
    """

    skip: bool = True
    mend: bool = True
    clip: bool = True
    roll_back: bool = True
    plateau_checks: int = 10
    stop_checks: int = 6

    def __post_init__(self) -> None:
        for name in ("plateau_checks", "stop_checks"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 0:
                raise InvalidInput("guard-checks", name=name, given=repr(value))


@dataclass(frozen=True, slots=True)
class GuardState:
    """What a guard remembers of a run.

    Attributes:
        gradients: Norms of the last gradients.
        buffers: How far each of the last batches moved the buffers.
        losses: Level of the training losses.
        validation: The validation figures.
        best_level: Level of the training losses at the best validation figure.
        copies: Steps of the copies that are kept, at most two, the older first.
        used: The newest copy was already restored once.
        backs: How often the run was rolled back.
        factor: Factor on the training's own rate.
        stopped: The training was ended.
    """

    gradients: Recent = Recent()
    buffers: Recent = Recent()
    losses: Losses = Losses()
    validation: Validation = Validation()
    best_level: float = math.inf
    copies: tuple[int, ...] = ()
    used: bool = False
    backs: int = 0
    factor: float = 1.0
    stopped: bool = False


def policy_of(guard: Guard | None = None, **settings: Any) -> Policy:
    """The policy with these settings: a `Guard`, or its fields by name, as they are sent to another process."""
    return partial(guarded, Guard(**settings) if guard is None else guard)


def settings_of(guard: Guard) -> dict[str, Any]:
    """The fields of a guard by name."""
    return asdict(guard)


def guarded(guard: Guard, state: GuardState | None, reading: Reading) -> tuple[GuardState, tuple[Action, ...]]:
    """The actions that follow from a reading.

    Example:
        >>> state, first = guarded(Guard(), None, Update(0, loss=2.3, norm=1.0, rate=0.1))
        >>> first
        (Action(kind='copy', value=0),)
        >>> guarded(Guard(), state, Update(1, loss=2.2, norm=float("nan"), rate=0.1))[1]
        (Action(kind='skip', value=0.0),)
    """
    state = state or GuardState()
    if state.stopped:
        return state, ()
    return _validated(guard, state, reading) if isinstance(reading, Validated) else _before(guard, state, reading)


def _before(guard: Guard, state: GuardState, update: Update) -> tuple[GuardState, tuple[Action, ...]]:
    """Before an update: a lost run is rolled back; otherwise its gradients are checked, and a healthy run is copied."""
    losses, verdict = held(state.losses, update)
    gradients, limit, is_number = seen(state.gradients, update)
    state = replace(state, losses=losses, gradients=gradients, validation=state.validation.at_rate(update.rate))
    if verdict == "lost" and guard.roll_back and state.copies:
        return _back(state)
    acts: list[Action] = []
    state, is_spoiled = _spoiled(state, update.growth)
    if is_spoiled and guard.mend and state.copies:
        acts.append(Action("mend", state.copies[-1]))
    elif guard.roll_back and is_number and (verdict == "well" or not state.copies):
        state = replace(state, copies=(*state.copies, update.step)[-2:], used=False)
        acts.append(Action("copy", update.step))
    if not is_number and guard.skip:
        acts.append(Action("skip"))
    elif limit is not None and guard.clip:
        acts.append(Action("clip", limit))
    return state, tuple(acts)


def _spoiled(state: GuardState, growth: float | None) -> tuple[GuardState, bool]:
    """Whether a batch was so unlike all others that it has spoiled a buffer."""
    if growth is None or not math.isfinite(growth):
        return state, growth is not None
    buffers, usual = above(state.buffers, growth)
    return replace(state, buffers=buffers), usual is not None


def _back(state: GuardState) -> tuple[GuardState, tuple[Action, ...]]:
    """Roll back to the newest copy; to the one before if that has not helped."""
    if state.backs == _MOST_BACKS:
        best = state.validation.best_step
        return replace(state, stopped=True), (Action("end", state.copies[0] if best < 0 else best),)
    copies = state.copies[:1] if state.used else state.copies
    factor = state.factor * (_BACK_TO_START if copies[-1] == 0 else _BACK)
    after = replace(
        state,
        losses=state.losses.after_going_back(),
        gradients=state.gradients.after_going_back(),
        buffers=state.buffers.after_going_back(),
        validation=state.validation.after_going_back(),
        copies=copies,
        used=True,
        backs=state.backs + 1,
        factor=factor,
    )
    return after, (Action("back", copies[-1]), Action("cut", factor))


def _validated(guard: Guard, state: GuardState, reading: Validated) -> tuple[GuardState, tuple[Action, ...]]:
    validation, verdict = told(state.validation, reading, guard.plateau_checks, guard.stop_checks)
    state = replace(state, validation=validation)
    match verdict:
        case "best":
            return replace(state, best_level=state.losses.level), (Action("keep", reading.step),)
        case "turned" | "jumped" if _trains_worse(state) and guard.roll_back and state.copies:
            return _back(state)
        case "turned":
            return replace(state, stopped=True), (Action("stop", validation.best_step),)
        case "plateau" if state.factor * _CUT >= _LEAST_RATE:
            return replace(state, factor=state.factor * _CUT), (Action("cut", state.factor * _CUT),)
        case _:
            return state, ()


def _trains_worse(state: GuardState) -> bool:
    """Whether the training losses are higher than at the best validation figure, so that the run does not over-fit."""
    return state.losses.level > state.best_level + state.losses.noise
