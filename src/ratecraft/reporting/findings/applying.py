"""How to follow an advice: set the script's own argument, change its code (a unified diff), or run a new study.

Path:   `Finding` -> its advice -> lines to paste, for `diagnose --apply`.
Units:  rates are absolute, lengths are optimizer steps.

Every advice has a command or a change of code (a test goes through all that the rules give).
"""

import math
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ratecraft.diagnosis.finding import Advice, Evidence, Finding
from ratecraft.records.own_rate import OwnRate
from ratecraft.records.program import command_words
from ratecraft.reporting.findings.code_changes import code_change
from ratecraft.reporting.text.page import Page, wrap
from ratecraft.translations.catalogue import rate_text

_SETS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ("set-rate", "raise-rate", "raise-further", "divide-rate", "multiply-rate", "usual-rate"), "rate"
        ),
        **dict.fromkeys(("clip", "clip-usual", "loosen-clip"), "clip"),
    }
)
"""Code of an advice to what it sets; any other advice sets something that no other one does."""

_ANY = ("train.py",)  # in place of a script that is not known, if a command is the only way


@dataclass(frozen=True, slots=True)
class Applied:
    """One advice, ready to be followed.

    Attributes:
        finding: Code of the finding that it fixes.
        advice: The advice as a sentence.
        own: The script with its own argument set, if it has one; else empty.
        command: The command of a study that does it; empty if there is none.
        code: Lines of a diff; empty if no code has to change.
    """

    finding: str
    advice: Advice
    own: str = ""
    command: str = ""
    code: tuple[str, ...] = ()


def applied(
    findings: Iterable[Finding],
    script: Sequence[str] = (),
    arguments: Sequence[str] = (),
    *,
    own: OwnRate | None = None,
    language: str = "en",
) -> tuple[Applied, ...]:
    """How to follow the advice of the findings; refuted findings are skipped.

    Advice that branches proved comes first, the largest gain before the others. Of two that set the same thing, such as
    the rate, only the first is kept.

    Args:
        findings: The findings, the worst first.
        script: The command of the training, if it is known; otherwise a command is given only where no change of code
            will do.
        arguments: The script's own arguments.
        own: The one of these that sets the rate.
        language: Language of the comments in code.

    Example:
        >>> from ratecraft.diagnosis.finding import Advice
        >>> finding = Finding("spikes", "warning", 0.9, (10, 20), {}, (Advice("clip-usual", {"norm": 1.0}),))
        >>> print(*applied([finding])[0].code, sep=chr(10))
         loss.backward()
        +torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
         optimizer.step()
    """
    found: dict[str, Applied] = {}
    for finding in sorted(findings, key=_proven_gain):
        for advice in finding.advice if finding.status != "refuted" else ():
            code = code_change(advice, language)
            command = _command(advice, script if code or script else _ANY, arguments)
            what = _SETS.get(advice.code, advice.code)
            if (command or code) and what not in found:
                typed = "" if own is None or not script else _own_command(advice, own, script, arguments)
                found[what] = Applied(finding.code, advice, typed, command, code)
    return tuple(found.values())


def _proven_gain(finding: Finding) -> tuple[bool, float, float]:
    """A sort key: proven gains first, the largest before the others; the lowest loss if other runs blow up."""
    shown = finding.shown if finding.status in ("proven", "seen") else None
    if shown is None:
        return True, 0.0, 0.0
    return False, -shown.gain, math.inf if shown.loss is None else shown.loss


def applied_text(changes: Sequence[Applied], page: Page) -> str:
    """Every change under its advice; what is to be pasted is never broken or indented."""
    if not changes:
        return page.words("screen.apply.nothing")
    blocks: list[str] = []
    for change in changes:
        said = page.words(f"advice.{change.advice.code}.text", **change.advice.values)
        head = "\n".join(wrap(f"# {change.finding}: {said}", page.width, hang="# "))
        own = [page.words("screen.apply.own"), change.own] if change.own else []
        code = [page.words("screen.apply.code"), *change.code] if change.code else []
        command = [page.words("screen.apply.command"), change.command] if change.command else []
        blocks.append("\n".join([page.paint(head, "strong"), *own, *code, *command]))
    return "\n\n".join(blocks)


def applied_json(changes: Sequence[Applied]) -> list[dict[str, Any]]:
    """The same as plain values."""
    return [
        {
            "finding": change.finding,
            "advice": change.advice.code,
            "values": dict(change.advice.values),
            "own": change.own or None,
            "command": change.command or None,
            "code": "\n".join(change.code) or None,
        }
        for change in changes
    ]


def _command(advice: Advice, script: Sequence[str], arguments: Sequence[str]) -> str:
    write = _COMMANDS.get(advice.code)
    if write is None or not script:
        return ""
    verb, options = write(advice.values)
    return shlex.join(command_words(verb, script, options, arguments))


def _own_command(advice: Advice, own: OwnRate, script: Sequence[str], arguments: Sequence[str]) -> str:
    """The command of the script with its own argument set, multiplied by as much as the rate is to change."""
    rate, before = advice.values.get("rate"), advice.values.get("before")
    if _SETS.get(advice.code) != "rate" or not rate or not before:
        return ""
    value = rate_text(own.value * float(rate) / float(before))
    words = script if len(script) > 1 else ("python", *script)
    return shlex.join((*words, *own.with_value(arguments, value)))


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
        "usual-rate": _at_rate,
        "split-rates": lambda values: ("tune", ("--groups", "body-head")),
        "body-rate": lambda values: ("tune", ("--groups", "body-head")),
        "warm-up": _warmed,
        "cool-down": _cooled,
        "find-rate": lambda values: ("find", ()),
    }
)
"""Code of an advice to the verb and the options that follow it."""
