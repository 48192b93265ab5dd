"""Reads the schedule of an existing torch scheduler from its attributes.

Path:   a live scheduler, nested ones too -> a set of trees: `rate`, and `momentum` where it cycles that.
Units:  absolute values of one parameter group, from step 0 of the scheduler, wherever it is now.
Source: torch 2.13, transformers 5.24, timm 1.0.31: names of classes, attributes, functions in `LambdaLR`.

torch itself is not imported: a scheduler is known by the name of its class. What a function of the user's own does
can't be read from it, and what a scheduler does with losses is not a function of the step: these raise errors.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeAlias, cast

from ratecraft.errors import InvalidInput
from ratecraft.schedules.dialects import timm as timm_dialect
from ratecraft.schedules.dialects import torch as torch_dialect
from ratecraft.schedules.dialects import transformers as peer
from ratecraft.schedules.dialects.pieces import scaled
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.schedules.trees.nodes import Schedule

__all__ = ["from_torch"]


def from_torch(scheduler: Any, group: int = 0) -> ScheduleSet:
    """Read the schedules that a torch scheduler applies to a parameter group.

    Args:
        scheduler: Any of `torch.optim.lr_scheduler`, `torch.optim.swa_utils.SWALR`, what a factory of transformers
            made, or one of `timm.scheduler`, whose steps are calls of `step` or `step_update`.
        group: Number of the parameter group in the optimizer.

    Raises:
        InvalidInput: It can't be read, or there is no such group; the message says why.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
        >>> from_torch(torch.optim.lr_scheduler.LinearLR(optimizer, 0.25, 1.0, total_iters=8)).rate
        linear(0.1, 0.4, 8)
    """
    read = _reader(scheduler)
    groups = len(getattr(getattr(scheduler, "optimizer", None), "param_groups", ()))
    if not 0 <= group < groups:
        raise InvalidInput("from-torch-group", group=group, groups=groups)
    found = read(scheduler, group, None)
    return ScheduleSet(rate=found) if isinstance(found, Schedule) else found


_Reader: TypeAlias = "Callable[[Any, int, float | None], Schedule | ScheduleSet]"
"""Scheduler, number of the group, base rate; without a base rate the scheduler's own."""


def _simple(name: str, *attributes: str) -> _Reader:
    """A scheduler whose arguments are attributes of the same names."""
    build = cast("Callable[..., Schedule]", getattr(torch_dialect, name))

    def read(scheduler: Any, group: int, base: float | None) -> Schedule:
        arguments = {attribute: _attribute(scheduler, attribute) for attribute in attributes}
        return build(**arguments, lr=_base(scheduler, group, base))

    return read


def _multi_step(scheduler: Any, group: int, base: float | None) -> Schedule:
    milestones = sorted(_attribute(scheduler, "milestones").elements())
    return torch_dialect.MultiStepLR(milestones, scheduler.gamma, lr=_base(scheduler, group, base))


def _cyclic(scheduler: Any, group: int, base: float | None) -> ScheduleSet:
    if getattr(scheduler, "_scale_fn_custom", None) is not None:
        raise InvalidInput("from-torch-function", scheduler="CyclicLR", given="scale_fn")
    up = _attribute(scheduler, "total_size") * scheduler.step_ratio
    momenta = {}
    if scheduler.cycle_momentum:
        lowest, highest = float(scheduler.base_momentums[group]), float(scheduler.max_momentums[group])
        momenta = {"base_momentum": lowest, "max_momentum": highest}
    return torch_dialect.CyclicLR(
        _base(scheduler, group, base),
        float(scheduler.max_lrs[group]),
        up,
        scheduler.total_size - up,
        scheduler.mode,
        scheduler.gamma,
        bool(scheduler.cycle_momentum),
        **momenta,
    )


def _one_cycle(scheduler: Any, group: int, base: float | None) -> ScheduleSet:
    del base  # it has none: its rates are absolute
    entries = scheduler.optimizer.param_groups[group]
    phases, total = _attribute(scheduler, "_schedule_phases"), scheduler.total_steps
    highest, first, last = (float(entries[name]) for name in ("max_lr", "initial_lr", "min_lr"))
    momenta: dict[str, Any] = {}
    if scheduler.cycle_momentum:
        momenta = {name: float(entries[name]) for name in ("base_momentum", "max_momentum")}
    return torch_dialect.OneCycleLR(
        highest,
        total,
        pct_start=(phases[0]["end_step"] + 1) / total,
        anneal_strategy=_attribute(scheduler, "_anneal_func_type"),
        cycle_momentum=bool(scheduler.cycle_momentum),
        div_factor=highest / first,
        final_div_factor=first / last,
        three_phase=len(phases) == 3,
        **momenta,
    )


def _lambda(scheduler: Any, group: int, base: float | None) -> Schedule:
    function = _attribute(scheduler, "lr_lambdas")[group]
    inner, keywords = (function.func, function.keywords) if isinstance(function, partial) else (function, {})
    name, home = getattr(inner, "__name__", type(inner).__name__), str(getattr(inner, "__module__", ""))
    build = _FACTORIES.get(name) if home.split(".")[0] == "transformers" else None
    if build is None:
        raise InvalidInput("from-torch-function", scheduler="LambdaLR", given=name)
    return build(**keywords, lr=_base(scheduler, group, base))


def _sequential(scheduler: Any, group: int, base: float | None) -> Schedule:
    members, starts = _attribute(scheduler, "_schedulers"), list(_attribute(scheduler, "_milestones"))
    parts = [_rate(members[0], group, base)]
    for number, member in enumerate(members[1:]):
        begins = base
        if _name(member) == "SWALR":  # it continues from the rate that it finds, where every other starts again
            begins = torch_dialect.SequentialLR(parts, starts[:number]).at(max(starts[number] - 1, 0))
        parts.append(_rate(member, group, begins))
    return torch_dialect.SequentialLR(parts, starts)


def _chained(scheduler: Any, group: int, base: float | None) -> Schedule:
    """The product; a member that sets the rate instead of multiplying it would undo those before it."""
    members = _attribute(scheduler, "_schedulers")
    for member in members:
        if _name(member) not in _MULTIPLYING or getattr(member, "eta_min", 0) != 0:
            raise InvalidInput("from-torch-sets", given=_name(member))
    factors = [_rate(member, group, 1.0) for member in members]
    return _base(members[0], group, base) * torch_dialect.ChainedScheduler(factors)


def _rate(member: Any, group: int, base: float | None) -> Schedule:
    """A member's rate, where it is all that the member sets."""
    found = _reader(member)(member, group, base)
    if isinstance(found, Schedule):
        return found
    if list(found) != ["rate"]:
        raise InvalidInput("from-torch-momentum", given=_name(member))
    return found.rate


def _function(scheduler: Any, group: int, base: float | None) -> Schedule:
    given = getattr(_attribute(scheduler, "lr_lambdas")[group], "__name__", "lr_lambda")
    raise InvalidInput("from-torch-function", scheduler=_name(scheduler), given=given)


def _feedback(scheduler: Any, group: int, base: float | None) -> Schedule:
    raise InvalidInput("from-torch-feedback", given=_name(scheduler))


def _swa(scheduler: Any, group: int, base: float | None) -> Schedule:
    swa_lr = float(scheduler.optimizer.param_groups[group]["swa_lr"])
    strategy = _attribute(scheduler, "_anneal_strategy")
    return torch_dialect.SWALR(swa_lr, scheduler.anneal_epochs, strategy, lr=_base(scheduler, group, base))


def _timm(name: str, *attributes: str) -> _Reader:
    """A scheduler of timm: its arguments are attributes of the same names, and `lr_scale` multiplies what it sets."""
    build = cast("Callable[..., Schedule]", getattr(timm_dialect, name))

    def read(scheduler: Any, group: int, base: float | None) -> Schedule:
        if _attribute(scheduler, "noise_range_t") is not None:
            raise InvalidInput("from-torch-noise", given=name)
        arguments = {attribute: _attribute(scheduler, attribute) for attribute in attributes}
        if callable(arguments.get("decay_fn")):
            raise InvalidInput("from-torch-function", scheduler=name, given="decay_fn")
        own = float(_attribute(scheduler, "base_values")[group]) if base is None else base
        scale = float(scheduler.optimizer.param_groups[group].get("lr_scale", 1.0))
        return scaled(scale, build(**arguments, lr=own))

    return read


def _cosine(num_cycles: float, min_lr_rate: float = 0.0, **others: Any) -> Schedule:
    """One function serves the cosine with a floor and the one without."""
    return peer.get_cosine_with_min_lr_schedule_with_warmup(num_cycles=num_cycles, min_lr_rate=min_lr_rate, **others)


def _polynomial(lr_init: float, lr_end: float, lr: float, **others: Any) -> Schedule:
    """The end is a share of the optimizer's default rate."""
    return peer.get_polynomial_decay_schedule_with_warmup(lr_end=lr_end / lr_init * lr, lr=lr, **others)


def _reader(scheduler: Any) -> _Reader:
    reader = _READERS.get(_name(scheduler))
    if reader is None:
        raise InvalidInput("from-torch-unknown", given=_name(scheduler), allowed=", ".join(_READERS))
    return reader


def _name(scheduler: object) -> str:
    return type(scheduler).__name__


def _attribute(scheduler: Any, name: str) -> Any:
    if not hasattr(scheduler, name):
        raise InvalidInput("from-torch-attribute", given=_name(scheduler), name=name)
    return getattr(scheduler, name)


def _base(scheduler: Any, group: int, base: float | None) -> float:
    return float(_attribute(scheduler, "base_lrs")[group]) if base is None else base


_TIMM_CYCLES: Final = ("lr_min", "cycle_mul", "cycle_decay", "cycle_limit")
_TIMM_WARMUP: Final = ("warmup_t", "warmup_lr_init", "warmup_prefix")

_READERS: Final[Mapping[str, _Reader]] = {
    "ChainedScheduler": _chained,
    "ConstantLR": _simple("ConstantLR", "factor", "total_iters"),
    "CosineAnnealingLR": _simple("CosineAnnealingLR", "T_max", "eta_min"),
    "CosineAnnealingWarmRestarts": _simple("CosineAnnealingWarmRestarts", "T_0", "T_mult", "eta_min"),
    "CosineLRScheduler": _timm("CosineLRScheduler", "t_initial", *_TIMM_CYCLES, "k_decay", *_TIMM_WARMUP),
    "CyclicLR": _cyclic,
    "ExponentialLR": _simple("ExponentialLR", "gamma"),
    "GreedyLR": _feedback,
    "LambdaLR": _lambda,
    "LinearLR": _simple("LinearLR", "start_factor", "end_factor", "total_iters"),
    "MultiStepLR": _multi_step,
    "MultiStepLRScheduler": _timm("MultiStepLRScheduler", "decay_t", "decay_rate", *_TIMM_WARMUP),
    "MultiplicativeLR": _function,
    "OneCycleLR": _one_cycle,
    "PolyLRScheduler": _timm("PolyLRScheduler", "t_initial", "power", *_TIMM_CYCLES, "k_decay", *_TIMM_WARMUP),
    "PolynomialLR": _simple("PolynomialLR", "total_iters", "power"),
    "ReduceLROnPlateau": _feedback,
    "SWALR": _swa,
    "SequentialLR": _sequential,
    "StepLR": _simple("StepLR", "step_size", "gamma"),
    "StepLRScheduler": _timm("StepLRScheduler", "decay_t", "decay_rate", *_TIMM_WARMUP),
    "TanhLRScheduler": _timm("TanhLRScheduler", "t_initial", "lb", "ub", *_TIMM_CYCLES, *_TIMM_WARMUP),
    "WSDLRScheduler": _timm(
        "WSDLRScheduler",
        *("t_initial", "decay_t", "lr_min", "stable_fn", "stable_timescale", "stable_power"),
        *("decay_fn", "decay_power", "decay_ratio", "warmup_t", "warmup_lr_init"),
    ),
}

_MULTIPLYING: Final = {
    *("ConstantLR", "CosineAnnealingLR", "ExponentialLR", "LinearLR", "MultiStepLR", "PolynomialLR", "StepLR"),
}

_FACTORIES: Final[Mapping[str, Callable[..., Schedule]]] = {
    "_get_constant_lambda": peer.get_constant_schedule,
    "_get_constant_schedule_with_warmup_lr_lambda": peer.get_constant_schedule_with_warmup,
    "_get_cosine_schedule_with_warmup_lr_lambda": _cosine,
    "_get_cosine_with_hard_restarts_schedule_with_warmup_lr_lambda": (
        peer.get_cosine_with_hard_restarts_schedule_with_warmup
    ),
    "_get_cosine_with_min_lr_schedule_with_warmup_lr_rate_lambda": (
        peer.get_cosine_with_min_lr_schedule_with_warmup_lr_rate
    ),
    "_get_inverse_sqrt_schedule_lr_lambda": peer.get_inverse_sqrt_schedule,
    "_get_linear_schedule_with_warmup_lr_lambda": peer.get_linear_schedule_with_warmup,
    "_get_polynomial_decay_schedule_with_warmup_lr_lambda": _polynomial,
    "_get_wsd_scheduler_lambda": peer.get_wsd_schedule,
}
"""What transformers has in a `LambdaLR`: its own functions, with the arguments as keywords."""
