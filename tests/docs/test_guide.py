"""The guide's chapters: the same in both languages, and what they tell to type is right."""

import doctest
import re
import tomllib
from importlib import util
from pathlib import Path

import pytest
from tests.docs.markdown import ROOT, Document, understood

from ratecraft.cli.main import main
from ratecraft.translations.catalogue import LANGUAGES, has_sentence

GUIDE, BUILDING = ROOT / "docs" / "guide", ROOT / "docs" / "building"
CHAPTERS = sorted(path.name for path in (GUIDE / "en").glob("*.md"))
FRAMEWORKS = "frameworks.md"
"""Its code begins where a program of a framework is under way: `test_frameworks_page.py` runs it there."""
QUICK = ("plan", "preview")
"""Commands that neither train nor need a script."""


def chapter(name: str, language: str = "en") -> Document:
    return Document(GUIDE / language / name)


def commands(*verbs: str) -> list[list[str]]:
    found = sorted({tuple(command) for name in CHAPTERS for command in chapter(name).commands()})
    return [[*command] for command in found if not verbs or command[1] in verbs]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the commands of the guide name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "C.UTF-8")
    for name in ("train.py", "finetune.py", "train.log"):
        (tmp_path / name).write_text("")
    return tmp_path


def test_the_chapters_are_the_same_in_every_language() -> None:
    for language in LANGUAGES:
        assert sorted(path.name for path in (GUIDE / language).glob("*.md")) == CHAPTERS


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_has_the_same_parts_in_every_language(name: str) -> None:
    english = chapter(name)
    for other in (chapter(name, language) for language in LANGUAGES):
        assert other.commands() == english.commands()
        assert other.headings() == english.headings()
        assert other.links() == english.links()
        assert len(other.blocks("python")) == len(english.blocks("python"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_of_a_chapter_is_drawn_in_its_language_and_no_drawing_is_left_over(language: str) -> None:
    wanted = {link for name in CHAPTERS for link in chapter(name, language).links() if link.startswith("../figures/")}
    drawn = {
        f"../figures/{path.name.removesuffix(f'.{language}.svg')}.svg"
        for path in GUIDE.glob(f"figures/*.{language}.svg")
    }
    assert wanted == drawn
    text = "".join(chapter(name, language).text for name in CHAPTERS)
    assert set(re.findall(r"\.([a-z]+)\.svg", text)) == {language}


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_of_the_guide_is_understood(command: list[str], folder: Path) -> None:
    assert command[0] == "ratecraft"
    understood(command)


@pytest.mark.parametrize("command", [each for each in commands(*QUICK) if each[2:] != ["train.py"]], ids=" ".join)
def test_every_command_that_trains_nothing_works(
    command: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command[1:]) == 0
    assert capsys.readouterr().out


@pytest.mark.parametrize("name", [name for name in CHAPTERS if chapter(name).blocks("python") and name != FRAMEWORKS])
def test_the_code_of_a_chapter_runs(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    blocks = {block for language in LANGUAGES for block in chapter(name, language).blocks("python")}
    for block in blocks:
        exec(compile(block, name, "exec"), {"__name__": "__main__"})  # noqa: S102 - it is the guide's own


def test_the_examples_of_what_makes_pages_run() -> None:
    spec = util.spec_from_file_location("generated", BUILDING / "generated.py")
    assert spec is not None
    assert spec.loader is not None
    generated = util.module_from_spec(spec)
    spec.loader.exec_module(generated)
    assert doctest.testmod(generated) == (0, 1)


def test_what_is_said_of_findings_is_of_codes_that_there_are() -> None:
    known = tomllib.loads((BUILDING / "findings.toml").read_text(encoding="utf-8"))
    for code, said in known.items():
        assert has_sentence(f"finding.{code}.title"), code
        assert f"{said['chapter']}.md" in CHAPTERS, code
        assert [advice for advice in said.get("advice", ()) if not has_sentence(f"advice.{advice}.text")] == [], code


def test_the_guide_s_own_words_are_the_same_in_every_language() -> None:
    for name in ("words.toml", "figures.toml"):
        words = [keys(tomllib.loads((GUIDE / each / name).read_text(encoding="utf-8"))) for each in LANGUAGES]
        assert [each for each in words if each != words[0]] == []


def keys(table: dict[str, object], head: str = "") -> set[str]:
    """Of a table and the tables in it."""
    found = set[str]()
    for name, value in table.items():
        found |= keys(value, f"{head}{name}.") if isinstance(value, dict) else {f"{head}{name}"}
    return found
