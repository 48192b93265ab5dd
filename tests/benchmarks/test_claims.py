"""A claim is found wherever its lines break, and what it says is held against what is made of the data."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from claims import LIST, ROOT, Passage, Table, declared, differences

WORDS = "It is {share} % off in {count} of 12 runs."


def passage(**values: str) -> Passage:
    return Passage("page.md", WORDS, lambda: values)


def test_what_agrees_is_no_difference() -> None:
    text = "# Page\n\nIt is 0.2 % off\nin 3 of\n12 runs. More."
    assert passage(share="0.2", count="3").compared(text) == (text, [])


def test_what_differs_is_named_and_put_right_without_touching_the_lines() -> None:
    text, wrong = passage(share="6.5", count="12").compared("It is 0.2 % off\nin 3 of 12 runs.")
    assert text == "It is 6.5 % off\nin 12 of 12 runs."
    assert wrong == ["share is 0.2 in the text, 6.5 in the data", "count is 3 in the text, 12 in the data"]


def test_words_that_are_gone_are_a_difference() -> None:
    _, wrong = passage(share="1", count="2").compared("It was off.")
    assert wrong == ["no passage like: " + WORDS]


def test_a_table_stands_between_its_marks() -> None:
    table = Table("page.md", "rows", lambda: ["| a | 1 |", "| b | 2 |"])
    text, wrong = table.compared("Before\n<!-- rows -->\n| a | 1 |\n| b | 3 |\n<!-- /rows -->\nAfter")
    assert text == "Before\n<!-- rows -->\n| a | 1 |\n| b | 2 |\n<!-- /rows -->\nAfter"
    assert wrong == ["the data have: | b | 2 |", "the data have no: | b | 3 |"]
    assert table.compared("Nothing")[1] == ["no table between marks called rows"]


def test_differences_are_told_by_page(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("It is 1 % off in 2 of 12 runs.\n<!-- rows -->\n<!-- /rows -->\n")
    claims = [passage(share="1", count="3"), Table("page.md", "rows", lambda: ["| a |"])]
    first, second = differences(claims, tmp_path)
    assert (first.page, first.said) == ("page.md", "count is 2 in the text, 3 in the data")
    assert second.text == "It is 1 % off in 3 of 12 runs.\n<!-- rows -->\n| a |\n<!-- /rows -->\n"


@pytest.mark.parametrize("claim", declared(LIST), ids=lambda claim: claim.page)
def test_every_claim_stands_where_it_is_said_to_stand(claim: Passage | Table) -> None:
    text = (ROOT / claim.page).read_text(encoding="utf-8")
    if isinstance(claim, Table):
        assert f"<!-- {claim.name} -->" in text
    else:
        assert claim.pattern.search(text)
