"""What is done to a run: how its rate goes, what is wrong with it, and the twin that has it mended.

Units:  rates are multiples of the task's best, norms of its median one; places are shares of the run.
Source: the list of faults is that of `README.md`; severities are its mild, medium and strong.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

__all__ = ["CASES", "FAULTY", "HEALTHY", "KINDS", "Case", "Shape", "by_name", "cooled", "warmed"]

Shape = Callable[[float, int], float]
"""Place in the run (0 to 1) and its steps to the rate as a share of the peak."""


@dataclass(frozen=True)
class Case:
    """One way to train.

    Attributes:
        name: Unique.
        kind: `healthy`, or the kind of the fault.
        severity: 1 mild, 2 medium, 3 strong.
        shape: The rate over the run.
        factor: Peak, as a multiple of the best.
        length: Of the usual steps.
        body: The rate of all but the last layer, as a share.
        inputs: What they are multiplied by; 0 for scales from 0.03 to 30, mixed.
        weights: What the first matrices are multiplied by.
        frozen: Share of the tensors, from the first, that get no gradient.
        left_out: Share of the tensors, from the first, that no optimizer has.
        rows: That train; 0 for all.
        labels: Share of them that are wrong.
        clip: Norm at which gradients are clipped: 0 as the script does, inf not at all.
        decay: Weight decay over the run: rate × weight decay × steps.
        strike: What happens at a step: `nan`, `bad-step` or `lost-state`.
        at: Where.
        amount: How hard.
        batch: Of the usual one; 0 for all rows.
        dropout: After each hidden layer.
        mixup: Whether rows are mixed.
        smoothing: Of labels.
        accumulate: Parts of a batch, each with its loss.
        pretrained: Whether it starts from a model that was trained.
        patience: Checks without gain after which the rate is cut by 0.3; 0 for no such rule.
        twin: The case that has it mended; `stopped` for the same run, stopped at its best.
    """

    name: str
    kind: str = "healthy"
    severity: int = 0
    shape: Shape = lambda place, steps: linear(place, steps)
    factor: float = 1.0
    length: float = 1.0
    body: float = 1.0
    inputs: float = 1.0
    weights: float = 1.0
    frozen: float = 0.0
    left_out: float = 0.0
    rows: int = 0
    labels: float = 0.0
    clip: float = 0.0
    decay: float = 0.0
    strike: str = ""
    at: float = 0.5
    amount: float = 0.0
    batch: float = 1.0
    dropout: float = 0.0
    mixup: bool = False
    smoothing: float = 0.0
    accumulate: int = 1
    pretrained: bool = False
    patience: int = 0
    twin: str = "linear"


# ---- shapes


def constant(place: float, steps: int) -> float:
    return min(1.0, (place * steps + 1) / max(1, steps // 100))


def linear(place: float, steps: int) -> float:
    return min(constant(place, steps), (1 - place) / 0.6)


def abrupt(place: float, steps: int) -> float:
    return min(1.0, (1 - place) / 0.6)


def cosine(place: float, steps: int) -> float:
    return constant(place, steps) * (1 + math.cos(math.pi * place)) / 2


def exponential(place: float, steps: int) -> float:
    return constant(place, steps) * 0.01**place


def restarts(place: float, steps: int) -> float:
    return (1 + math.cos(math.pi * (4 * place % 1))) / 2


def triangles(place: float, steps: int) -> float:
    return 0.1 + 0.9 * abs(1 - (8 * place + 1) % 2)


def one_cycle(place: float, steps: int) -> float:
    if place < 0.3:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * place / 0.3)) / 2
    return (1 + math.cos(math.pi * (place - 0.3) / 0.7)) / 2


def stairs(place: float, steps: int) -> float:
    return constant(place, steps) * 0.1 ** math.floor(place * 3)


def held_then_cooled(place: float, steps: int) -> float:
    return min(constant(place, steps), (1 - place) / 0.2)


def early(share: float) -> Shape:
    return lambda place, steps: max(1e-4, 0.5 * (1 + math.cos(math.pi * min(1.0, place / share))))


def wraps(share: float) -> Shape:
    return lambda place, steps: (1 + math.cos(math.pi * place / share)) / 2


def rarely(epochs: int) -> Shape:
    """Laid out in steps, and stepped once an epoch."""
    return lambda place, steps: (1 + math.cos(math.pi * math.floor(place * epochs) / steps)) / 2


def often(epochs: int) -> Shape:
    """Laid out in epochs, and stepped at every step."""
    return lambda place, steps: (1 + math.cos(math.pi * place * steps / epochs)) / 2


def endless_warm_up(reach: float) -> Shape:
    return lambda place, steps: max(reach * place, reach / steps)


def begun_anew(at: float) -> Shape:
    return lambda place, steps: cosine(place if place < at else place - at, steps)


def warmed(shape: Shape, share: float) -> Shape:
    """The same with a linear warm-up."""
    return lambda place, steps: min(1.0, place / share + 1 / steps) * shape(place, steps)


def cooled(shape: Shape, share: float) -> Shape:
    """The same with a linear end."""
    return lambda place, steps: min(1.0, (1 - place) / share) * shape(place, steps)


# ---- what is well

HEALTHY = (
    Case("linear"),
    Case("linear-half", factor=0.5),
    Case("linear-double", factor=2.0),
    Case("cosine", shape=cosine),
    Case("exponential", shape=exponential),
    Case("restarts", shape=restarts),
    Case("triangles", shape=triangles),
    Case("one-cycle", shape=one_cycle),
    Case("stairs", shape=stairs),
    Case("held-then-cooled", shape=held_then_cooled),
    Case("plateau-rule", shape=constant, patience=2),
    Case("long-warm-up", shape=warmed(linear, 0.1)),
    Case("labels-20", labels=0.2),
    Case("labels-40", labels=0.4),
    Case("few-rows", rows=64, factor=0.5),
    Case("batch-sixteenth", batch=0.0625, factor=0.125),
    Case("batch-quarter", batch=0.25, factor=0.5),
    Case("batch-all", batch=0),
    Case("accumulated", accumulate=4),
    Case("dropout", dropout=0.5),
    Case("mixup", mixup=True),
    Case("smoothing", smoothing=0.1),
    Case("fine-tuning", factor=0.1, pretrained=True),
    Case("fine-tuning-gently", factor=0.02, pretrained=True, shape=cosine),
    Case("clipped", clip=2.0),
    Case("decayed-weights", decay=0.1),
    Case("long", length=1.5),
    Case("short", length=0.4),
    Case("plateau", shape=held_then_cooled, length=3.0),
)


# ---- what is not


def _three(kind: str, twin: str, *changes: dict[str, object]) -> tuple[Case, ...]:
    return tuple(
        replace(Case(f"{kind}-{severity}", kind, severity, twin=twin), **change)  # type: ignore[arg-type]
        for severity, change in enumerate(changes, 1)
    )


_TWINS = (
    *(Case(f"held-cooled-{factor}", "twin", shape=cooled(constant, 0.2), factor=factor) for factor in (1, 3, 10)),
    *(Case(f"warmed-{factor}", "twin", shape=warmed(linear, 0.1), factor=factor) for factor in (2, 4, 8)),
    *(Case(f"clipped-{factor}", "twin", shape=constant, factor=factor) for factor in (0.25, 0.5, 1)),
    Case("constant", "twin", shape=constant),
    Case("few-rows-gently", "twin", factor=0.1, pretrained=True, rows=128),
)

FAULTY = (
    *_three("too-large", "linear", *({"factor": factor} for factor in (4, 10, 30))),
    *(
        Case(f"held-{place}", "held", place, constant, factor, twin=f"held-cooled-{factor}")
        for place, factor in enumerate((1, 3, 10), 1)
    ),
    *_three("too-small", "linear", *({"factor": 1 / factor} for factor in (10, 30, 100))),
    *(
        Case(f"no-warm-up-{place}", "no-warm-up", place, abrupt, factor, twin=f"warmed-{factor}")
        for place, factor in enumerate((2, 4, 8), 1)
    ),
    *_three("gone-early", "linear", *({"shape": early(share)} for share in (0.5, 0.25, 0.1))),
    *_three("stepped-rarely", "cosine", *({"shape": rarely(epochs)} for epochs in (40, 20, 10))),
    *_three("stepped-often", "cosine", *({"shape": often(epochs)} for epochs in (60, 30, 10))),
    *_three("wraps", "cosine", *({"shape": wraps(share)} for share in (0.75, 0.6, 0.5))),
    *_three("endless-warm-up", "linear", *({"shape": endless_warm_up(reach)} for reach in (1.0, 0.3, 0.1))),
    *_three("begun-anew", "cosine", *({"shape": begun_anew(at)} for at in (0.3, 0.5, 0.7))),
    *_three(
        "lost-state",
        "constant",
        *({"shape": constant, "strike": "lost-state", "at": at} for at in (0.3, 0.5, 0.7)),
    ),
    *_three("unscaled", "linear", *({"inputs": scale} for scale in (10.0, 100.0, 0.0))),
    *_three("large-weights", "linear", *({"weights": scale} for scale in (3.0, 10.0, 30.0))),
    *_three("small-weights", "linear", *({"weights": scale} for scale in (0.1, 0.01, 0.0))),
    *_three("no-gradient", "linear", *({"frozen": share} for share in (0.3, 0.6, 0.99))),
    *_three("left-out", "linear", *({"left_out": share} for share in (0.3, 0.6, 0.99))),
    *_three("few-rows", "stopped", *({"rows": rows} for rows in (300, 150, 50))),
    *_three("tight-clip", "linear", *({"clip": norm} for norm in (0.1, 0.03, 0.01))),
    *_three("weight-decay", "linear", *({"decay": decay} for decay in (3.0, 10.0, 30.0))),
    *_three("nan", "linear", *({"strike": "nan", "at": at} for at in (0.8, 0.5, 0.2))),
    *_three("bad-step", "linear", *({"strike": "bad-step", "amount": amount} for amount in (30.0, 300.0, 3000.0))),
    *_three(
        "hot-fine-tuning",
        "few-rows-gently",
        *({"pretrained": True, "rows": 128, "factor": factor} for factor in (1.0, 3.0, 10.0)),
    ),
    *(
        Case(f"unclipped-{place}", "unclipped", place, constant, factor, clip=math.inf, twin=f"clipped-{factor}")
        for place, factor in enumerate((0.25, 0.5, 1), 1)
    ),
)  # fmt: skip

CASES = (*HEALTHY, *_TWINS, *FAULTY)
KINDS = tuple(dict.fromkeys(case.kind for case in FAULTY))


def by_name(name: str) -> Case:
    """A case; `NAME*3` and `NAME/3` are it at three times and a third of its rate."""
    for sign, power in (("*", 1), ("/", -1)):
        if sign in name:
            plain, factor = name.split(sign)
            case = by_name(plain)
            return replace(case, name=name, factor=case.factor * float(factor) ** power)
    return next(case for case in CASES if case.name == name)
