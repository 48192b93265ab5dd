"""Every command that pages, help and screens tell to type is one that there is; the cheap ones are run."""

import re
import shlex
from pathlib import Path

import pytest
from tests.docs.markdown import ROOT, Document, understood

from ratecraft.cli.main import _COMMANDS, main
from ratecraft.translations.catalogue import LANGUAGES, all_sentences

PAGES = {
    "en": (Document(ROOT / "README.md"), Document(ROOT / "docs/usage.md")),
    "ja": (Document(ROOT / "README.ja.md"), Document(ROOT / "docs/usage.ja.md")),
}
_INLINE = re.compile(r"`(ratecraft [^`]*)`")
_PLACEHOLDERS = {"SCRIPT": "train.py", "LOG": "train.log", "FOLDER": "site", "STUDY": "tune-train", "NAME": "HOME"}
_CHEAP = ("plan", "preview")
_NAMED = ("ratecraft search --program",)
"""Named in a sentence, not to be typed as it stands."""
_SCRIPT = """
import torch

model = torch.nn.Linear(4, 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(64, 4)), batch_size=8)
for epoch in range(50):
    for (batch,) in loader:
        optimizer.zero_grad()
        model(batch).square().mean().backward()
        optimizer.step()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the commands name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "C.UTF-8")
    for name in ("train.py", "finetune.py"):
        (tmp_path / name).write_text(_SCRIPT)
    (tmp_path / "space.toml").write_text("[rate]\nchoices = [0.1, 0.01]\n")
    return tmp_path


def typed(line: str) -> list[str]:
    """A line as the shell splits it, with something in each place that is to be filled in."""
    words = shlex.split(line, comments=True)
    return [_PLACEHOLDERS.get(word.strip("[]"), word.strip("[]") if word.startswith("[") else word) for word in words]


def in_pages(language: str) -> list[list[str]]:
    blocks = [words for page in PAGES[language] for words in page.commands() if words[0] == "ratecraft"]
    lines = [line for page in PAGES[language] for line in _INLINE.findall(page.text) if line not in _NAMED]
    return [*blocks, *map(typed, lines)]


def in_help() -> list[list[str]]:
    """The examples of every help page, in each language; braces stand doubled in a catalogue."""
    found: list[list[str]] = []
    for language in LANGUAGES:
        for key, text in all_sentences(language).items():
            if key.endswith(".examples") and not key.startswith("cli.heading."):
                lines = (line for line in text.replace("{{", "{").replace("}}", "}").splitlines() if line.strip())
                found += [typed(re.split(r" {3,}", line)[0]) for line in lines]
    return found


def in_messages() -> list[list[str]]:
    """Commands within sentences; of those with placeholders, which tests of their screens run, the verb alone."""
    texts = [text for language in LANGUAGES for key, text in all_sentences(language).items() if "examples" not in key]
    lines = [line for text in texts for line in _INLINE.findall(text)]
    return [typed(line) for line in lines if "{" not in line and "…" not in line and line not in _NAMED]


def distinct(*lists: list[list[str]]) -> list[list[str]]:
    return [[*words] for words in sorted({tuple(words) for each in lists for words in each})]


ALL = distinct(in_pages("en"), in_pages("ja"), in_help(), in_messages())


def split_language(words: list[str]) -> list[str]:
    """Without the options of `ratecraft` itself."""
    return [words[0], *words[3:]] if words[1] == "--language" else words


def test_there_are_examples_of_every_verb() -> None:
    assert set(_COMMANDS) <= {split_language(words)[1] for words in ALL}


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_that_is_told_is_one_that_there_is(words: list[str], folder: Path) -> None:
    command = split_language(words)
    assert command[0] == "ratecraft"
    if command[1:] in ([], ["--help"], ["--version"]):
        return
    assert command[1] in _COMMANDS
    if len(command) > 2:
        understood(command)


@pytest.mark.parametrize(
    "words", [each for each in ALL if len(each) > 2 and each[1] in _CHEAP and "train.py" not in each], ids=" ".join
)
def test_every_command_that_trains_nothing_works(
    words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words[1:]) == 0
    assert capsys.readouterr().out


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "asked",
    [
        (),
        ("--schedule", "exponential"),
        ("--schedule", "triangular"),
        ("--schedule", "wsd"),
        ("--schedule", "exponential", "--steps", "5000"),
        ("--schedule", "exponential", "--steps", "5000", "--passes", "10"),
        ("--schedule", "warmup(samples(6400)) >> cosine()"),
        ("--schedule", 'warmup(tokens(1e6)) >> wsd(0.05, 0.2, decay="1-sqrt")'),
    ],
    ids=" ".join,
)
def test_what_a_plan_tells_to_type_next_works(
    asked: tuple[str, ...], language: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--optimizer", "adamw", *asked, "--language", language]) == 0
    lines = [line[line.index("ratecraft ") :] for line in next_lines(capsys.readouterr().out, language)]
    assert [shlex.split(line)[1] for line in lines] == ["preview", "find"]
    for line in lines:
        understood(shlex.split(line))
    assert main([*shlex.split(lines[0])[1:], "--no-plot"]) == 0


def next_lines(screen: str, language: str) -> list[str]:
    label = {"en": "Next", "ja": "次に"}[language]
    return [line for line in screen[screen.rindex(f"\n{label} ") :].splitlines() if "ratecraft " in line]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_about_schedules_runs_as_it_is_shown(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = (code for page in PAGES[language] for code in page.blocks("python") if "torch_code" in code)
    exec(compile(block, "usage", "exec"), {"__name__": "__main__"})  # noqa: S102 - it is the page's own
    assert "of 10000 optimizer steps" in capsys.readouterr().out
