"""Mirrors ratecraft/reporting/results/parts.py."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from ratecraft.records.answer import Share
from ratecraft.records.outcome import Group, Parts
from ratecraft.reporting.results.parts import parts_code, parts_lines, share_text
from ratecraft.reporting.results.screen import result_text
from ratecraft.reporting.results.summary import Summary, to_json
from ratecraft.reporting.text.page import Page

PARTS = Parts(("fc.weight", "fc.bias"), "name", 650, 8320)
SHARES = (Share(0.1, 4.9e-2, 375, 1.31, "done", "a"), Share(0.0, 4.9e-2, 375, None, "blown up", "b"))


def of(summary: Summary, share: float | None, **changes: Any) -> Summary:
    groups = (Group(8970, 3e-3, 1.0),)
    return replace(summary, answer=replace(summary.answer, parts=PARTS, share=share, groups=groups, **changes))


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.1, "Body at 1/10 of the head: 4.9e-4 for the body, 4.9e-3 for the head."),
        (0.0, "Body frozen: only the head is trained, at 4.9e-3."),
        (1.0, "One rate for body and head: 4.9e-3."),
    ],
)
def test_the_share_is_said_with_both_rates(summary: Summary, share: float, said: str) -> None:
    assert " ".join(parts_lines(of(summary, share), Page(), 200)).startswith(said)


def test_the_end_screen_says_which_parameters_are_the_head_in_both_languages(summary: Summary) -> None:
    for language, share in (("en", "1/10 of the head"), ("ja", "頭部の 1/10")):
        text = result_text(of(summary, 0.1, shares=SHARES), Page(language, 120))
        assert share in text
        assert "fc.weight, fc.bias" in text
        assert "--head" in text
        assert "1.31" in text


def test_nothing_is_said_where_nobody_asked(summary: Summary) -> None:
    assert parts_lines(summary, Page(), 100) == []
    assert "parts" not in to_json(summary)


def test_json_holds_the_parts_and_every_probe_of_a_share(summary: Summary) -> None:
    plain = to_json(of(summary, 0.1, shares=SHARES))["parts"]
    assert plain["head"] == ["fc.weight", "fc.bias"]
    assert plain["share"] == 0.1
    assert [each["score"] for each in plain["tried"]] == [1.31, None]


def test_groups_of_the_script_s_own_have_no_code_and_are_told_so(summary: Summary) -> None:
    own = (Group(8000, 3e-3, 1.0), Group(970, 3e-4, 0.1))
    lines = parts_lines(replace(of(summary, 0.1), answer=replace(of(summary, 0.1).answer, groups=own)), Page(), 200)
    assert "your own groups" in lines[-1]


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body, self.fc = nn.Linear(4, 8), nn.Linear(8, 2)


@pytest.mark.parametrize(("frozen", "sizes"), [(False, [2, 2]), (True, [2])])
def test_the_code_makes_groups_that_an_optimizer_takes(frozen: bool, sizes: list[int]) -> None:
    names: dict[str, Any] = {"model": Net()}
    exec(parts_code(["fc.weight", "fc.bias"], frozen=frozen), names)  # noqa: S102
    optimizer = torch.optim.AdamW(names["groups"], lr=0.1)
    assert [len(group["params"]) for group in optimizer.param_groups] == sizes
    assert all(
        any(each is own for own in names["model"].fc.parameters()) for each in optimizer.param_groups[-1]["params"]
    )
    assert names["model"].body.weight.requires_grad is not frozen


def test_many_names_stand_one_a_line() -> None:
    assert max(map(len, parts_code([f"head.{number}.weight" for number in range(9)]).splitlines())) <= 110


def test_shares_are_told_as_people_say_them() -> None:
    assert [share_text(share) for share in (1.0, 1 / 3, 1 / 10, 1 / 30, 0.0)] == ["1", "1/3", "1/10", "1/30", "0"]
