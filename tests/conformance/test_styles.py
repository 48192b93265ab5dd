"""Every style of script works under the host: as it is at its own rates, exact where it is stopped, equal when forked.

Of a style that says no stop only the first is asked.
"""

import re
import shutil
from collections.abc import Callable
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.run_suite import END, Heard
from tests.conformance.style_table import FIRST, LATER, STYLES, TURN, Style
from tests.training.hosted_scripts import Hosted, bare, environment, nursery, run, schedules

from ratecraft.errors import CannotBranch
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending
from ratecraft.records.storage.series import unpack
from ratecraft.records.storage.study import StudyFolder
from ratecraft.schedules.builders.constructors import constant
from ratecraft.training.launching.starting import ScriptStarter

HERE = Path(__file__).parent
RATES = constant(FIRST, TURN) >> constant(LATER)
LIMIT = 60  # frozen steps
HARDER = ("epochs", "program", "nano_gpt", "boards", "rich_bar", "checkpoints", "tracked", "fresh_workers", "closures")


def soaked(name: str, *, is_usual: bool) -> Any:
    """A style that only `make soak` asks, unless it is asked in the usual tests too."""
    return pytest.param(name, marks=[] if is_usual and not STYLES[name].dear else [pytest.mark.soak])


def is_harder(style: Style) -> bool:
    """Whether it is of a framework, or has threads, files or steps that others have not."""
    return bool(style.modules) or style.file in HARDER


WHOLE = (
    "argparse, main guard, sibling, CSV, best.pt",
    "nanoGPT, rates by hand, accumulation, bf16",
    "bars of rich, a pool of threads, a log by a queue",
    "Hugging Face Trainer with TensorBoard and a bar",
    "Lightning with its bar",
    "fastai",
)
"""Those that the usual tests run from end to end; the others they stop or fork."""

BARRED = ("Hugging Face Trainer with TensorBoard and a bar", "Lightning with its bar", "compiled model")
"""Of two that differ in their screens or in what is compiled, the usual tests stop and fork the other one."""

ASKED = [soaked(name, is_usual=name in WHOLE) for name in STYLES]
STOPPED = [soaked(name, is_usual=name not in BARRED) for name, style in STYLES.items() if style.stop]
FORKED = [
    soaked(name, is_usual=is_harder(style) and name not in BARRED) for name, style in STYLES.items() if style.stop
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """The script of a style in a folder of its own."""

    def placed(name: str, purpose: str) -> Path:
        folder = tmp_path_factory.mktemp(purpose) / "scripts"
        shutil.copytree(HERE / "styles", folder, ignore=shutil.ignore_patterns("__pycache__"))
        return folder / f"{STYLES[name].file}.py"

    return placed


@pytest.fixture(scope="module")
def stopped(place: Callable[[str, str], Path]) -> Callable[[str], Hosted]:
    """A run that is stopped within an epoch, at other rates than its own, and scored by its own evaluation."""

    @cache
    def stop(name: str) -> Hosted:
        style = STYLES[name]
        return run(
            place(name, "stopped"),
            *style.arguments,
            to=style.stop,
            rate=RATES,
            how=Evaluate("figure", style.figure, steps=LIMIT),
            launch=nursery(*style.modules),
            start_timeout=600.0,
        )

    return stop


def told(lines: list[str]) -> list[str]:
    """The lines of a script, without those that tell times, and the blanks that wipe out such a line."""
    timed = re.compile(r"_runtime'|torch/_logging|it/s|saving|Epoch \d/\d")
    return [line for line in lines if line.replace("\x1b[A", "").strip() and not timed.search(line)]


@pytest.mark.parametrize("name", ASKED)
def test_with_its_own_rates_a_script_prints_and_trains_what_it_does_bare(
    place: Callable[[str, str], Path], name: str
) -> None:
    style = STYLES[name]
    plain = told(bare(place(name, "bare"), *style.arguments, launcher=nursery(*style.modules)))
    whole = run(
        place(name, "whole"),
        *style.arguments,
        how=Evaluate("natural", style.figure),
        launch=nursery(*style.modules),
    )
    assert len(plain) >= 2
    assert told(whole.printed) == plain
    assert whole.passage.ending is Ending.DONE
    if style.steps:
        assert whole.passage.step == style.steps


@pytest.mark.parametrize("name", STOPPED)
def test_a_stop_within_an_epoch_at_other_rates_gives_the_figure_of_the_weights_there(
    place: Callable[[str, str], Path], stopped: Callable[[str], Hosted], name: str
) -> None:
    style, hosted = STYLES[name], stopped(name)
    assert (hosted.passage.step, hosted.passage.ending) == (style.stop, Ending.DONE)
    assert hosted.score is not None
    assert (hosted.score.value is None) is (style.file == "no_validation")
    if not style.direct:
        return
    script = place(name, "direct")
    rates = [str(value) for value in (FIRST, LATER, TURN, style.stop, style.optimizers)]
    shutil.copy(HERE / "direct.py", script.parent)
    lines = bare(script.with_name("direct.py"), str(script), *rates, *style.arguments, launcher=nursery(*style.modules))
    (direct,) = map(float, re.findall(r"direct (\S+)", "\n".join(lines)))
    assert hosted.score.value == (pytest.approx(direct, rel=1e-6) if style.close else direct)


@pytest.mark.parametrize("name", FORKED)
def test_a_fork_there_is_the_same_as_the_replay_or_is_refused_with_its_reason(
    place: Callable[[str, str], Path], stopped: Callable[[str], Hosted], name: str
) -> None:
    style, replay = STYLES[name], stopped(name)
    home, numbers = place(name, "forked"), count(1)
    starter = ScriptStarter(
        home.name,
        style.arguments,
        home.parent,
        StudyFolder(home.parent / ".s"),  # short: workers of a loader meet at sockets in it
        environment=environment(),
        start_timeout=600.0,
        launch=nursery(*style.modules),
        branches=True,
    )
    before, heard = Heard(), Heard()
    root = starter(Job(stop=0), next(numbers), before)
    try:
        assert root.advance(schedules(FIRST), TURN, END).step == TURN
        if style.refused:
            with pytest.raises(CannotBranch) as refused:
                root.branch(heard)
            assert refused.value.reason == style.refused
            return
        branch = root.branch(heard)
        passage = branch.advance(schedules(RATES), style.stop, END)
        score = branch.evaluate(Evaluate("figure", style.figure, steps=LIMIT))
        branch.close()
    finally:
        root.close()
    assert (passage.step, score.value, score.frozen) == (
        style.stop, replay.score and replay.score.value, replay.score and replay.score.frozen,
    )  # fmt: skip
    losses = [value for each in (before, heard) for block in each.blocks if block.name == "loss"
              for value in unpack(block.values)]  # fmt: skip
    assert losses == replay.losses
