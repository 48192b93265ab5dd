"""What a job may change of a run beside its rate, by name: the words of `Job.treatment`.

Path:   controllers name a treatment -> the job's key -> `training.treatments` does what it says.
Units:  a norm is that of the whole gradient of an optimizer.
"""

import math

__all__ = ["MEASURED", "NONE", "STANDARDISED", "clip_norm_of", "clipped", "is_treatment"]

NONE = ""
"""The run as it is."""

STANDARDISED = "standardise"
"""What the model takes in gets mean 0 and standard deviation 1, by the first batch that is seen so."""

MEASURED = "measured"
"""The run as it is, with the norm of the gradient told at each step; for whole runs, from their step 0."""

_CLIP = "clip="


def clipped(norm: float) -> str:
    """The treatment that scales longer gradients down to a norm.

    Example:
        >>> clipped(1.5)
        'clip=1.5'
    """
    return f"{_CLIP}{norm!r}"


def clip_norm_of(treatment: str) -> float | None:
    """The largest norm of a gradient; None where none is.

    Example:
        >>> clip_norm_of("clip=1.5"), clip_norm_of("standardise")
        (1.5, None)
    """
    try:
        norm = float(treatment.removeprefix(_CLIP)) if treatment.startswith(_CLIP) else math.nan
    except ValueError:
        return None
    return norm if 0 < norm < math.inf else None


def is_treatment(name: str) -> bool:
    """Whether there is a treatment of that name.

    Example:
        >>> [is_treatment(name) for name in ("", "clip=1.5", "clip=0", "clip")]
        [True, True, False, False]
    """
    return name in (NONE, STANDARDISED, MEASURED) or clip_norm_of(name) is not None
