"""Bad input, a row each: what is typed, which error comes, and with which exit code.

What runs no script is typed twice, in English for people and in Japanese with --json for programs, in this process; a
part of it in a process of its own as well, as `make soak` types every row.
"""

import contextlib
import io
import os
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from tests.api.studies.described import script_study
from tests.end_to_end.command import Typed, Workplace

from ratecraft.cli.main import main
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import open_study

TUNE = ("tune", "train.py")
TRAINING = """\
import torch

torch.manual_seed(0)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr={rate})
data = torch.utils.data.DataLoader(torch.eye(2).repeat(170, 1))
seen = 0
for (row) in data:
    if seen == {steps}:
        break
    seen += 1
    loss = (model(row) - 1).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
{end}
"""


def training(end: str = "print('val_loss: 0.5')", steps: int = 340, rate: float = 0.01) -> str:
    return TRAINING.format(end=end, steps=steps, rate=rate)


Type: TypeAlias = Callable[..., Typed]
"""Types a command, in an environment with what is given by name."""


@dataclass(frozen=True)
class Row:
    """`said` is a part of the English message or hint."""

    typed: tuple[str, ...]
    exit_code: int
    code: str
    said: str
    script: str = training()


ROWS = {
    "unknown command": Row(("tuna",), 2, "no-such-command", "There is no command `tuna`."),
    "no script named": Row(("tune",), 2, "missing-argument", "Missing: SCRIPT."),
    "unknown option": Row((*TUNE, "--stps", "9"), 2, "no-such-option", "There is no option `--stps`."),
    "script's own option without --": Row(
        (*TUNE, "--epochs", "9"), 2, "no-such-option", "The script's own arguments go after `--`."
    ),
    "option without its value": Row((*TUNE, "--metric"), 2, "option-needs-value", "`--metric` needs a value."),
    "flag with a value": Row((*TUNE, "--no-plot=1"), 2, "option-without-value", "`--no-plot` takes no value."),
    "too many words": Row(("show", "one", "two"), 2, "extra-argument", "no place for `two` in `ratecraft show`"),
    "unknown language": Row((*TUNE, "--language", "fr"), 2, "unknown-language", "--language is `fr`"),
    "steps that are no number": Row((*TUNE, "--steps", "ten"), 2, "option-whole-number", "`ten` was given"),
    "no steps": Row((*TUNE, "--steps", "0"), 2, "option-whole-number", "a whole number of at least 1, but `0`"),
    "rate 0": Row((*TUNE, "--rate", "0"), 2, "option-number", "`--rate` takes a number above 0, but `0`"),
    "rate that is not a number": Row((*TUNE, "--rate", "nan"), 2, "option-number", "but `nan` was given"),
    "no time to start": Row((*TUNE, "--start-timeout", "-1"), 2, "option-number", "`--start-timeout` takes"),
    "a budget below 1": Row((*TUNE, "--budget", "0.5"), 2, "budget-below-one", "0.5"),
    "a metric without a direction": Row((*TUNE, "--metric", "score"), 2, "metric-direction", "--metric score:max"),
    "a metric in a wrong form": Row((*TUNE, "--metric", "score:up"), 2, "metric-form", "`score:up` is not a metric"),
    "a file to hide that is not there": Row(
        (*TUNE, "--hide", "lsat.pt"), 2, "hide-missing", "There is no lsat.pt to hide"
    ),
    "a file to hide elsewhere": Row((*TUNE, "--hide", "../last.pt"), 2, "hide-outside", "got ../last.pt"),
    "the script to hide": Row((*TUNE, "--hide", "train.py"), 2, "hide-outside", "and not the script itself"),
    "no such script": Row(("tune", "trian.py"), 2, "no-such-script", "There is no script `trian.py` in"),
    "a folder": Row(("tune", "."), 2, "script-is-folder", "is a folder, not a script"),
    "a program of another language": Row(("tune", "train.bin"), 2, "script-binary", "is not a Python script"),
    "a link that leads to itself": Row(
        ("tune", "loop.py"), 2, "script-unreadable", "`loop.py` cannot be read: Too many"
    ),
    "no study here": Row(("resume",), 2, "no-study", "`ratecraft tune SCRIPT` starts one"),
    "no study to show": Row(("show", "tune-other"), 2, "no-study", "There is no study in"),
    "a folder that cannot be written": Row(
        (*TUNE, "--study", "/proc/study"), 2, "directory-read-only", "ratecraft cannot write into /proc"
    ),
}
SCRIPTS = {
    "a package that is missing": Row(
        TUNE,
        3,
        "missing-package",
        f"`nowhere`, which is missing in this environment: {sys.executable}",
        "import torch\nimport nowhere.parts\n",
    ),
    "data that are missing": Row(
        TUNE, 3, "missing-file", "/data/train.bin`, which does not exist", "open('data/train.bin')\n"
    ),
    "no Python": Row(TUNE, 3, "fails-as-it-is", "SyntaxError", "import torch\nx = = 1\n"),
    "an exit code": Row(
        TUNE, 3, "fails-as-it-is", "fails as it is, without ratecraft too: SystemExit(7)", "import sys\nsys.exit(7)\n"
    ),
    "a failure that ratecraft causes": Row(
        TUNE,
        3,
        "fails-here-only",
        "passed this place without it: AssertionError hooked",
        "import torch\nassert not hasattr(torch.autograd.backward, '__wrapped__'), 'hooked'\n",
    ),
    "input() without a terminal": Row(
        TUNE, 3, "no-input", "train.py, line 1), but a job has no keyboard", "input('Which data? ')\n"
    ),
    "no optimizer": Row(TUNE, 2, "no-optimizer", "no torch optimizer was seen", "print('val_loss: 0.5')\n"),
    "zero steps": Row(TUNE, 2, "no-steps", "ended without an optimizer step", training(steps=0)),
    "no step in time": Row(
        (*TUNE, "--start-timeout", "0.5"), 2, "no-step", "no optimizer step within 0.5", "import time\ntime.sleep(60)\n"
    ),
    "too short": Row(TUNE, 2, "too-short", "A run of 100 steps is too short", training(steps=100)),
    "a figure that is never printed": Row(
        (*TUNE, "--metric", "f1"),
        1,
        "metric-not-printed",
        "`f1` was never printed. Seen: val_loss (1×), val_acc (1×).",
        training("print('val_loss: 0.5, val_acc: 0.8')"),
    ),
    "a figure that was only told by ratecraft.log": Row(
        (*TUNE, "--metric", "f1"),
        1,
        "metric-not-printed",
        "Seen: val_loss (1×).",
        training("import ratecraft\nratecraft.log(val_loss=0.5)"),
    ),
    "no figure at all": Row(
        (*TUNE, "--metric", "f1"), 1, "nothing-printed", "`f1` was never printed, and no other", training("")
    ),
    "a figure that is no number": Row(
        TUNE, 1, "metric-never-a-number", "`val_loss` was printed 1 times", training("print('val_loss: nan')")
    ),
    "a loss that is no number before any update": Row(
        TUNE,
        1,
        "first-loss-not-finite",
        "The loss is nan in the very first step, before any update: no learning rate can change that.",
        training().replace("loss = ", "loss = float('nan') * "),
    ),
    "a failure in every probe": Row(
        TUNE,
        3,
        "script-failed-twice",
        "AssertionError the data were cut",
        training("assert seen == 340, 'the data were cut'\nprint('val_loss: 0.5')"),
    ),
}

TYPED = {"no script named", "a folder that cannot be written"}
"""What click refuses, and what we do: in the usual tests these two alone take processes of their own."""

DEAR_TO_REPEAT = {
    "a figure that is no number",
    "a failure in every probe",
    "too short",
    "data that are missing",
    "an exit code",
    "input() without a terminal",
    "no optimizer",
    "zero steps",
    "a figure that was only told by ratecraft.log",
    "no figure at all",
    "a loss that is no number before any update",
    "a package that is missing",
    "a figure that is never printed",
}
"""Each takes a run of the script or two, and goes a way that another row goes as well."""


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    place = Workplace(tmp_path)
    place.put("train.py", training())
    (tmp_path / "train.bin").write_bytes(b"\x7fELF\0\0")
    (tmp_path / "loop.py").symlink_to("loop.py")
    return place


@pytest.fixture
def here(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Types a command in this process, from that folder."""
    monkeypatch.chdir(place.folder)

    def type_here(*words: str, **environment: str) -> Typed:
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            for name in ("LC_ALL", "CI", "COLUMNS"):
                patch.delenv(name, raising=False)
            for name, value in place.environment(**environment).items():
                patch.setenv(name, value)
            return Typed(main(words), out.getvalue(), err.getvalue())

    return type_here


def typed_twice(type_: Type, *words: str) -> tuple[Typed, Typed]:
    """The same for people, in English, and for programs, in Japanese."""
    command, *rest = words
    return type_(*words, COLUMNS="1000"), type_(command, "--json", *rest, RATECRAFT_LANGUAGE="ja")


def check_text(said: Typed, exit_code: int, code: str, text: str) -> None:
    assert said.code == exit_code, said.err
    assert f"[{code}]: " in said.err
    assert text in said.err
    assert said.out == ""
    assert not re.search(r'File ".*ratecraft/', said.err)  # a traceback shows the frames of the script alone


def check_json(plain: Typed, exit_code: int, code: str) -> None:
    assert plain.code == exit_code
    assert plain.err == ""
    assert set(plain.json) == {"code", "message", "hint"}
    assert plain.json["code"] == code
    assert re.search("[ぁ-んァ-ン]", plain.json["message"])


def check(typed: tuple[Typed, Typed], exit_code: int, code: str, text: str) -> None:
    said, plain = typed
    check_text(said, exit_code, code, text)
    check_json(plain, exit_code, code)


@pytest.mark.parametrize("name", ROWS)
def test_bad_input_gets_a_clear_error_in_both_languages(here: Type, name: str) -> None:
    row = ROWS[name]
    check(typed_twice(here, *row.typed), row.exit_code, row.code, row.said)


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.soak] * (name not in TYPED)) for name in ROWS])
def test_a_process_of_its_own_says_the_same(place: Workplace, name: str) -> None:
    row = ROWS[name]
    check(typed_twice(place.type, *row.typed), row.exit_code, row.code, row.said)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.soak] * (name in DEAR_TO_REPEAT)) for name in SCRIPTS]
)
def test_a_script_that_cannot_be_tuned_gets_a_clear_error(place: Workplace, name: str) -> None:
    row = SCRIPTS[name]
    place.put("train.py", row.script)
    check_text(place.type(*row.typed, COLUMNS="1000"), row.exit_code, row.code, row.said)


@pytest.mark.soak
def test_a_failing_script_is_an_error_for_programs_too(place: Workplace) -> None:
    place.put("train.py", "raise SystemExit('no data')")
    check_json(place.type(*TUNE, "--json", RATECRAFT_LANGUAGE="ja"), 3, "fails-as-it-is")


@pytest.mark.soak
def test_what_a_script_printed_last_is_shown_where_no_exception_tells_why_it_failed(place: Workplace) -> None:
    parser = (
        "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--epochs')\nparser.parse_args()\n"
    )
    place.put("train.py", parser)
    said = place.type(*TUNE, "--", "--batches", "3").err
    assert "SystemExit(2)" in said
    assert "train.py: error: unrecognized arguments: --batches 3" in said


@pytest.mark.soak
def test_a_script_that_was_corrected_is_tuned_by_the_same_command(place: Workplace) -> None:
    place.put("train.py", "import nowhere")
    assert place.type(*TUNE).code == 3
    place.put("train.py", training(steps=100))
    check_text(place.type(*TUNE), 2, "too-short", "A run of 100 steps is too short")


@pytest.mark.soak
def test_with_other_settings_a_first_run_alone_need_not_be_made_again(place: Workplace) -> None:
    place.put("train.py", training(steps=100))
    assert "baseline: started" in place.type(*TUNE).err
    name = place.study().folder.name
    said = place.type(*TUNE, "--budget", "2.6", "--metric", "val_loss", COLUMNS="200")
    check_text(said, 2, "too-short", "A run of 100 steps is too short")
    assert f"the baseline of {name} is reused" in said.err
    assert "baseline: started" not in said.err


def test_the_script_s_own_error_is_shown_by_the_lines_of_the_script(place: Workplace) -> None:
    script = place.put("train.py", "import torch\n\ndef load():\n    return {}['train']\n\nload()\n")
    said = place.type(*TUNE).err
    assert f'File "{script}", line 6, in <module>' in said
    assert f'File "{script}", line 4, in load' in said
    assert said.index("line 4") < said.index("KeyError: 'train'") < said.index("Nothing was tuned or proven")


# ---- what stands in the way in the folder of the study


def begun(place: Workplace, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> tuple[Record, Path]:
    """The claimed record of a study that was begun here, and its file."""
    monkeypatch.chdir(place.folder)
    study = script_study("train.py", (), TunerSettings(**settings))
    return open_study(study.folder, study.header()), study.folder.record


def test_a_file_in_the_place_of_the_studies(place: Workplace, here: Type) -> None:
    (place.folder / ".ratecraft").write_text("")
    said = f"ratecraft cannot write into {place.folder}/.ratecraft: Not a directory"
    check(typed_twice(here, *TUNE), 2, "directory-read-only", said)


def test_another_supervisor_at_work(place: Workplace, here: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    record, _ = begun(place, monkeypatch)
    with record:
        check(typed_twice(here, *TUNE), 2, "study-busy", f"by another process ({os.getpid()})")
        check_text(here(*TUNE, "--new", COLUMNS="1000"), 2, "study-busy", f"kill {os.getpid()}")


def test_a_changed_script(place: Workplace, here: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(place, monkeypatch)[0].close()
    place.put("train.py", training(rate=0.02))
    check(typed_twice(here, *TUNE), 2, "changed-script", "Add --new to start a new study")


def test_changed_settings(place: Workplace, here: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other settings are another study: only where one is named can they be those of another one."""
    record, path = begun(place, monkeypatch)
    record.close()
    said = "was started with other settings: budget: 1.85 → 2.6, threads: 1 → 2"
    words = (*TUNE, "--budget", "2.6", "--threads", "2", "--study", str(path.parent))
    check(typed_twice(here, *words), 2, "changed-settings", said)


def test_a_record_of_a_newer_version(place: Workplace, here: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    record, path = begun(place, monkeypatch)
    record.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    for words in (TUNE, ("show",), ("resume",)):
        check_text(here(*words, COLUMNS="1000"), 2, "record-newer", "has format 99, from a newer ratecraft")


def test_a_damaged_record(place: Workplace, here: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    record, path = begun(place, monkeypatch)
    record.close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("UPDATE fact SET body = '{' WHERE name = 'header'")
    connection.close()
    check(typed_twice(here, *TUNE), 2, "record-damaged", "is damaged")
    assert here("studies", "--json").json["studies"][0]["state"] == "unreadable"
    assert "unreadable" in here("studies").out


def test_a_file_that_is_no_record(place: Workplace, here: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    record, path = begun(place, monkeypatch)
    record.close()
    path.write_text("my notes, which are long enough to be looked at as a database" * 20)
    check(typed_twice(here, *TUNE), 2, "record-not-ours", "is not a ratecraft record")


def test_a_study_that_has_no_answer_yet_is_an_error_for_programs_only(
    place: Workplace, here: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(place, monkeypatch)[0].close()
    plain = here("show", "--json")
    assert (plain.code, plain.json["code"]) == (2, "study-unfinished")
    said = here("show")
    assert (said.code, said.err) == (0, "")
    assert "has no answer yet" in said.out
    assert "ratecraft resume tune-train-" in said.out


def test_a_study_in_a_folder_that_is_gone(
    place: Workplace, here: Type, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = Workplace(tmp_path / "elsewhere")
    elsewhere.folder.mkdir()
    elsewhere.put("train.py", training())
    monkeypatch.chdir(elsewhere.folder)
    study = script_study("train.py", (), TunerSettings(), study=tmp_path / "study")
    open_study(study.folder, study.header()).close()
    monkeypatch.chdir(place.folder)
    shutil.rmtree(elsewhere.folder)
    check(typed_twice(here, "resume", str(tmp_path / "study")), 2, "moved-study", "which no longer exists")
