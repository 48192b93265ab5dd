"""Mirrors ratecraft/diagnosis/rule.py: what the rules say beforehand of their findings is of things that there are."""

import ast
from pathlib import Path
from typing import get_args

import ratecraft.diagnosis.rule
from ratecraft.diagnosis.diagnosing import EXPLAINS, RULES
from ratecraft.diagnosis.rule import Family
from ratecraft.translations.catalogue import has_sentence

ROOM = Path(ratecraft.diagnosis.rule.__file__).parent
CHAPTERS = Path(__file__).parents[2] / "docs" / "guide" / "en"
KINDS = {kind.code: kind for rule in RULES for kind in rule.kinds}


def test_a_code_belongs_to_one_rule() -> None:
    assert len(KINDS) == sum(len(rule.kinds) for rule in RULES)


def test_every_code_that_a_rule_gives_is_among_the_kinds() -> None:
    given = set[str]()
    for path in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) == "Finding"
                and isinstance(node.args[0], ast.Constant)
            ):
                given.add(node.args[0].value)
    assert len(given) > 30
    assert given <= KINDS.keys()


def test_a_kind_has_words_a_chapter_and_advice_that_there_is() -> None:
    for code, kind in KINDS.items():
        assert has_sentence(f"finding.{code}.title"), code
        assert (CHAPTERS / f"{kind.chapter}.md").is_file(), code
        assert [each for each in kind.advice if not has_sentence(f"advice.{each}.text")] == [], code


def test_what_follows_from_a_kind_is_a_family_or_a_code() -> None:
    known = {*KINDS, *get_args(Family)}
    assert {each for kind in KINDS.values() for each in kind.explains} <= known
    assert all(EXPLAINS[code] for code, kind in KINDS.items() if kind.explains)


def test_only_what_branches_can_show_can_be_refuted() -> None:
    assert [kind.code for kind in KINDS.values() if kind.is_refutable and kind.proof is None] == []
