"""`not-the-rate`: no rate over three decades moves a loss that stands where it began.

Path:   what was observed, the arms of rates from a run's beginning -> `proven`.
Source: docs/reference/findings.md, "Alike": dead from step 1, labels without meaning and a loss that is wired wrongly
        have one curve with too small a rate; that curve moves at a higher one.
"""

from collections.abc import Sequence

from ratecraft.diagnosis.diagnosing import Diagnosis, Explained
from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.proof.comparing import FACTORS, FAR_ENDS, Compared

__all__ = ["without_blame"]

_CODE = "not-the-rate"
_STANDS = frozenset({"not-learning", "creeping", "stuck", "flat-from-start", "validation-at-chance"})
"""Codes of a loss that stands where it began, or of one that knows nothing."""


def without_blame(said: Diagnosis, arms: Sequence[Compared]) -> tuple[Finding, tuple[Explained, ...]] | None:
    """What is said where no rate is to blame, and what it explains; None if one may be.

    Args:
        said: What was observed.
        arms: What was tried.
    """
    rates = [arm for arm in arms if arm.tried.start == 0 and arm.name in FACTORS and not arm.tried.validated]
    observed = {item.code for item in (*said.findings, *said.undecided)}
    if not set(FAR_ENDS) <= {rate.name for rate in rates} or observed.isdisjoint(_STANDS):
        return None
    if not all(rate.moves_nothing for rate in rates):
        return None
    lost = [finding for finding in said.findings if finding.code in _STANDS]
    own, factors = rates[0].control.rate, [FACTORS[rate.name] for rate in rates]
    evidence = {"low": own * min(factors), "high": own * max(factors), "steps": rates[0].tried.steps}
    where = lost[0].steps if lost else (0, rates[0].tried.steps)
    advice = (Advice("one-batch"), Advice("look-at-labels"), Advice("look-at-graph"))
    severity = lost[0].severity if lost else "warning"
    finding = Finding(_CODE, severity, 0.9, where, evidence, advice, "seen")
    return finding, tuple(Explained(finding, _CODE) for finding in lost)
