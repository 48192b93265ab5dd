"""Processes that should train one model together but differ in weights, steps or data.

Codes:  `processes-weights-differ`, `processes-part-differs`, `processes-step-apart`, `processes-train-alone`,
        `processes-same-data`, `epochs-in-one-order`, `parameters-unused`.

Source: docs/reference/findings.md, P34 to P40; exact: held against one another at the same backward passes. That
        nothing is exchanged may yet change, as where weights are averaged once an epoch, and is not exact.
"""

from collections.abc import Iterator

from ratecraft.diagnosis.finding import Advice, Evidence, Finding, Severity
from ratecraft.diagnosis.rule import ANYTHING, Kind, Rule
from ratecraft.diagnosis.view.run_view import RunView


def several_processes(view: RunView) -> Iterator[Finding]:
    """The findings that the ranks of a run report."""
    count = int(view.fact("processes") or 0)
    if most := view.fact("ranks_steps_most"):
        fewest, still = view.fact("ranks_steps_fewest") or 0, view.fact("ranks_still") or 0
        evidence: Evidence = {"rank": int(still), "fewest": int(fewest), "most": int(most)}
        yield _found("processes-step-apart", "error", view, evidence, Advice("step-everywhere"))
    if (at := view.fact("ranks_weights_apart")) is not None:
        evidence = {"processes": count, "steps": int(at)}
        yield _found("processes-weights-differ", "error", view, evidence, Advice("begin-alike"))
    if values := view.fact("ranks_part_apart"):
        whole = view.fact("ranks_part_of") or values
        evidence = {"count": int(values), "parameters": int(whole), "share": values / whole}
        yield _found("processes-part-differs", "error", view, evidence, Advice("wrap-the-whole"))
    if passes := view.fact("ranks_train_alone"):
        evidence, advice = {"processes": count, "passes": int(passes)}, Advice("wrap-the-model")
        yield _found("processes-train-alone", "error", view, evidence, advice, exact=False)
    if passes := view.fact("ranks_same_data"):
        evidence = {"processes": count, "passes": int(passes)}
        yield _found("processes-same-data", "warning", view, evidence, Advice("divide-the-data"))
    if epochs := view.fact("epochs_in_one_order"):
        yield _found("epochs-in-one-order", "warning", view, {"epochs": int(epochs)}, Advice("set-epoch"))
    if unused := view.fact("unused_parameters"):
        evidence = {"count": int(unused), "names": str(view.run.facts.get("unused_named", "?"))}
        yield _found("parameters-unused", "error", view, evidence, Advice("find-unused"))


def _found(
    code: str, severity: Severity, view: RunView, evidence: Evidence, advice: Advice, *, exact: bool = True
) -> Finding:
    return Finding(code, severity, 0.99 if exact else 0.9, (0, view.steps), evidence, (advice,), exact=exact)


SEVERAL_PROCESSES = Rule(
    several_processes,
    (
        Kind(
            "processes-step-apart",
            "error",
            "not-learning",
            advice=("step-everywhere",),
            explains=(*ANYTHING, "processes-weights-differ", "processes-part-differs"),
            is_written=True,
        ),
        Kind(
            "processes-weights-differ",
            "error",
            "not-learning",
            advice=("begin-alike",),
            explains=ANYTHING,
            is_written=True,
        ),
        Kind(
            "processes-part-differs",
            "error",
            "not-learning",
            advice=("wrap-the-whole",),
            explains=ANYTHING,
            is_written=True,
        ),
        Kind("processes-train-alone", "error", "not-learning", advice=("wrap-the-model",), is_written=True),
        Kind("processes-same-data", "warning", "not-learning", advice=("divide-the-data",), is_written=True),
        Kind("epochs-in-one-order", "warning", "not-learning", advice=("set-epoch",), is_written=True),
        Kind(
            "parameters-unused",
            "error",
            "not-learning",
            advice=("find-unused",),
            explains=("parameters-without-gradient", "processes-weights-differ"),
            is_written=True,
        ),
    ),
)
