"""Pages and tables of the guide that are made, not written: of the catalogues of words, and of the presets.

Path:   `ratecraft.translations`, `ratecraft.recipes` -> Markdown -> `pages.py` hands it to the builder.
"""

import html
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ratecraft.diagnosis.diagnosing import EXPLAINS, RULES
from ratecraft.recipes.presets import builtin_presets
from ratecraft.recipes.recipe import Hyperparameter
from ratecraft.translations.catalogue import all_sentences, rate_text

__all__ = ["MADE", "finding_codes", "finding_page", "words"]

HERE = Path(__file__).parent
_PLURAL = re.compile(r"\{\w+:[^{}|]*\|([^{}|]*)\}")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}%?")
_CONFIDENCE = {"high": "well", "medium": "fairly", "low": "little"}


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """The guide's own words, by language."""
    files = sorted((HERE.parent / "guide").glob("*/words.toml"))
    return {file.parent.name: tomllib.loads(file.read_text(encoding="utf-8")) for file in files}


@cache
def _known() -> Mapping[str, Mapping[str, Any]]:
    """Of each finding how bad it is, what is advised, and the chapter that says more; a rule knows its own."""
    kinds = (kind for rule in RULES for kind in rule.kinds)
    own = {each.code: {"severity": each.severity, "advice": each.advice, "chapter": each.chapter} for each in kinds}
    return own | tomllib.loads((HERE / "findings.toml").read_text(encoding="utf-8"))


def finding_codes() -> list[str]:
    """Every code that a diagnosis may come to, in the catalogue's order."""
    return [code for code, part in _codes("finding", "en") if part == "title"]


def _codes(family: str, language: str) -> Iterator[tuple[str, str]]:
    for key in all_sentences(language):
        if key.startswith(f"{family}."):
            code, _, part = key.removeprefix(f"{family}.").rpartition(".")
            yield code, part


def blank(sentence: str) -> str:
    """A sentence with … where a run's own numbers go, ready for Markdown.

    Example:
        >>> blank("The loss fell by {fall:.0%} in <b> `{n:,}` {n:step|steps}.")
        'The loss fell by … in &lt;b&gt; `…` steps.'
    """
    parts = _PLACEHOLDER.sub("…", _PLURAL.sub(r"\1", sentence)).replace("\n", " ").split("`")
    return "`".join(part if place % 2 else html.escape(part, quote=False) for place, part in enumerate(parts))


def _said(key: str, language: str) -> str:
    return blank(all_sentences(language)[key])


def _link(code: str, language: str) -> str:
    return f"[{_said(f'finding.{code}.title', language)}](finding-{code}.md)"


def finding_page(code: str, language: str) -> str:
    """The page of a finding."""
    known, of = _known().get(code, {}), words()[language]
    lines = ["---", f"language: {language}", "above: findings", "---", ""]
    lines += [f"# {_said(f'finding.{code}.title', language)}", ""]
    lines += [f"{of['code-is'].format(code=f'`{code}`')} {of[known['severity']] if 'severity' in known else ''}", ""]
    lines += [f"> {_said(f'finding.{code}.text', language)}", "", of["blanks"], ""]
    if known.get("advice"):
        lines += [f"## {of['do']}", "", of["do-some"], ""]
        lines += [f"- {_said(f'advice.{each}.text', language)}" for each in known["advice"]]
    effects = [each for each in finding_codes() if each in EXPLAINS.get(code, ())]
    causes = [each for each in finding_codes() if code in EXPLAINS.get(each, ())]
    for heading, others in (("explains", effects), ("explained", causes)):
        if others:
            lines += ["", f"## {of[heading]}", "", *(f"- {_link(each, language)}" for each in others)]
    lines += [
        "",
        f"## {of['see']}",
        "",
        "```console",
        "$ ratecraft diagnose train.log",
        "$ ratecraft watch train.py",
        "```",
        "",
    ]
    if known:
        lines += [f"## {of['read-on']}", "", f"- [{title_of(known['chapter'], language)}]({known['chapter']}.md)"]
    return "\n".join(lines) + "\n"


@cache
def title_of(chapter: str, language: str) -> str:
    """The heading of a chapter."""
    text = (HERE.parent / "guide" / language / f"{chapter}.md").read_text(encoding="utf-8")
    return next(line[2:] for line in text.splitlines() if line.startswith("# "))


def findings_table(language: str) -> str:
    """Every finding with its page, then what is left undecided."""
    of = words()[language]
    lines = [f"| {of['finding']} | {of['code']} | {of['severity']} |", "|---|---|---|"]
    for code in finding_codes():
        severity = _known().get(code, {}).get("severity", "")
        lines.append(f"| {_link(code, language)} | `{code}` | {of.get(f'names-{severity}', '')} |")
    lines += ["", f"## {of['undecided']}", "", of["undecided-text"], ""]
    lines += [f"- `{code}`: {_said(f'undecided.{code}.text', language)}" for code, _ in _codes("undecided", language)]
    return "\n".join(lines)


def messages_list(language: str) -> str:
    """Every error by its code: what is said, and what to do."""
    parts = dict[str, dict[str, str]]()
    for code, part in _codes("error", language):
        parts.setdefault(code, {})[part] = _said(f"error.{code}.{part}", language)
    return "\n\n".join(
        f"### `{code}` {{: #{code} }}\n\n{said['message']}\n\n{said.get('hint', '')}"
        for code, said in sorted(parts.items())
    )


def _unbroken(rate: float) -> str:
    """A rate whose parts stay on one line."""
    return f'<span class="number">{rate_text(rate)}</span>'


def _rate_cells(hyperparameter: Hyperparameter, language: str) -> str:
    low, high = hyperparameter.low, hyperparameter.high
    usual = f"{_unbroken(low)} – {_unbroken(high)}" if low is not None and high is not None else ""
    confidence = words()[language][_CONFIDENCE[hyperparameter.confidence]]
    return f"{_unbroken(hyperparameter.value)} | {usual} | {hyperparameter.source} ({confidence})"


def _fold(title: str) -> list[str]:
    """How a part begins that is shown when asked for."""
    return ["", '<details markdown="1">', f"<summary>{title}</summary>", ""]


def optimizers_table(language: str) -> str:
    """A first rate by optimizer, from the presets."""
    of = words()[language]
    lines = [f"| {of['optimizer']} | {of['rate']} | {of['range']} | {of['source']} |", "|---|---|---|---|"]
    recipes = builtin_presets().optimizers.values()
    lines += [f"| {each.name} | {_rate_cells(each.hyperparameters['rate'], language)} |" for each in recipes]
    lines += _fold(of["more-optimizers"])
    lines += [f"| {of['optimizer']} | {of['scope']} | {of['caution']} |", "|---|---|---|"]
    for each in recipes:
        said = [_said(f"screen.optimizer.{each.key}.{part}", language) for part in ("scope", "not")]
        cautions = " ".join(_said(f"caution.{code}.text", language) for code in each.cautions)
        lines.append(f"| {each.name} | {' '.join(said)} | {cautions} |")
    return "\n".join((*lines, "", "</details>"))


def tasks_table(language: str) -> str:
    """A first rate by task and optimizer, from the presets."""
    of, presets = words()[language], builtin_presets()
    lines = [
        f"| {of['task']} | {of['optimizer']} | {of['rate']} | {of['range']} | {of['source']} |",
        "|---|---|---|---|---|",
    ]
    for key, task in presets.tasks.items():
        for name, own in task.optimizers.items():
            if "rate" in own.hyperparameters:
                cells = _rate_cells(own.hyperparameters["rate"], language)
                lines.append(f"| `{key}` | {presets.optimizers[name].name} | {cells} |")
    lines += _fold(of["more-tasks"])
    lines += [f"| {of['task']} | {of['scope']} | {of['caution']} |", "|---|---|---|"]
    for key, task in presets.tasks.items():
        cautions = " ".join(_said(f"caution.{code}.text", language) for code in task.cautions)
        lines.append(f"| `{key}` | {_said(f'screen.task.{key}', language)} | {cautions} |")
    return "\n".join((*lines, "", "</details>"))


MADE = {"findings": findings_table, "messages": messages_list, "optimizers": optimizers_table, "tasks": tasks_table}
"""By the name in `<!-- made: name -->`, where a chapter has it."""
