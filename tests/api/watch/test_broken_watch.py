"""An error of ours within a watch: a line that says so, a training that goes on, a record of what was seen."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from tests.training.observing.test_error_boundary import odd
from tests.training.watched import train
from torch.optim import SGD

from ratecraft.api.callbacks.alongside import Alongside
from ratecraft.api.diagnose.diagnose import diagnose
from ratecraft.api.watch.watch import watch
from ratecraft.records.storage.watched import WATCH_ENDED

ENTRY = "import sys; from ratecraft.cli.main import main; sys.exit(main())"
SCRIPT = """
import sys
import torch
from torch import nn

class Odd(nn.Linear):
    def __getattr__(self, name):
        if name == "_orig_mod":
            raise KeyError(name)
        return super().__getattr__(name)

torch.manual_seed(0)
net = Odd(4, 1)
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
for step in range(50):
    optimizer.zero_grad()
    net(torch.randn(8, 4)).square().mean().backward()
    optimizer.step()
print(net.weight.tolist())
sys.exit(7)
"""


def test_a_watched_script_goes_on_and_its_exit_code_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(textwrap.dedent(SCRIPT))
    ours = (sys.executable, "-P", "-c", ENTRY, "watch", "train.py", "--study", "kept", "--language", "en")
    watched, alone = (
        subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        for command in (ours, (sys.executable, "train.py"))
    )
    assert (watched.stdout, watched.returncode) == (alone.stdout, 7)
    lines = [line for line in watched.stderr.splitlines() if "the watch ended at step" in line]
    assert len(lines) == 1
    assert "KeyError: '_orig_mod' (training/observing/" in lines[0]
    assert "Traceback" not in watched.stderr
    (kept,) = diagnose(str(tmp_path / "kept")).runs
    assert "watch-ended" in [note.code for note in kept.notes]
    assert len(kept.run.series["loss"]) == 1


def test_a_training_of_ones_own_goes_on_and_the_report_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    net = odd()
    optimizer = SGD(net.parameters(), lr=0.1)
    with watch(optimizer, net, progress=False, language="en") as watched:
        losses = train(net, optimizer, 30)
        watched.log(val_loss=1.0)
    alone = odd()
    assert losses == train(alone, SGD(alone.parameters(), lr=0.1), 30)
    assert torch.equal(net[0].weight, alone[0].weight)
    said = capsys.readouterr().err
    assert said.count("the watch ended at step 1 ") == 1
    assert "KeyError" in str(watched.run.facts[WATCH_ENDED])
    assert "later steps were not watched" in str(watched.report()).lower()


def test_a_callback_tells_the_frameworks_logger(capsys: pytest.CaptureFixture[str]) -> None:
    net, told = odd(), list[str]()
    optimizer, beside = SGD(net.parameters(), lr=0.1), Alongside(told.append, language="en")
    beside.begin([optimizer], net)
    train(net, optimizer, 30)
    beside.end()
    assert [("the watch ended" in line, "KeyError" in line) for line in told] == [(True, True)]
    assert capsys.readouterr() == ("", "")
