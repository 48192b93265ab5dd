"""Points of the unit cube, from which a search draws its values: at random, or spread evenly.

Path:   seed, how many, how many axes -> points -> `controllers.search.space` makes values of them.
Units:  coordinates from 0 to below 1.
Source: random search: Bergstra and Bengio, JMLR 13 (2012). Scrambled Sobol points: Owen, J. Complexity 14 (1998), by
        `scipy.stats.qmc`; they leave no gap that chance would leave.

The first points are the same however many are asked for, so that a longer search goes on where a shorter one ended.
"""

from functools import lru_cache

from ratecraft.errors import InvalidInput

Points = tuple[tuple[float, ...], ...]


@lru_cache(maxsize=16)
def random_points(count: int, axes: int, seed: int) -> Points:
    """Independent uniform points.

    Args:
        count: Number of points.
        axes: Coordinates of each, at least 1.
        seed: Seed of the draws, 0 or above.

    Example:
        >>> random_points(2, 1, seed=0) == random_points(5, 1, seed=0)[:2]
        True
    """
    import numpy as np  # the help of a search names its methods, and draws nothing

    drawn = np.random.default_rng(seed).random((count, axes))
    return tuple(tuple(point) for point in drawn.tolist())


@lru_cache(maxsize=16)
def sobol_points(count: int, axes: int, seed: int) -> Points:
    """Scrambled Sobol points.

    Args:
        count: Number of points; powers of two are spread most evenly.
        axes: Coordinates of each, at least 1.
        seed: Seed of the scrambling, 0 or above.

    Raises:
        InvalidInput: SciPy is not installed (`scipy-missing`).

    Example:
        >>> sorted(int(8 * place) for (place,) in sobol_points(8, 1, seed=0))
        [0, 1, 2, 3, 4, 5, 6, 7]
    """
    try:
        from scipy.stats import qmc
    except ModuleNotFoundError as error:
        raise InvalidInput("scipy-missing") from error
    drawn = qmc.Sobol(axes, scramble=True, rng=seed).random_base2(max(0, (count - 1).bit_length()))
    return tuple(tuple(point) for point in drawn[:count].tolist())
