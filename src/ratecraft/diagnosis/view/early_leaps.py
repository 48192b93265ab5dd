"""The high points of a loss's first steps, unless single batches lie as high all along.

A loss with heavy tails, such as a squared error over a few samples with outliers, leaps as often later on as at the
beginning. Such leaps are the batches' own, and say nothing about the first steps. Weights that are thrown about leap
as well, but the validation shows that, and a run that was thrown out for good stays above the limit.
"""

from ratecraft.diagnosis.view.curve import Curve
from ratecraft.laws.robust import Array, blocks_of, median

_EARLY = 0.1  # of the run
_LATER = 0.2
_MORE = 2.0  # times as large a share: of the first points as of the later ones, of these as of the checks
_BLOCKS = 64


def early_leaps(loss: Curve, limit: float, checks: Curve | None = None) -> Curve:
    """The points of the first tenth above a limit.

    None where at least half as large a share of the later points lies as high above the level around them.

    Args:
        loss: The whole curve.
        limit: In units of the loss.
        checks: The validation loss. What leaps there as well is no single batch.
    """
    early, later = loss.part(0.0, _EARLY), loss.part(_LATER, 1.0)
    high = early.values > limit
    share = float(high.mean()) if len(early) else 0.0
    if share < _MORE * _by_batches(later, limit - loss.start, limit, checks):
        high[:] = False
    return Curve(early.steps[high], early.values[high])


def _by_batches(later: Curve, height: float, limit: float, checks: Curve | None) -> float:
    """The share of points that lie so high above the median of those around them; 0 if the weights are thrown about."""
    if not len(later) or median(later.values) > limit:
        return 0.0
    pieces = [later.values[begin:end] for begin, end in blocks_of(len(later), _BLOCKS)]
    leaps = _share(pieces, height)
    of_weights = _share([checks.values], height) if checks is not None else 0.0
    return leaps if leaps > _MORE * of_weights else 0.0


def _share(pieces: list[Array], height: float) -> float:
    above = sum(int((each > median(each) + height).sum()) for each in pieces)
    return above / max(sum(map(len, pieces)), 1)
