"""Mirrors training/scoring/raw_output.py: a figure that only another program prints is found, late, and said so."""

from pathlib import Path

import pytest
from tests.training.hosted_scripts import FIGURE, HEAD, NATURAL, Hosted, run, written

from ratecraft.records.job import Evaluate

TELLS = """
import os, subprocess
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
train = data()
for epoch in range(4):
    for x, y in DataLoader(train, batch_size=8, shuffle=True):
        loss = F.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    value = evaluate(model)
    {tell}
"""
WAYS = {
    "a program": 'subprocess.run(["echo", f"val_loss {value!r}"])',
    "the descriptor": 'os.write(1, f"val_loss {value!r}\\n".encode())',
}


@pytest.fixture(scope="module", params=WAYS)
def script(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("raw") / "train.py", HEAD + TELLS.format(tell=WAYS[request.param]))


def printed(hosted: Hosted) -> list[float]:
    return [float(line.split()[1]) for line in hosted.printed if line.startswith("val_loss")]


def test_a_whole_run_tells_them_at_its_end_with_their_way_and_a_note(script: Path) -> None:
    whole = run(script, how=NATURAL)
    assert [(figure.step, figure.name, figure.source) for figure in whole.heard.figures] == [
        (20, "val_loss", "raw")
    ] * 4
    assert [figure.value for figure in whole.heard.figures] == printed(whole)
    assert whole.score is not None
    assert whole.score.value == printed(whole)[-1]
    assert [(note.code, note.values) for note in whole.notes] == [("raw-figures", {"metric": "val_loss"})]


def test_a_probe_takes_the_first_after_its_last_step_once_it_is_over(script: Path) -> None:
    probe = run(script, to=7, how=FIGURE)
    assert probe.score is not None
    assert (probe.score.value, probe.score.frozen) == (printed(probe)[1], 2)


def test_at_its_limit_of_frozen_steps_a_probe_looks_for_them_too(script: Path) -> None:
    probe = run(script, to=7, how=Evaluate("figure", "val_loss", steps=1))
    assert probe.score is not None
    assert (probe.score.value, probe.score.frozen) == (printed(probe)[1], 1)


def test_a_census_finds_their_name(script: Path) -> None:
    assert {figure.name for figure in run(script, to=1, how=Evaluate("census")).heard.figures} == {"val_loss"}


def test_a_figure_that_python_prints_too_is_not_told_twice(tmp_path: Path) -> None:
    tell = 'print("val_loss", value); os.write(1, b"val_loss 77\\n")'
    whole = run(written(tmp_path / "train.py", HEAD + TELLS.format(tell=tell)), how=NATURAL)
    assert {figure.source for figure in whole.heard.figures} == {"printed"}
    assert not whole.notes
