"""Mirrors ratecraft/cli/main.py, with its words and values: what is said before any study is looked at."""

import json
import re
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import click
import pytest

import ratecraft.records.storage.study
from ratecraft.cli.main import main
from ratecraft.cli.usage import in_our_words
from ratecraft.translations.catalogue import sentence

PROGRAM = (sys.executable, "-m", "ratecraft.cli.main")
COMMANDS = (
    "tune",
    "find",
    "search",
    "scale",
    "resume",
    "studies",
    "show",
    "report",
    "watch",
    "diagnose",
    "plan",
    "preview",
    "ui",
    "demo",
    "doctor",
)


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder, an English terminal of 100 columns."""
    monkeypatch.chdir(tmp_path)
    for name in ("RATECRAFT_LANGUAGE", "LC_ALL", "LC_MESSAGES", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_help_lists_every_command(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    out = capsys.readouterr().out
    assert out.startswith("Usage: ratecraft [OPTIONS] COMMAND [ARGUMENTS]...")
    for name in COMMANDS:
        assert f"  {name} " in out
        assert sentence(f"cli.{name}.short") in out


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(("language", "heading"), [("en", "Examples:"), ("ja", "例:")])
def test_every_command_has_help_with_examples_in_both_languages(
    name: str, language: str, heading: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name, "--help", "--language", language]) == 0
    out = capsys.readouterr().out
    assert f"{heading}\n  ratecraft {name}" in out


def test_japanese_help_holds_no_english_word_of_click(capsys: pytest.CaptureFixture[str]) -> None:
    main(["tune", "--help", "--language=ja"])
    out = capsys.readouterr().out
    assert "[既定: 300]" in out
    for word in ("default", "Usage", "Options:", "Show this"):
        assert word not in out


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"ratecraft {metadata.version('ratecraft')}\n"


def test_options_alone_are_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--language", "en"]) == 2
    said = " ".join(capsys.readouterr().err.split())  # the list is longer than a line
    assert f"error[no-command]: A command is missing: {', '.join(COMMANDS)}." in said


def test_the_locale_chooses_the_language(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    assert main(["tune"]) == 2
    assert "エラー[missing-argument]" in capsys.readouterr().err


def test_a_wrong_language_is_told_in_that_of_the_locale(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    monkeypatch.setenv("RATECRAFT_LANGUAGE", "fr")
    assert main(["studies"]) == 2
    assert "RATECRAFT_LANGUAGE に `fr` が指定されました" in capsys.readouterr().err


def test_words_behind_two_dashes_are_the_script_s_own(capsys: pytest.CaptureFixture[str]) -> None:
    main(["tune", "none.py", "--", "--json", "--language", "ja", "--debug"])
    assert "error[no-such-script]: There is no script `none.py`" in capsys.readouterr().err


def test_an_empty_folder_has_no_studies(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["studies"]) == 0
    assert capsys.readouterr().out == "No studies here yet. Start one with `ratecraft tune SCRIPT`.\n"
    assert main(["studies", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"schema": 1, "studies": []}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], r"2\.\d runs in total, at most 2\.\d: the baseline, 8 probes and a run"),
        (["--no-baseline"], r"1\.\d runs in total, at most 1\.\d: 8 probes and a run"),
        (["--no-baseline", "--steps", "400"], r"1\.\d runs in total, at most 2\.\d: 8 probes and a run"),
        (["--language", "ja"], r"全部で学習 2\.\d 回分（最大 2\.\d 回分）：ベースライン、試し学習 8 回と本番"),
    ],
)
def test_a_dry_run_tells_the_price_and_leaves_nothing_behind(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "train.py").write_text("print(1)\n")
    assert main(["tune", "train.py", "--dry-run", *words]) == 0
    assert re.fullmatch(said + "\n", capsys.readouterr().out)
    assert [path.name for path in tmp_path.iterdir()] == ["train.py"]


@pytest.mark.parametrize("verb", ["tune", "find", "search"])
def test_a_dry_run_refuses_a_tracker_that_is_none(
    verb: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "train.py").write_text("print(1)\n")
    assert main([verb, "train.py", "--dry-run", "--track", "paper"]) == 2
    assert "Unknown tracker 'paper'" in capsys.readouterr().err


def test_a_dry_run_tells_programs_the_same(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("print(1)\n")
    assert main(["tune", "train.py", "--dry-run", "--json", "--steps", "2000"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert plain["schema"] == 1
    assert set(plain["estimate"]) == {"probes", "final_runs", "runs", "total_runs", "budget", "horizon"}
    assert (plain["estimate"]["probes"], plain["estimate"]["horizon"]) == (8, 2000)


@pytest.mark.parametrize(
    ("problem", "code", "said"),
    [
        (
            OSError(28, "No space left on device"),
            "system",
            "The operating system stopped ratecraft: [Errno 28] No space",
        ),
        (ZeroDivisionError("division by zero"), "defect", "a bug in ratecraft: ZeroDivisionError: division by zero"),
    ],
)
def test_what_nobody_foresaw_is_told_without_a_traceback_unless_that_is_asked_for(
    problem: Exception, code: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise problem

    monkeypatch.setattr(ratecraft.records.storage.study, "find_study", fail)
    assert main(["show"]) == 2
    err = capsys.readouterr().err
    assert f"error[{code}]: " in err
    assert said in err.replace("\n", " ")
    with pytest.raises(type(problem)):
        main(["show", "--debug"])


def test_ctrl_c_before_there_is_anything_to_keep_is_exit_code_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ratecraft.records.storage.study, "find_study", interrupt)
    assert main(["show"]) == 130
    assert capsys.readouterr().out == ""


def test_what_click_says_of_none_of_the_known_kinds_is_passed_on() -> None:
    error = in_our_words(click.FileError("train.py", "is locked"))
    assert error.code == "usage"
    assert "train.py" in error.message()


def test_a_folder_that_was_removed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    done = subprocess.run([*PROGRAM, "studies", "--language", "en"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error[no-working-folder]: The folder that this terminal is in no longer exists.")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_is_no_error(closed: str) -> None:
    words = " ".join(map(shlex.quote, [*PROGRAM, "studies"]))
    done = subprocess.run(["/bin/sh", "-c", f"{words} {closed}"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
