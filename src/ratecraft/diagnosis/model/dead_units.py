"""`units-died`: most entries of the gradient became exactly 0 during the run: no input activates these units any more.

Source: docs/reference/findings.md, S02, L02 (partial collapse), AUTOTRAINER's rule of dying units (seven tenths of the
        entries). A high share alone says little: it is 0.7 with dropout or batches of two, and higher with
        embeddings. So it must have grown.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.advising import lower_rate
from ratecraft.diagnosis.finding import Advice, Finding
from ratecraft.diagnosis.rule import LARGE, UNSTABLE, Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView

_MOST = 0.85  # of the entries
_LEFT = 0.5  # of the entries that were not 0 at first: no more may be left
_FEWEST = 4


def units_died(view: RunView) -> Iterator[Finding]:
    """The finding, if that share of entries rose and stays high."""
    zeros = view.curve("zero_gradient")
    if zeros is None or len(zeros) < _FEWEST or view.is_game:
        return
    first, end = min(float(value) for value in zeros.values[:2]), zeros.end
    late = zeros.values[-max(len(zeros) // 2, 2) :]  # it lasts
    if min(float(late.min()), end) < _MOST:
        return
    step = int(zeros.steps[int((zeros.values >= _MOST).argmax())])
    if 1 - end > _LEFT * (1 - first):
        return
    evidence = {"first": first, "share": end, "step": step, "last": zeros.last}
    advice = (lower_rate(view, step, 10), Advice("start-again"), Advice("initialise"))
    yield Finding("units-died", "error", 0.9, (step, zeros.last), evidence, advice)


UNITS_DIED = Rule(
    units_died,
    (
        Kind(
            "units-died",
            "error",
            "not-learning",
            advice=("set-rate", "divide-rate", "start-again", "initialise"),
            families=("lost",),
            explains=("course", "rate-far-above", "stuck"),
            proof=UNSTABLE,
            faults=LARGE,
        ),
    ),
)
