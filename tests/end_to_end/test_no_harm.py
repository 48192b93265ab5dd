"""A study that gains nothing leaves the folder as the script by itself would, also where it is killed in between."""

import os
import re
from pathlib import Path
from signal import SIGKILL

import pytest
from tests.end_to_end.command import SOURCE, Workplace, tree

pytestmark = pytest.mark.soak  # `test_giving_way.py` kills between all operations on files in the usual tests

# The weight moves by the rate at every step, and the script's own rate brings it exactly to where the score is best.
SCRIPT = """
from pathlib import Path

import torch

weight = torch.nn.Parameter(torch.zeros(()))
optimizer = torch.optim.SGD([weight], lr=0.01)
loader = torch.utils.data.DataLoader(torch.zeros(50, 1))
for epoch in range(8):
    for _ in loader:
        optimizer.zero_grad()
        (5 - weight).backward()
        optimizer.step()
    print(f"epoch {epoch} val_loss {float((weight.detach() - 4) ** 2) + 1:.6f}", flush=True)
    with open("log.csv", "a") as log:
        log.write(f"{epoch},{weight.item():.4f}\\n")
    Path(f"runs/{round(weight.item())}").mkdir(parents=True, exist_ok=True)
    Path(f"runs/{round(weight.item())}/model.txt").write_text(f"{weight.item():.4f}")
"""
# Kills the command at one of its operations on files, from where it begins to give way.
KILLER = """
import os
import signal
import sys

left = int(os.environ.get("KILLED_AT", "0"))
begun = False


def watch(event, arguments):
    global begun, left
    if event == "import" and arguments[0] == "ratecraft.training.sandbox.giving_way":
        begun = True
    elif begun and event in ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


if left:
    sys.addaudithook(watch)
"""


def workplace(folder: Path) -> Workplace:
    place = Workplace(folder / "home", whole=True)
    place.folder.mkdir(parents=True)
    place.put("train.py", SCRIPT)
    (place.folder / "log.csv").write_text("an earlier run\n")
    (folder / "killer").mkdir()
    (folder / "killer" / "sitecustomize.py").write_text(KILLER)
    return place


def files(place: Workplace) -> dict[str, str]:
    return {path: digest for path, digest in tree(place.folder).items() if not path.startswith(".ratecraft")}


@pytest.mark.parametrize("threads", ["1", "2"], ids=["branched", "replayed"])
def test_a_study_without_gain_leaves_what_the_script_by_itself_leaves(threads: str, tmp_path: Path) -> None:
    alone, tuned = workplace(tmp_path / "alone"), workplace(tmp_path / "tuned")
    alone.run("train.py")
    words = ("tune", "train.py", "--threads", threads)
    path = os.pathsep.join(map(str, (tmp_path / "tuned" / "killer", SOURCE)))
    kills = 0
    for at in (1, 9, 17, 25, 33):
        typed = tuned.type(*words, PYTHONPATH=path, KILLED_AT=str(at))
        kills += typed.code == -SIGKILL
    assert kills > 2
    told = tuned.type(*words, "--json").json
    assert (told["verdict"], told["folder"]["run"]) == ("no-gain", "baseline")
    assert files(tuned) == files(alone)
    kept = tuned.folder / told["folder"]["other"]
    assert re.search(r"^7,", (kept / "log.csv").read_text(), re.MULTILINE)
    assert (kept / "log.csv").read_text() != (alone.folder / "log.csv").read_text()
    assert sorted(path.name for path in (tuned.folder / "runs").iterdir()) == ["0", "1", "2", "3", "4"]
