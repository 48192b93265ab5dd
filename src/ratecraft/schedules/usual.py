"""Usual choices in schedules, as data with sources; `analysis` reports where a schedule lies outside them.

Path:   papers and libraries -> ranges -> remarks of a preview.
Units:  as each range says.
Source: warm-up: 5 of 90 epochs (Goyal et al. 2017, arXiv 1706.02677); 10,000 of BERT's 1,000,000 steps (Devlin et al.
        2019, arXiv 1810.04805), and a tenth in its fine-tuning code (`warmup_proportion`). Stairs: ×0.1 at epochs 30,
        60 and 80 (Goyal et al.), ×0.2 at 60, 120 and 160 of 200 (Zagoruyko & Komodakis 2016, arXiv 1605.07146).
        Exponential: ×0.94 each 2 epochs, 0.970 an epoch (Szegedy et al. 2016, arXiv 1602.07261); ×0.98 an epoch
        (Sandler et al. 2018, arXiv 1801.04381); ×0.97 each 2.4 epochs, 0.987 an epoch (Tan & Le 2019, arXiv
        1905.11946). Cycles: half of one is 2 to 10 epochs (Smith 2017, arXiv 1506.01186). Folklore, with no paper that
        says so: stairs of up to ×0.5, and 0.94 and 0.99 as the ends of an epoch's factor.
"""

from dataclasses import dataclass
from typing import Final, final


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
    "long-warm-up": UsualRange(0.01, 0.1, 0.05, "share of the run", "Goyal et al. 2017, Devlin et al. 2019"),
    "stair": UsualRange(0.1, 0.5, 0.1, "factor", "Goyal et al. 2017, Zagoruyko & Komodakis 2016, folklore"),
    "stair-length": UsualRange(20, 60, 30, "epochs", "Goyal et al. 2017, Zagoruyko & Komodakis 2016"),
    "exponential-pace": UsualRange(
        0.94, 0.99, 0.98, "factor an epoch", "Szegedy et al. 2016, Sandler et al. 2018, Tan & Le 2019, folklore"
    ),
    "period": UsualRange(4, 20, 8, "epochs", "Smith 2017"),
    "restart-period": UsualRange(1, 200, 10, "epochs", "Loshchilov & Hutter 2017"),
}
"""By the code of the remark about what lies outside."""
