"""Slow: whole studies several jobs at a time, with all of torch, replayed, by another metric, and without gain."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import torch
from tests.end_to_end.command import Tuned, Workplace, tree
from tests.end_to_end.killing import study_place

pytestmark = pytest.mark.soak

TUNE = ("tune", "digits.py")


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    return study_place(tmp_path)


def check_same(place: Workplace, tuned: Tuned) -> None:
    """The answer, the counted costs and the user's files are those of a study that nothing disturbed."""
    ours, theirs = place.study(), tuned.place.study()
    assert ours.answer == theirs.answer
    assert (ours.costs.runs, ours.costs.by_phase) == (theirs.costs.runs, theirs.costs.by_phase)
    assert set(tree(place.folder)) == set(tree(tuned.place.folder))
    assert (place.folder / "log.csv").read_text() == (tuned.place.folder / "log.csv").read_text()
    states = [torch.load(each.folder / "checkpoint.pt", weights_only=True)["model"] for each in (place, tuned.place)]
    assert all(torch.equal(tensor, states[1][name]) for name, tensor in states[0].items())
    assert place.processes() == []


def test_several_jobs_at_a_time_come_to_the_same_answer(place: Workplace, tuned: Tuned) -> None:
    assert place.type(*TUNE, "--workers", "3").code == 0
    check_same(place, tuned)


def test_with_all_of_torch_nothing_is_different(tmp_path: Path, tuned: Tuned) -> None:
    place = Workplace(tmp_path, whole=True)
    place.put("digits.py")
    (place.folder / "log.csv").write_text("an earlier run\n")
    assert place.type(*TUNE).code == 0
    check_same(place, tuned)


def test_replayed_jobs_cost_more_and_come_to_an_answer_too(place: Workplace) -> None:
    typed = place.type(*TUNE, "--threads", "2", "--json")
    assert typed.json["verdict"] == "gain"
    assert 1.5 < typed.json["cost"]["runs"] <= 1.75
    assert (place.folder / "log.csv").read_text().count("\n") == 1 + 8


def test_another_metric_is_compared_where_it_is_asked_for(place: Workplace) -> None:
    plain = place.type(*TUNE, "--metric", "val_acc", "--json").json
    assert plain["metric"] == {"name": "val_acc", "direction": "max", "source": "validation"}
    assert plain["tuned"]["best"] >= plain["tuned"]["final"] > 0.85


def test_a_script_with_the_found_schedule_in_it_gains_nothing_more(place: Workplace, tuned: Tuned) -> None:
    text = (place.folder / "digits.py").read_text()
    text = re.sub(r"(?m)^optimizer = .*\n", lambda made: made[0] + tuned.typed.json["schedule"]["code"], text)
    text = re.sub(r"(?m)^( +)optimizer\.step\(\)\n", r"\g<0>\1scheduler.step()\n", text)
    (place.folder / "pasted.py").write_text(text)
    typed = place.type("tune", "pasted.py")
    assert typed.code == 0
    assert typed.out.startswith("= No gain: keep your rate, 0.2.")
    command = shlex.split(typed.out.splitlines()[-1])
    subprocess.run(command, cwd=place.folder, check=True)
    kept = place.study().folder.baseline
    assert tree_of(kept) == {"log.csv", "checkpoint.pt"}
    assert all((place.folder / name).read_bytes() == (kept / name).read_bytes() for name in tree_of(kept))


def tree_of(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
