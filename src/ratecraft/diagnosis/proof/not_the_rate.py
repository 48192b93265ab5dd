"""Runs whose loss stays where it began at every rate over three decades, and what one batch then shows.

Codes:  `not-the-rate`, `one-batch-fits`, `one-batch-fails`.

Path:   what was observed, the arms of rates from a run's beginning, those on one batch -> `proven`.
Source: docs/reference/findings.md, "Alike": dead from step 1, labels without meaning and a loss that is wired wrongly
        have one curve with too small a rate; that curve moves at a higher one.
"""

from collections.abc import Sequence

from ratecraft.diagnosis.diagnosing import Diagnosis, Explained
from ratecraft.diagnosis.finding import Advice, Evidence, Finding
from ratecraft.diagnosis.proof.comparing import FACTORS, FAR_ENDS, Compared
from ratecraft.diagnosis.proof.one_batch import OneBatch

_STANDS = frozenset({"not-learning", "creeping", "stuck", "flat-from-start", "validation-at-chance"})
"""Codes of a loss that stands where it began, or of one that knows nothing."""


def stands(said: Diagnosis) -> bool:
    """Whether it was observed that the loss stands where it began, or that the model knows nothing."""
    return not {item.code for item in (*said.findings, *said.undecided)}.isdisjoint(_STANDS)


def without_blame(
    said: Diagnosis, arms: Sequence[Compared], batch: OneBatch | None = None
) -> tuple[Finding, tuple[Explained, ...]] | None:
    """The finding if no rate is to blame, and what it explains; None if a rate may be.

    Args:
        said: What was observed.
        arms: What was tried.
        batch: What came of one batch, if that was tried.
    """
    rates = [arm for arm in arms if arm.tried.start == 0 and arm.name in FACTORS and not arm.tried.validated]
    if not set(FAR_ENDS) <= {rate.name for rate in rates} or not stands(said):
        return None
    if not all(rate.moves_nothing for rate in rates):
        return None
    lost = [finding for finding in said.findings if finding.code in _STANDS]
    own, factors = rates[0].control.rate, [FACTORS[rate.name] for rate in rates]
    evidence: Evidence = {"low": own * min(factors), "high": own * max(factors), "steps": rates[0].tried.steps}
    where = lost[0].steps if lost else (0, rates[0].tried.steps)
    severity = lost[0].severity if lost else "warning"
    code, told, advice = _by_one_batch(batch)
    finding = Finding(code, severity, 0.9, where, {**evidence, **told}, advice, "seen")
    return finding, tuple(Explained(finding, code) for finding in lost)


def _by_one_batch(batch: OneBatch | None) -> tuple[str, Evidence, tuple[Advice, ...]]:
    """The code, with the numbers of the batch and what is advised."""
    if batch is None or batch.is_fitted is None:
        return "not-the-rate", {}, (Advice("one-batch"), Advice("look-at-labels"), Advice("look-at-graph"))
    told = {"first": batch.first, "last": batch.last, "rate": batch.rate, "from": batch.low, "to": batch.high}
    if batch.is_fitted:
        return "one-batch-fits", told, (Advice("keep-pairs"), Advice("look-at-labels"))
    return "one-batch-fails", told, (Advice("look-at-graph"), Advice("look-at-loss"))
