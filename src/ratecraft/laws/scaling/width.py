"""How rates move with the width of a model: the maximal update parametrisation (µP).

Path:   width, width of the model that was tuned -> multipliers of groups; called by recipes.
Units:  widths are units of the hidden layers; a multiplier is relative to the base model's value.
Source: Yang et al. 2022, "Tensor Programs V", arXiv 2203.03466, Table 3. Decoupled weight decay: a group whose rate
        falls keeps its rate · decay (Wang & Aitchison 2024, arXiv 2405.13698).

µP also asks that attention logits be divided by the size of a head and not by its root.
"""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ratecraft.laws.scaling.caution import Caution
from ratecraft.schedules.lengths import positive_number

WidthRule: TypeAlias = Literal["adam", "sgd"]
"""`adam` for every method whose step does not grow with the gradient; `sgd` for those whose step does."""

NARROWEST_BASE = 128
"""Width below which the limit of wide layers is far: our choice; the paper's own base models were 128 and wider."""

_FARTHEST = 128  # the paper carried rates over from width 256 to 8,192 and, with GPT-3, by less


@dataclass(frozen=True, slots=True)
class WidthGroup:
    """Multipliers of a kind of weights.

    Attributes:
        role: `input` (embeddings, first layer, biases, norms), `hidden` (matrices whose both sides are as wide as the
            model) or `output` (the last layer).
        rate: Factor for the rate.
        initial_sd: Standard deviation of the first weights.
        decay: The decoupled weight decay.
    """

    role: Literal["input", "hidden", "output"]
    rate: float
    initial_sd: float
    decay: float


def width_groups(width: float, base_width: float, rule: WidthRule) -> tuple[WidthGroup, ...]:
    """The multipliers that carry a tuned rate from one width to another.

    Args:
        width: Width of the model to train.
        base_width: Width of the model whose rate is known.
        rule: Family of optimizers whose table is used.

    Raises:
        InvalidInput: A width that is not a finite number above 0.

    Example:
        >>> [(group.role, group.rate, group.initial_sd) for group in width_groups(1024, 256, "adam")]
        [('input', 1.0, 1.0), ('hidden', 0.25, 0.5), ('output', 0.25, 0.25)]
        >>> [(group.role, group.rate) for group in width_groups(1024, 256, "sgd")]
        [('input', 4.0), ('hidden', 1.0), ('output', 0.25)]
    """
    ratio = _ratio(width, base_width)
    entering, within = (1.0, 1 / ratio) if rule == "adam" else (ratio, 1.0)
    return (
        WidthGroup("input", entering, 1.0, 1 / entering),
        WidthGroup("hidden", within, 1 / math.sqrt(ratio), 1 / within),
        WidthGroup("output", 1 / ratio, 1 / ratio, ratio),
    )


def width_cautions(width: float, base_width: float) -> tuple[Caution, ...]:
    """What must be said of `width_groups` here: `width-narrow`, `width-far`.

    Raises:
        InvalidInput: A width that is not a finite number above 0.

    Example:
        >>> [caution.code for caution in width_cautions(8192, 32)]
        ['width-narrow', 'width-far']
    """
    ratio = _ratio(width, base_width)
    narrow, far = min(width, base_width), max(ratio, 1 / ratio)
    cautions = [Caution("width-narrow", {"width": narrow, "limit": NARROWEST_BASE})] if narrow < NARROWEST_BASE else []
    if far > _FARTHEST:
        cautions.append(Caution("width-far", {"ratio": far, "limit": _FARTHEST}))
    return tuple(cautions)


def _ratio(width: float, base_width: float) -> float:
    return positive_number("width", width) / positive_number("base_width", base_width)
