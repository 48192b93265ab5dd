"""What people mostly choose, as data with its source; `survey` says where a schedule lies outside.

Path:   papers and libraries -> ranges -> remarks of a preview.
Units:  as each range says.
Source: warm-up: 5 of 90 epochs (Goyal et al. 2017, arXiv 1706.02677); 1 % of BERT's steps, 10 % to fine-tune it (Devlin
        et al. 2019, and their code). Stairs: ×0.1 at epochs 30, 60 and 80 (Goyal et al.). Exponential: ×0.94 each 2
        epochs (Szegedy et al. 2016, arXiv 1512.00567), ×0.97 each 2.4 (Tan & Le 2019, arXiv 1905.11946). Cycles: half
        of one is 2 to 10 epochs (Smith 2017, arXiv 1506.01186).
"""

from dataclasses import dataclass
from typing import Final, final

__all__ = ["USUAL", "UsualRange"]


@final
@dataclass(frozen=True, slots=True)
class UsualRange:
    """What a number of a schedule mostly is.

    Attributes:
        low: The least.
        high: The most.
        usual: The one that is met most.
        unit: What it is counted in.
        source: Where it is from.
    """

    low: float
    high: float
    usual: float
    unit: str
    source: str


USUAL: Final[dict[str, UsualRange]] = {
    "long-warm-up": UsualRange(0.001, 0.1, 0.05, "share of the run", "Goyal et al. 2017, Devlin et al. 2019"),
    "stair": UsualRange(0.1, 0.5, 0.1, "factor", "Goyal et al. 2017"),
    "stair-length": UsualRange(10, 60, 30, "epochs", "Goyal et al. 2017"),
    "exponential-pace": UsualRange(0.94, 0.99, 0.97, "factor an epoch", "Szegedy et al. 2016, Tan & Le 2019"),
    "period": UsualRange(4, 20, 8, "epochs", "Smith 2017"),
}
"""By the code of the remark about what lies outside."""
