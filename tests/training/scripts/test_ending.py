"""Mirrors training/scripts/ending.py: how hosted scripts end, whatever they catch, with one answer."""

import json
from pathlib import Path

import pytest
from tests.conformance.run_suite import Heard
from tests.training.hosted_scripts import END, FIGURE, NATURAL, Hosted, hosted, last_log, run, written
from tests.training.hosting.test_host import HEAD

from ratecraft.records.outcome import Ending
from ratecraft.records.running import Score

LOOP = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
train = data()

def epoch():
    for x, y in DataLoader(train, batch_size=8, shuffle=True):
        loss = F.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("val_loss", evaluate(model))

"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ending")


def ended(folder: Path, name: str, text: str) -> Hosted:
    return run(written(folder / name / "train.py", HEAD + LOOP + text), to=7, how=FIGURE)


def answers_once(hosted: Hosted) -> bool:
    return hosted.score is not None and hosted.score.value is not None and hosted.score.failure is None


# ------------------------------------------------------------------ what catches what


@pytest.fixture(scope="module")
def polite(folder: Path) -> Hosted:
    text = """
    import atexit, ratecraft
    atexit.register(lambda: print("exit handler"))
    atexit.register(lambda: print("val_loss 77"))
    try:
        for _ in range(6):
            try:
                epoch()
            except Exception as error:
                print("caught", error)
    finally:
        print("finally")
        print("val_loss 99")
    print("not reached")
    """
    return ended(folder, "polite", text.replace("\n    ", "\n"))


def test_an_end_passes_except_exception(polite: Hosted) -> None:
    assert answers_once(polite)
    assert not any(line.startswith(("caught", "not reached")) for line in polite.printed)


def test_finally_blocks_and_exit_handlers_run(polite: Hosted) -> None:
    assert "finally" in polite.printed
    assert "exit handler" in polite.printed


def test_what_is_printed_after_the_end_is_no_figure(polite: Hosted) -> None:
    assert {figure.value for figure in polite.heard.figures}.isdisjoint({77.0, 99.0})


RETRY = """
tries = 0
while tries < 50:
    try:
        tries += 1
        epoch()
    except:
        print("swallowed", tries)
print("not reached")
"""


@pytest.fixture(scope="module")
def stubborn(folder: Path) -> Hosted:
    return ended(folder, "stubborn", RETRY)


def test_a_bare_except_in_a_retry_loop_is_ended_hard(stubborn: Hosted) -> None:
    assert answers_once(stubborn)
    assert len([line for line in stubborn.printed if line.startswith("swallowed")]) == 3
    assert "not reached" not in stubborn.printed


def test_a_swallowed_end_is_noted(stubborn: Hosted) -> None:
    assert [note.code for note in stubborn.notes] == ["end-swallowed"]


def test_an_exception_in_a_finally_block_changes_no_answer(folder: Path) -> None:
    text = "\ntry:\n    epoch(); epoch(); epoch()\nfinally:\n    raise RuntimeError('cleaning up')\n"
    assert answers_once(ended(folder, "cleaning", text))


def test_an_exception_after_the_figure_changes_no_score(folder: Path) -> None:
    text = "\nepoch(); epoch()\nraise OSError('no space for the checkpoint')\n"
    assert answers_once(ended(folder, "checkpoint", text))


def test_an_exception_before_the_figure_is_the_score_s_failure(folder: Path) -> None:
    text = "\nepoch()\ndef evaluate(model):\n    raise KeyError('metrics')\nepoch()\n"
    hosted = ended(folder, "metrics", text)
    assert hosted.score is not None
    assert hosted.score.value is None
    assert hosted.score.failure is not None
    assert (hosted.score.failure.name, hosted.score.failure.message) == ("KeyError", "'metrics'")


# ------------------------------------------------------------------ ends of the script's own


def natural(folder: Path, name: str, text: str) -> Hosted:
    return run(written(folder / name / "train.py", HEAD + LOOP + text), how=NATURAL)


def test_an_exit_with_0_is_done(folder: Path) -> None:
    hosted = natural(folder, "exit 0", "\nepoch()\nsys.exit(0)\n")
    assert hosted.passage.ending is Ending.DONE
    assert hosted.score is not None
    assert hosted.score.value == hosted.heard.figures[-1].value


def test_an_exit_with_another_code_is_a_failure_with_its_line(folder: Path) -> None:
    failure = natural(folder, "exit 3", "\nepoch()\nsys.exit(3)\n").passage.failure
    assert failure is not None
    assert (failure.kind, failure.name, failure.line > 0) == ("exit", "3", True)


def test_an_exit_with_a_text_is_a_failure_that_says_it(folder: Path) -> None:
    hosted = natural(folder, "exit text", "\nsys.exit('no data here')\n")
    failure = hosted.passage.failure
    assert failure is not None
    assert (failure.kind, failure.name, failure.message) == ("exit", "1", "no data here")
    assert hosted.printed == ["no data here"]


def test_a_script_without_an_optimizer_is_told_so(folder: Path) -> None:
    hosted = run(written(folder / "none" / "train.py", "print('hello')"), to=5)
    assert hosted.passage.ending is Ending.FAILED
    assert hosted.passage.failure is not None
    assert hosted.passage.failure.kind == "no-optimizer"


def test_an_import_error_at_line_1_is_a_failure_there(folder: Path) -> None:
    script = written(folder / "import" / "train.py", "import no_such_module_anywhere\nprint(1)\n")
    failure = run(script, to=5).passage.failure
    assert failure is not None
    assert (failure.kind, failure.name, failure.file, failure.line) == (
        "missing-package", "ModuleNotFoundError", str(script), 1,
    )  # fmt: skip
    assert failure.traceback.splitlines()[-1] == "ModuleNotFoundError: No module named 'no_such_module_anywhere'"


def test_a_syntax_error_is_a_failure_at_its_line(folder: Path) -> None:
    script = written(folder / "syntax" / "train.py", "import torch\nfor x in:\n    pass\n")
    failure = run(script, to=5).passage.failure
    assert failure is not None
    assert (failure.name, failure.file, failure.line) == ("SyntaxError", str(script), 2)


def test_a_file_that_is_not_there_is_a_failure_of_the_script_s_line(folder: Path) -> None:
    script = written(folder / "file" / "train.py", "\nopen('data.csv')\n")
    failure = run(script, to=5).passage.failure
    assert failure is not None
    assert (failure.name, failure.file, failure.line) == ("FileNotFoundError", str(script), 2)


def test_memory_that_runs_out_is_told_as_such(folder: Path) -> None:
    failure = run(written(folder / "memory" / "train.py", "raise MemoryError('so much')"), to=5).passage.failure
    assert failure is not None
    assert failure.kind == "out-of-memory"


def test_input_is_closed(folder: Path) -> None:
    failure = run(written(folder / "input" / "train.py", "input('rate? ')"), to=5).passage.failure
    assert failure is not None
    assert failure.name == "EOFError"


# ------------------------------------------------------------------ children, arguments, models

FORKING = """
import os
child = os.fork()
if child == 0:
    import ratecraft
    other = nn.Linear(4, 1)
    with torch.random.fork_rng():
        opt = torch.optim.SGD(other.parameters(), lr=0.1)
        for _ in range(30):
            opt.zero_grad(); other(torch.ones(1, 4)).sum().backward(); opt.step()
        ratecraft.log(val_loss=55.0)
        print("val_loss 55")
    os._exit(0)
os.waitpid(child, 0)
epoch()
"""


def test_a_forked_child_of_the_script_is_on_its_own(folder: Path) -> None:
    hosted = natural(folder, "forking", FORKING)
    assert hosted.passage.step == 5
    assert [figure.value == 55.0 for figure in hosted.heard.figures] == [False]


def test_the_script_sees_its_arguments_its_name_its_folder_and_its_neighbours(folder: Path) -> None:
    script = folder / "own" / "jobs" / "train.py"
    written(script.with_name("neighbour.py"), "name = 'a neighbour'\n")
    text = """
    import json, os, sys, neighbour
    print(json.dumps([__name__, sys.argv, __file__, os.getcwd(), neighbour.name, sys.path[0]]))
    """
    written(script, text)
    heard = Heard()
    folder = script.parent.parent
    beside = hosted(folder / "any.py", heard, "--epochs", "3", name="jobs/train.py")
    beside.advance({}, None, END)
    beside.close()
    told = json.loads(last_log(folder / "any.py").read_text())
    assert told == [
        "__main__", [str(script), "--epochs", "3"], str(script), str(folder), "a neighbour", str(script.parent),
    ]  # fmt: skip


def test_a_default_rng_takes_its_seed_by_name(folder: Path) -> None:
    text = "\na = np.random.default_rng(seed=3).random()\nassert a == np.random.default_rng(3).random()\nepoch()\n"
    assert natural(folder, "generator", text).passage.ending is Ending.DONE


def test_a_run_that_is_closed_while_it_waits_runs_its_finally_blocks(folder: Path) -> None:
    script = written(
        folder / "waits" / "train.py", HEAD + LOOP + "\ntry:\n    epoch()\nfinally:\n    print('cleaned')\n"
    )
    waiting = hosted(script, Heard())
    waiting.advance({}, 3, END)
    waiting.close()
    assert last_log(script).read_text() == "cleaned\n"


def test_after_a_failed_advance_there_is_no_score(folder: Path) -> None:
    script = written(folder / "gone" / "train.py", "raise ValueError('at once')")
    gone = hosted(script, Heard())
    gone.advance({}, 3, END)
    assert gone.evaluate(FIGURE) == Score(None, failure=gone.evaluate(FIGURE).failure)
    gone.close()


def test_an_end_that_a_block_suppresses_is_ended_hard_too(folder: Path) -> None:
    text = "\nimport contextlib\nfor _ in range(50):\n    with contextlib.suppress(BaseException):\n        epoch()\n"
    hosted = ended(folder, "suppressing", text + "print('not reached')\n")
    assert answers_once(hosted)
    assert "not reached" not in hosted.printed
    assert [note.code for note in hosted.notes] == ["end-swallowed"]
