"""What is published of how the best rate moves with a size: a prior for the exponent of each kind of axis.

Path:   the name of a script's argument, the rule of its optimizer -> kind of the axis, exponent, source.
Units:  exponents are octaves of the rate an octave of the size.

One rate for all parameters lies between what the published rules give to each group of them, so a prior is as wide as
they are apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from ratecraft.laws.scaling.batch import BatchRule
from ratecraft.laws.scaling.scale_law import Exponent

AxisKind: TypeAlias = Literal["width", "depth", "batch", "steps", "other"]


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known of an exponent before anything is run, and who found it; no source where nothing is known."""

    exponent: Exponent
    source: str = ""


_NAMES: Mapping[str, AxisKind] = MappingProxyType(
    {
        "width": "width",
        "hidden": "width",
        "dim": "width",
        "model": "width",
        "embd": "width",
        "embed": "width",
        "embedding": "width",
        "channels": "width",
        "units": "width",
        "features": "width",
        "depth": "depth",
        "layer": "depth",
        "layers": "depth",
        "blocks": "depth",
        "batch": "batch",
        "bs": "batch",
        "steps": "steps",
        "iters": "steps",
        "iterations": "steps",
        "epochs": "steps",
    }
)
"""Kind by a word of an argument's name; the last one that is known decides: `num-hidden-layers` is a depth."""

_MUP = "Yang et al. 2022, arXiv 2203.03466"
_DEPTH = "Yang et al. 2023, arXiv 2310.02244"
_STEPS = 'docs/reference/tuner.md, "Horizon"'
_NOTHING = Prior(Exponent(0.0, 1.0))
_PRIORS: Mapping[tuple[AxisKind, BatchRule], Prior] = MappingProxyType(
    {
        # µP under Adam: 1/width for hidden matrices and the last layer, 1 for inputs, norms and biases.
        ("width", "square-root"): Prior(Exponent(-0.5, 0.5), _MUP),
        # Under SGD: width, 1 and 1/width.
        ("width", "linear"): Prior(Exponent(0.0, 0.7), _MUP),
        # 1/√depth for Adam where residual branches are scaled by it; in other networks anything down from 0.
        ("depth", "square-root"): Prior(Exponent(-0.5, 0.5), _DEPTH),
        ("depth", "linear"): Prior(Exponent(0.0, 0.7), _DEPTH),
        # A root or a line up to the critical batch, 0 beyond it (McCandlish et al. 2018): half-way, since a law leads
        # to batches that are larger than those it is fitted to.
        ("batch", "square-root"): Prior(Exponent(0.25, 0.25), "Malladi et al. 2022, arXiv 2205.10287"),
        ("batch", "linear"): Prior(Exponent(0.5, 0.5), "Goyal et al. 2017, arXiv 1706.02677"),
        # −0.1 … −0.3 octaves a doubling of steps.
        ("steps", "square-root"): Prior(Exponent(-0.2, 0.15), _STEPS),
        ("steps", "linear"): Prior(Exponent(-0.2, 0.15), _STEPS),
    }
)


def kind_of_axis(argument: str) -> AxisKind:
    """What an argument of a script counts, by its name.

    Example:
        >>> kind_of_axis("--n_embd"), kind_of_axis("--num-hidden-layers"), kind_of_axis("--dropout")
        ('width', 'depth', 'other')
    """
    words = argument.rstrip("=").lower().rpartition(".")[2].replace("_", "-").split("-")
    kinds: list[AxisKind] = [_NAMES[word] for word in words if word in _NAMES]
    return kinds[-1] if kinds else "other"


def prior_of(kind: AxisKind, rule: BatchRule) -> Prior:
    """The prior for the exponent of an axis.

    Args:
        kind: Kind of the axis.
        rule: How the rate of the optimizer follows the batch: its steps grow with the gradients (`linear`), or not.

    Example:
        >>> prior_of("width", "square-root").exponent
        Exponent(value=-0.5, sd=0.5)
    """
    return _PRIORS.get((kind, rule), _NOTHING)
