"""`trains-in-eval-mode`, `validates-in-train-mode`: normalisation or dropout layers are in the wrong mode.

Source: docs/reference/findings.md, P19, P20; read in a watched run. Layers that are frozen on purpose (`requires_grad`
        is off, or their model was loaded) are left alone, and so are parts of a model.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import ANYTHING, Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView

_CHECKS = 2  # figures of a validation, before it is one


def modes(view: RunView) -> Iterator[Finding]:
    """The finding, if the model trains or is validated in the wrong mode."""
    norms, drops = view.fact("resting_normalising"), view.fact("resting_dropping")
    since = view.fact("resting_since")
    if since is not None and norms is not None and drops is not None and norms + drops > 0:
        evidence = {"norms": int(norms), "drops": int(drops), "since": int(since)}
        severity = "warning" if norms else "info"
        where = (int(since), max(view.steps, int(since)))
        yield Finding("trains-in-eval-mode", severity, 0.99, where, evidence, (Advice("train-mode"),), exact=True)
    yield from _validation(view)


def _validation(view: RunView) -> Iterator[Finding]:
    norms, drops = view.fact("layers_normalising") or 0.0, view.fact("layers_dropping") or 0.0
    checks = max((len(each) for name in ("val_loss", "val_accuracy") if (each := view.curve(name))), default=0)
    if not view.fact("never_in_eval_mode") or norms + drops <= 0 or checks < _CHECKS:
        return
    evidence = {"norms": int(norms), "drops": int(drops), "checks": checks}
    yield Finding("validates-in-train-mode", "warning", 0.95, (0, view.steps), evidence, (Advice("eval-mode"),))


MODES = Rule(
    modes,
    (
        Kind(
            "trains-in-eval-mode",
            "warning",
            "not-learning",
            advice=("train-mode",),
            explains=ANYTHING,
            is_written=True,
        ),
        Kind(
            "validates-in-train-mode",
            "warning",
            "overfitting",
            advice=("eval-mode",),
            explains=("overfit", "overfit-calibration"),
        ),
    ),
)
