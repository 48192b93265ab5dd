"""What a job may change of a run beside its rate, by name: the words of `Job.treatment`.

Path:   controllers name a treatment -> the job's key -> `training.treatments` does what it says.
Units:  a norm is that of the whole gradient of an optimizer.

A treatment may begin with a rest, `rest=16,clip=1.5`: see `rested`.
"""

import math

NONE = ""
"""The run as it is."""

STANDARDISED = "standardise"
"""What the model takes in gets mean 0 and standard deviation 1, by the first batch that is seen so."""

MEASURED = "measured"
"""The run as it is, with the norm of the gradient told at each step; for whole runs, from their step 0."""

SAME_BATCH = "same-batch"
"""Every step trains on one batch of the training loader: the first that is read after the treatment began."""

_CLIP = "clip="
_REST = "rest="


def clipped(norm: float) -> str:
    """The treatment that scales longer gradients down to a norm.

    Example:
        >>> clipped(1.5)
        'clip=1.5'
    """
    return f"{_CLIP}{norm!r}"


def rested(steps: int, treatment: str = NONE) -> str:
    """The treatment of a run that stands still for some steps: what its optimizer gathered meanwhile is forgotten.

    Momentum and moments of gradients begin after it as at a run's step 0, on other batches.

    Example:
        >>> rested(16), rested(16, clipped(1.5)), rested(0, clipped(1.5))
        ('rest=16', 'rest=16,clip=1.5', 'clip=1.5')
    """
    return ",".join(filter(None, (f"{_REST}{steps}" if steps else "", treatment)))


def rest_of(treatment: str) -> int:
    """The steps for which it stands still.

    Example:
        >>> rest_of("rest=16,clip=1.5"), rest_of("clip=1.5")
        (16, 0)
    """
    first = treatment.partition(",")[0].removeprefix(_REST)
    return int(first) if treatment.startswith(_REST) and first.isdecimal() else 0


def after_rest(treatment: str) -> str:
    """The treatment without its rest.

    Example:
        >>> after_rest("rest=16,clip=1.5"), after_rest("rest=16"), after_rest("clip=1.5")
        ('clip=1.5', '', 'clip=1.5')
    """
    return treatment.partition(",")[2] if rest_of(treatment) else treatment


def clip_norm_of(treatment: str) -> float | None:
    """The largest norm of a gradient; None if none is.

    Example:
        >>> clip_norm_of("clip=1.5"), clip_norm_of("standardise")
        (1.5, None)
    """
    treatment = after_rest(treatment)
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
    return after_rest(name) in (NONE, STANDARDISED, MEASURED, SAME_BATCH) or clip_norm_of(name) is not None
