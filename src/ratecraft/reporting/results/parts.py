"""Body and head with separate rates: what was tried, what was chosen, which parameters belong to which, and the code.

Path:   answer -> a part of the end screen, lines that make the groups.
"""

from collections.abc import Sequence

from ratecraft.records.answer import Share
from ratecraft.reporting.results.summary import Summary
from ratecraft.reporting.text.numbers import count_text, numbers_text
from ratecraft.reporting.text.page import Page, table, wrap
from ratecraft.translations.catalogue import rate_text

_NAMES_IN_A_LINE = 4


def share_text(share: float) -> str:
    """A share as text.

    Example:
        >>> share_text(1 / 30), share_text(1.0)
        ('1/30', '1')
    """
    return f"1/{1 / share:.0f}" if 0 < share < 1 else f"{share:g}"


def parts_lines(summary: Summary, page: Page, room: int) -> list[str]:
    """The part of the end screen, at most `room` cells wide; empty if body and head were not asked for."""
    answer = summary.answer
    if answer.parts is None or answer.share is None or answer.rate is None:
        return []
    head, body = answer.rate, answer.rate * answer.share
    key = "one" if answer.share == 1 else "frozen" if answer.share == 0 else "share"
    said = page.words(f"screen.parts.{key}", share=share_text(answer.share), head=head, body=body)
    size = page.words(
        "screen.parts.size",
        head=count_text(answer.parts.head_values),
        body=count_text(answer.parts.body_values),
        names=", ".join(answer.parts.head),
    )
    lines = [*wrap(said, room), *_tried(answer.shares, page), *wrap(size, room)]
    if answer.is_split and len(answer.groups) > 1:
        lines += wrap(page.words("screen.parts.own-groups"), room)
    return lines


def _tried(shares: Sequence[Share], page: Page) -> list[str]:
    if not shares:
        return []
    scores = numbers_text([share.score for share in shares])
    rows = [[page.words(f"screen.parts.{name}") for name in ("of-body", "of-head", "score")]]
    for share, score in zip(shares, scores, strict=True):
        body = rate_text(share.rate * share.share) if share.share else "0"
        rows.append([body, rate_text(share.rate), page.spell(score)])
    return list(table(rows, gap=2))


def parts_code(head: Sequence[str], *, frozen: bool = False) -> str:
    """PyTorch code that makes `groups` of a `model`: body and head, or the head alone if the body is frozen.

    Args:
        head: Names of the head's parameters.
        frozen: The body is frozen.

    Example:
        >>> print(parts_code(["fc.weight", "fc.bias"]))
        # Body and head as groups of their own: give `groups` to the optimizer in place of model.parameters().
        head = {"fc.weight", "fc.bias"}
        groups = [
            {"params": [parameter for name, parameter in model.named_parameters() if name not in head]},
            {"params": [parameter for name, parameter in model.named_parameters() if name in head]},
        ]
        <BLANKLINE>
    """
    quoted = [f'"{name}"' for name in head]
    wide = len(quoted) > _NAMES_IN_A_LINE
    names = ["head = {", *(f"    {name}," for name in quoted), "}"] if wide else [f"head = {{{', '.join(quoted)}}}"]
    of_head = '    {"params": [parameter for name, parameter in model.named_parameters() if name in head]},'
    if frozen:
        lines = [
            "# The head alone is trained: give `groups` to the optimizer in place of model.parameters().",
            *names,
            "for name, parameter in model.named_parameters():",
            "    parameter.requires_grad_(name in head)",
            "groups = [",
            of_head,
            "]",
        ]
    else:
        lines = [
            "# Body and head as groups of their own: give `groups` to the optimizer in place of model.parameters().",
            *names,
            "groups = [",
            of_head.replace("name in", "name not in"),
            of_head,
            "]",
        ]
    return "\n".join((*lines, ""))
