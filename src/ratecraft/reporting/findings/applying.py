"""What carries an advice out: the script's own argument, a change of its code as a unified diff, or a new study.

Path:   `Finding` -> its advice -> lines to paste, for `diagnose --apply`.
Units:  rates are absolute, lengths are optimizer steps.

Every advice leads to one of the two (a test walks over all that the rules give).
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

__all__ = ["Applied", "applied", "applied_json", "applied_text"]

_SETS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ("set-rate", "raise-rate", "raise-further", "divide-rate", "multiply-rate", "usual-rate"), "rate"
        ),
        **dict.fromkeys(("clip", "clip-usual", "loosen-clip"), "clip"),
    }
)
"""Code of an advice to what it sets; each other one sets something of its own."""

_ANY = ("train.py",)  # in place of a script that is not known, if there is nothing but a command


@dataclass(frozen=True, slots=True)
class Applied:
    """One advice, ready to be carried out.

    Attributes:
        finding: Code of the finding that it mends.
        advice: What it says.
        own: The script with its own argument set, where it has one; else empty.
        command: What to type for a study that does it; empty if there is nothing to.
        code: Lines of a diff; none if there is nothing to change.
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
    """How to carry out what the findings advise; those that were refuted are passed over.

    What branches showed comes first, what won most before the others; two that set the same thing, as the rate,
    are one advice: the first.

    Args:
        findings: The worst first.
        script: What is typed for the training, where it is known; else only what no change of code does is a command.
        arguments: Its own.
        own: The one of them that sets its rate.
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
    """What was shown first, by what it won; of runs that blow up otherwise, by the loss that they came to."""
    shown = finding.shown if finding.status in ("proven", "seen") else None
    if shown is None:
        return True, 0.0, 0.0
    return False, -shown.gain, math.inf if shown.loss is None else shown.loss


def applied_text(changes: Sequence[Applied], page: Page) -> str:
    """Every change under the advice that it carries out; what to paste is never broken or indented."""
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
    """The script as it is typed, with its own argument set: to as many times its value as the rate is to change by."""
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
"""Code of an advice to the verb that carries it out, and its options."""
