"""What carries an advice out: a command, or a change of the training's code in the form of a unified diff.

Path:   `Finding` -> its advice -> lines to paste, for `diagnose --apply`.
Units:  rates are absolute, lengths are optimizer steps.

The change is written about the names that PyTorch's own examples use: `model`, `optimizer`, `loss`, `inputs`.
"""

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ratecraft.diagnosis.finding import Advice, Evidence, Finding
from ratecraft.reporting.page import Page, wrap
from ratecraft.translations.catalogue import rate_text

__all__ = ["Applied", "applied", "applied_json", "applied_text"]


@dataclass(frozen=True, slots=True)
class Applied:
    """One advice, ready to be carried out.

    Attributes:
        finding: Code of the finding that it mends.
        advice: What it says.
        command: What to type; empty where there is nothing to.
        code: Lines of a diff; none where there is nothing to change.
    """

    finding: str
    advice: Advice
    command: str = ""
    code: tuple[str, ...] = ()


def applied(findings: Iterable[Finding], script: str = "", arguments: Sequence[str] = ()) -> tuple[Applied, ...]:
    """How to carry out what the findings advise, each advice once; those that were refuted are passed over.

    Args:
        findings: The worst first.
        script: The training, where it is known.
        arguments: Its own.

    Example:
        >>> from ratecraft.diagnosis.finding import Advice
        >>> finding = Finding("spikes", "warning", 0.9, (10, 20), {}, (Advice("clip-usual", {"norm": 1.0}),))
        >>> print(*applied([finding])[0].code, sep=chr(10))
         loss.backward()
        +torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
         optimizer.step()
    """
    found: dict[str, Applied] = {}
    for finding in findings:
        for advice in finding.advice if finding.status != "refuted" else ():
            command, code = _command(advice, script, arguments), _code(advice)
            if (command or code) and advice.code not in found:
                found[advice.code] = Applied(finding.code, advice, command, code)
    return tuple(found.values())


def applied_text(changes: Sequence[Applied], page: Page) -> str:
    """Every change under the advice that it carries out; what to paste is never broken or indented."""
    if not changes:
        return page.words("screen.apply.nothing")
    blocks: list[str] = []
    for each in changes:
        said = page.words(f"advice.{each.advice.code}.text", **each.advice.values)
        head = "\n".join(wrap(f"# {each.finding}: {said}", page.width, hang="# "))
        command = [page.words("screen.apply.command"), each.command] if each.command else []
        code = [page.words("screen.apply.code"), *each.code] if each.code else []
        blocks.append("\n".join([page.paint(head, "strong"), *command, *code]))
    return "\n\n".join(blocks)


def applied_json(changes: Sequence[Applied]) -> list[dict[str, Any]]:
    """The same as plain values."""
    return [
        {
            "finding": each.finding,
            "advice": each.advice.code,
            "values": dict(each.advice.values),
            "command": each.command or None,
            "code": "\n".join(each.code) or None,
        }
        for each in changes
    ]


def _command(advice: Advice, script: str, arguments: Sequence[str]) -> str:
    write = _COMMANDS.get(advice.code)
    if write is None or not script:
        return ""
    verb, options = write(advice.values)
    own = ("--", *arguments) if arguments else ()
    return shlex.join(["ratecraft", verb, script, *options, *own])


def _code(advice: Advice) -> tuple[str, ...]:
    write = _CODES.get(advice.code)
    return () if write is None else tuple(write(advice.values).strip("\n").split("\n"))


def _at_rate(values: Evidence) -> tuple[str, tuple[str, ...]]:
    return "tune", ("--rate", rate_text(float(values["rate"])))


def _warmed(values: Evidence) -> tuple[str, tuple[str, ...]]:
    return "tune", ("--schedule", f"warmup({int(values['steps'])}) >> cosine()")


def _cooled(values: Evidence) -> tuple[str, tuple[str, ...]]:
    share = float(values["share"])
    return "tune", ("--schedule", f"constant(1, {1 - share:g}) >> linear(1, 0)")


_COMMANDS: Mapping[str, Callable[[Evidence], tuple[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "set-rate": _at_rate,
        "raise-rate": _at_rate,
        "warm-up": _warmed,
        "cool-down": _cooled,
        "find-rate": lambda values: ("find", ()),
    }
)
"""Code of an advice to the verb that carries it out, and its options."""


def _rate(values: Evidence) -> str:
    before, rate = rate_text(float(values["before"])), rate_text(float(values["rate"]))
    return f"""
+for group in optimizer.param_groups:  # right after the optimizer is made
+    group["lr"] *= {float(values["rate"]) / float(values["before"]):.4g}  # {rate} instead of {before}
"""


def _clip(values: Evidence) -> str:
    return f"""
 loss.backward()
+torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm={float(values["norm"]):g})
 optimizer.step()
""".replace("max_norm=1)", "max_norm=1.0)")


def _warm_up(values: Evidence) -> str:
    return f"""
+warmed_up = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / {int(values["steps"])}))
 for inputs, targets in loader:
     ...
     optimizer.step()
+    warmed_up.step()
"""


def _cool_down(values: Evidence) -> str:
    steps, whole = int(values["steps"]), round(float(values["steps"]) / float(values["share"]))
    return f"""
+cooled = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, max(0.0, ({whole} - step) / {steps})))
 for inputs, targets in loader:
     ...
     optimizer.step()
+    cooled.step()
"""


def _plateau(values: Evidence) -> str:
    options = f"factor={values['factor']}, patience={values['patience']}, threshold={values['threshold']}"
    return f"""
+plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, {options}, threshold_mode="abs")
 val_loss = validate(model)
+plateau.step(val_loss)
"""


def _stop(values: Evidence) -> str:
    return f"""
+best, bad = float("inf"), 0
 val_loss = validate(model)
+if val_loss < best:
+    best, bad = val_loss, 0
+    torch.save(model.state_dict(), "best.pt")
+else:
+    bad += 1
+if bad > {int(values["patience"])}:
+    break
"""


def _standardise(values: Evidence) -> str:
    return """
+mean, deviation = train_inputs.mean(0), train_inputs.std(0)
+deviation = torch.where(deviation > 0, deviation, torch.ones_like(deviation))
 for inputs, targets in loader:
+    inputs = (inputs - mean) / deviation
     loss = loss_function(model(inputs), targets)
"""


def _step_each(values: Evidence) -> str:
    return """
     optimizer.step()
+    scheduler.step()
"""


_CODES: Mapping[str, Callable[[Evidence], str]] = MappingProxyType(
    {
        "set-rate": _rate,
        "raise-rate": _rate,
        "clip": _clip,
        "clip-usual": _clip,
        "warm-up": _warm_up,
        "cool-down": _cool_down,
        "reduce-on-plateau": _plateau,
        "stop-at": _stop,
        "standardise": _standardise,
        "step-every-step": _step_each,
    }
)
"""Code of an advice to the change of code that carries it out."""
