"""How the rate falls with the number of parameters of a language model: between the points of a published table.

Path:   a table of sizes and rates, a size -> the rate; called by recipes.
Units:  parameters; peak rates.
Source: what the table names. Between its points the logarithm of the rate is a line in the logarithm of the size, as in
        the power laws of Kaplan et al. 2020, arXiv 2001.08361.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from ratecraft.laws.scaling.caution import Caution
from ratecraft.schedules.lengths import positive_number


def rate_of_size(table: Sequence[tuple[float, float]], parameters: float) -> tuple[float, tuple[Caution, ...]]:
    """The rate at a size; outside the table that of its nearest end.

    Args:
        table: (parameters, rate), rising in size; one or more.
        parameters: Parameters of the model.

    Returns:
        The rate, and `size-outside` where the table does not reach.

    Raises:
        InvalidInput: A size that is not a finite number above 0.

    Example:
        >>> rate, cautions = rate_of_size([(1e8, 4e-4), (1e10, 1e-4)], 1e9)
        >>> round(rate, 9), cautions
        (0.0002, ())
    """
    positive_number("parameters", parameters)
    (smallest, first), (largest, last) = table[0], table[-1]
    if not smallest <= parameters <= largest:
        values = {"parameters": parameters, "low": smallest, "high": largest}
        return (first if parameters < smallest else last), (Caution("size-outside", values),)
    for (small, high), (large, low) in pairwise(table):
        if parameters <= large:
            share = math.log(parameters / small) / math.log(large / small)
            return high * (low / high) ** share, ()
    return last, ()
