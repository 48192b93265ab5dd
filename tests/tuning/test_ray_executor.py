"""Mirrors ratecraft/tuning/ray_executor.py with what it joins: studies on a cluster of two nodes that a fixture starts.

What is killed is killed for real, and what an orphan goes on to tell is waited for before anything is asserted.
"""

import json
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.end_to_end.command import Study, Workplace
from tests.tuning.ray_nodes import PROGRAM, Trace, late_node, replaced, started, two_nodes, until, worker_of

from ratecraft.api.running.run_study import run_study
from ratecraft.api.search import describe_search, search
from ratecraft.api.studies.cluster import RayCluster
from ratecraft.errors import Interrupted, InvalidInput
from ratecraft.records.events import Event, Finished, Started
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder
from ratecraft.reporting.progress.screen import SilentScreen
from ratecraft.tuning.ray_executor import RayExecutor

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed")

SCRIPT = """
import sys, torch
torch.manual_seed(0)
inputs = torch.randn(64, 4)
data = torch.utils.data.TensorDataset(inputs, inputs.sum(1, keepdim=True))
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.5)
for epoch in range(4):
    for batch, wanted in torch.utils.data.DataLoader(data, batch_size=8, shuffle=True):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(batch), wanted)
        loss.backward()
        optimizer.step()
    print("val_loss:", float(torch.nn.functional.mse_loss(model(inputs), data.tensors[1])))
torch.save(model.state_dict(), "model.pt")
"""
TASK = """
import torch
from ratecraft.training.tasks.task import Task
def make_task():
    inputs = torch.randn(64, 4)
    data = torch.utils.data.TensorDataset(inputs, inputs.sum(1, keepdim=True))
    model = torch.nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    def loss(model, batch):
        return torch.nn.functional.mse_loss(model(batch[0]), batch[1])
    return Task(model, optimizer, loss, data, steps=320, batch_size=8)
"""


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """A head without processors and two nodes with one each."""
    with two_nodes() as nodes:
        yield nodes


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """The user's working folder, and beside it one for caches: the only one of the user's that a trial may write to."""
    home = tmp_path / "home"
    (tmp_path / "cache").mkdir()
    home.mkdir()
    (home / "train.py").write_text(PROGRAM)
    monkeypatch.chdir(home)
    monkeypatch.setenv("RATECRAFT_LANGUAGE", "en")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "cache"))
    return Workplace(home, whole=True)


def program(place: Workplace) -> dict[str, Any]:
    command = f"{sys.executable} train.py {{rate}} {Trace(place).path}"
    rates = {"rate": [0.1, 0.01, 0.001]}
    return {"program": command, "metric": "val_loss", "method": "grid", "space": rates, "study": "study"}


def words(place: Workplace, address: str, *more: str) -> list[str]:
    """The same search as a command, one trial after the other."""
    whole = program(place)
    options = ["--method", "grid", "--rate", "0.1,0.01,0.001", "--metric", "val_loss", "--study", "study", "--json"]
    return ["search", "--program", whole["program"], *options, "--executor", "ray", "--address", address, *more]


class StopsAfter(SilentScreen):
    """A screen that asks a study to stop once so many jobs have finished."""

    def __init__(self, finishes: int) -> None:
        self.stop, self._left = threading.Event(), finishes

    def hear(self, event: Event) -> None:
        self._left -= isinstance(event, Finished)
        if not self._left:
            self.stop.set()


def begun(described: Any, finishes: int) -> None:
    """Drive a study, and stop it after so many jobs."""
    screen = StopsAfter(finishes)
    with pytest.raises(Interrupted):
        run_study(described, open_screen=lambda study, past: screen, stop=screen.stop)


def attempts(study: Study) -> dict[str, list[int]]:
    """The attempts at each job, in order."""
    found: dict[str, list[int]] = {}
    for each in study.events:
        if isinstance(each, Started):
            found.setdefault(each.job, []).append(each.attempt)
    return found


def test_what_looks_like_a_secret_is_on_no_node_unless_it_is_sent_by_name(cluster: Any, place: Workplace) -> None:
    (place.folder / "keys").mkdir()
    for name in (".env", "keys/mine.pem", "keys/other.pem"):
        (place.folder / name).write_text("secret")
    (place.folder / "look.py").write_text(
        "import os\nthere = [os.path.exists(name) for name in ('.env', 'keys/mine.pem', 'keys/other.pem')]\n"
        "print('val_loss:', there.index(True) + 10 * sum(there))\n"
    )
    command = {"program": f"{sys.executable} look.py {{rate}}", "space": {"rate": [0.1, 0.01]}}
    sending = RayCluster(cluster.address, send=["keys/mine.pem"])
    far = search(**{**program(place), **command}, executor=sending, progress=False)
    assert [trial.score for trial in far.trials] == [11.0, 11.0]


def test_a_search_over_a_program_leaves_what_it_leaves_on_this_machine(cluster: Any, place: Workplace) -> None:
    near = search(**{**program(place), "study": "near"}, workers=2, progress=False)
    far = search(**program(place), workers=2, executor=RayCluster(cluster.address), progress=False)
    assert far.trials == near.trials
    assert far.values == {"rate": 0.001}
    here, there = place.study("near").folder, place.study("study").folder
    assert tree_of(there.path) == tree_of(here.path)
    assert left_by(place) == {process for _, process in Trace(place).said("begun")[-3:]}
    assert not list(Path(tempfile.gettempdir(), f"ratecraft-{os.getuid()}").glob("*/folder"))


def left_by(place: Workplace) -> set[int]:
    """The processes whose files the study has kept."""
    return {int(path.read_text()) for path in place.study("study").folder.path.glob("run-*/left.txt")}


def tree_of(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if "sqlite" not in path.name)


KINDS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "script": ("train.py", SCRIPT, {"baseline": False, "steps": 32}),
    "task": ("making:make_task", TASK, {"baseline": False}),
}


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["script", "task"])
def test_a_search_begun_here_goes_on_there_to_the_same_outcomes(kind: str, cluster: Any, place: Workplace) -> None:
    what, text, more = KINDS[kind]
    (place.folder / f"{what.partition(':')[0].removesuffix('.py')}.py").write_text(text)
    asked: dict[str, Any] = {"method": "grid", "space": {"rate": [0.1, 0.01]}, **more}
    search(what, **asked, study="near", progress=False)
    begun(describe_search(what, **asked, study="far"), 1)
    away = RayCluster(cluster.address)
    run_study(describe_search(what, **asked, study="far", executor=away, workers=2))
    near, far = place.study("near"), place.study("far")
    assert far.told == near.told
    assert repr(far.answer.search) == repr(near.answer.search)
    assert sorted(far.models) == sorted(near.models)


@pytest.mark.soak
def test_a_search_begun_there_goes_on_here(cluster: Any, place: Workplace) -> None:
    near = search(**{**program(place), "study": "near"}, progress=False)
    asked = program(place)
    begun(describe_search(**asked, executor=RayCluster(cluster.address)), 1)
    assert search(**asked, progress=False).trials == near.trials


@pytest.mark.soak
def test_a_trial_whose_worker_is_killed_is_tried_again(cluster: Any, place: Workplace) -> None:
    trace = Trace(place)
    trace.hold()
    with started(place, *words(place, cluster.address)) as command:
        until(lambda: bool(trace.said("begun")), command)
        rate, process = trace.said("begun")[0]
        trial = psutil.Process(process)
        worker_of(process).kill()
        assert psutil.wait_procs([trial], timeout=300)[1] == []
        trace.release()
        out, err = command.communicate(timeout=300)
    assert command.returncode == 0, err
    assert json.loads(out)["search"]["trials"][0]["values"] == {"rate": 0.001}
    assert [each for each, _ in trace.said("begun")] == [rate, rate, *(r for r in (0.1, 0.01, 0.001) if r != rate)]
    assert sorted(attempts(place.study("study")).values()) == [[1], [1], [1, 2]]


@pytest.mark.soak
def test_what_an_orphan_tells_after_its_node_was_lost_is_refused(cluster: Any, place: Workplace) -> None:
    """Ray itself takes the orphan's result: its worker lives, and still reaches whoever asked for it."""
    trace = Trace(place)
    trace.hold()
    with started(place, *words(place, cluster.address)) as command:
        until(lambda: bool(trace.said("begun")), command)
        rate, orphan = trace.said("begun")[0]
        raylet = worker_of(orphan).ppid()
        os.kill(raylet, signal.SIGKILL)
        until(lambda: len(trace.said("begun")) == 2, command)
        trace.release(orphan)
        until(lambda: (rate, orphan) in trace.said("ended"), command)
        trace.release()
        err = command.communicate(timeout=300)[1]
    replaced(cluster, raylet)
    assert command.returncode == 0, err
    study = place.study("study")
    finished = {each.outcome.score: each.attempt for each in study.events if isinstance(each, Finished)}
    assert finished == {**dict.fromkeys((0.1, 0.01, 0.001), 1), rate: 2}
    assert left_by(place) == {process for _, process in trace.said("begun")} - {orphan}


@pytest.mark.soak
def test_a_killed_driver_leaves_no_trial_and_the_same_command_goes_on(cluster: Any, place: Workplace) -> None:
    trace = Trace(place)
    trace.hold()
    with started(place, *words(place, cluster.address, "--workers", "2")) as command:
        until(lambda: len(trace.said("begun")) == 2, command)
        first, released = trace.said("begun")[0]
        trace.release(released)
        until(lambda: len(trace.said("begun")) == 3, command)
        trials = [psutil.Process(each) for _, each in trace.said("begun")[1:]]
        command.kill()
        command.wait()
    assert psutil.wait_procs(trials, timeout=300)[1] == []
    trace.release()
    typed = place.type(*words(place, cluster.address, "--workers", "2"))
    assert typed.code == 0, typed.err
    assert typed.json["search"]["trials"][0]["values"] == {"rate": 0.001}
    assert len([rate for rate, _ in trace.said("begun") if rate == first]) == 1
    assert sorted(attempts(place.study("study")).values()) == [[1], [1, 2], [1, 2]]


@pytest.mark.soak
def test_a_folder_that_every_node_shares_is_not_sent(cluster: Any, place: Workplace) -> None:
    (place.folder / "train.py").write_text("import os\nprint(os.path.realpath('data'), '\\nval_loss: 1')")
    with (place.folder / "data").open("wb") as data:
        data.truncate(2 << 20)  # smaller files are copied for each trial
    asked: dict[str, Any] = {**program(place), "space": {"rate": [0.1]}, "progress": False}
    search(**asked, executor=RayCluster(cluster.address, shared_folder=place.folder.parent))
    search(**{**asked, "study": "sent"}, executor=RayCluster(cluster.address))
    (near,), (sent,) = (list(place.study(name).folder.logs.iterdir()) for name in ("study", "sent"))
    assert near.read_text().splitlines()[0].strip() == str(place.folder / "data")
    assert sent.read_text().splitlines()[0].strip() != str(place.folder / "data")


@pytest.mark.soak
def test_a_cluster_of_other_versions_is_refused_before_any_work(cluster: Any, place: Workplace, tmp_path: Path) -> None:
    other = tmp_path / "other" / "torch-0.0.1.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: torch\nVersion: 0.0.1\n")
    (place.folder / "train.py").write_text(SCRIPT)
    node = cluster.add_node(num_cpus=1, env_vars={"PYTHONPATH": str(other.parent)})
    try:
        asked: dict[str, Any] = {"executor": RayCluster(cluster.address), "study": "study", "progress": False}
        with pytest.raises(InvalidInput, match=r"other versions than this machine: \S+: torch 0\.0\.1 \(here"):
            search("train.py", **asked)
    finally:
        cluster.remove_node(node)
    with Record.open(StudyFolder(place.folder / "study").record, read_only=True) as record:
        assert not tuple(record.events())


OTHER = "Metadata-Version: 2.1\nName: ratecraft\nVersion: 0.0.1\n"


@pytest.mark.parametrize(
    ("variable", "file", "said"),
    [
        ("PYTHONPATH", "ratecraft-0.0.1.dist-info/METADATA", r"other versions than .*: ratecraft 0\.0\.1 \(here"),
        pytest.param(
            *("TMPDIR", f"ratecraft-{os.getuid()}", r"The node \S+ of the cluster cannot work: .*File exists"),
            marks=pytest.mark.soak,
        ),
    ],
    ids=["version", "folder"],
)
@pytest.mark.soak
def test_a_node_that_joins_later_and_is_not_like_this_machine_stops_the_study(
    variable: str, file: str, said: str, cluster: Any, place: Workplace, tmp_path: Path
) -> None:
    path = tmp_path / "other" / file
    path.parent.mkdir(parents=True)
    path.write_text(OTHER)
    trace, asked = Trace(place), words(place, cluster.address, "--workers", "3")
    trace.hold()
    with started(place, *asked) as command:
        until(lambda: len(trace.said("begun")) == 2, command)
        with late_node(cluster, **{variable: str(tmp_path / "other")}):
            out = command.communicate(timeout=300)[0]
    assert command.returncode == 2
    assert re.search(said, json.loads(out)["message"])
    assert len(trace.said("begun")) == 2
    trace.release()
    typed = place.type(*asked)
    assert typed.code == 0, typed.err
    assert len(typed.json["search"]["trials"]) == 3


@pytest.mark.soak
def test_a_trial_that_ray_ends_for_memory_fails_by_that_after_three_attempts(cluster: Any, place: Workplace) -> None:
    """Ray ends whatever runs on a node that uses too much; this one does with the first byte."""
    trace = Trace(place)
    trace.hold()
    with started(place, *words(place, cluster.address, "--workers", "3")) as command:
        until(lambda: len(trace.said("begun")) == 2, command)
        with late_node(cluster, RAY_memory_usage_threshold="0.001", RAY_memory_monitor_refresh_ms="50"):
            until(lambda: [1, 2, 3] in attempts(place.study("study")).values(), command)
            until(lambda: bool(place.study("study").outcomes), command)
        trace.release()
        err = command.communicate(timeout=300)[1]
    assert command.returncode == 0, err
    study = place.study("study")
    (failure,) = [each.failure for each in study.outcomes.values() if each.failure is not None]
    assert (failure.kind, failure.name) == ("killed", "out-of-memory")
    assert "memory" in failure.message
    assert sorted(attempts(study).values()) == [[1], [1], [1, 2, 3]]


def test_what_came_home_only_in_part_when_a_driver_was_killed_is_removed(place: Workplace) -> None:
    half = place.folder / "study" / "arriving-x1" / "logs"
    half.mkdir(parents=True)
    never: Any = None
    RayExecutor(never, 1, never, never, StudyFolder(place.folder / "study"))
    assert not list((place.folder / "study").iterdir())


def test_a_job_that_no_node_has_room_for_is_refused(cluster: Any, place: Workplace) -> None:
    with pytest.raises(InvalidInput, match="takes 2 CPUs, but no node of the cluster has more than 1"):
        search(**program(place), executor=RayCluster(cluster.address), threads=2, progress=False)


@pytest.mark.soak
@pytest.mark.parametrize("method", ["random", "tpe"])
def test_a_search_goes_on_whatever_of_it_is_killed(method: str, cluster: Any, place: Workplace) -> None:
    """Each in its turn: a worker, a whole node, the driver. What a method had asked for is kept."""
    pytest.importorskip("optuna")
    trace = Trace(place)
    given = words(place, cluster.address, "--workers", "2")
    given[given.index("grid")], given[given.index("0.1,0.01,0.001")] = method, "1e-4..1e-1"
    given += ["--trials", "6"]
    trace.hold()
    with started(place, *given) as command:
        until(lambda: len(trace.said("begun")) == 2, command)
        worker_of(trace.said("begun")[0][1]).kill()
        until(lambda: len(trace.said("begun")) == 3, command)
        on_node = worker_of(trace.said("begun")[-1][1])
        raylet = on_node.ppid()
        os.kill(raylet, signal.SIGKILL)
        on_node.kill()
        replaced(cluster, raylet)
        until(lambda: len(trace.said("begun")) == 4, command)
        trace.release(trace.said("begun")[-1][1])
        until(lambda: len(trace.said("begun")) == 5, command)
        command.kill()
        command.wait()
    asked = place.study("study").events
    trace.release()
    typed = place.type(*given)
    assert typed.code == 0, typed.err
    study = place.study("study")
    assert study.events[: len(asked)] == asked
    assert len(study.outcomes) == 6
    assert all(each.score is not None for each in study.outcomes.values())
    if method == "random":
        undisturbed = [*given[: given.index("study")], "undisturbed", *given[given.index("study") + 1 :]]
        assert place.type(*undisturbed).code == 0
        near = place.study("undisturbed")
        assert {key: each.score for key, each in near.outcomes.items()} == {
            key: each.score for key, each in study.outcomes.items()
        }
