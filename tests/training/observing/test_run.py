"""Mirrors training/observing/run.py and watch_worker.py: a watched script is the script, and nothing else."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tests.training.watched import Seen

from ratecraft.training.observing.run import Watching, run_watched

SCRIPT = """
import os, sys
os.environ["OMP_NUM_THREADS"] = "1"
import hashlib, torch
from torch import nn
import beside
print(__name__, __file__, sys.argv[0], sys.argv[1:], os.getcwd(), sys.stdout.isatty(), torch.get_num_threads())
net = nn.Linear(4, 1)
torch.manual_seed(1)
for each in net.parameters():
    nn.init.normal_(each)
optimizer = torch.optim.AdamW(net.parameters(), lr=beside.RATE)
for step in range(100):
    inputs = torch.randn(8, 4)
    optimizer.zero_grad()
    loss = (net(inputs) - inputs.sum(1, keepdim=True)).square().mean()
    loss.backward()
    optimizer.step()
    if step % 50 == 49:
        print(f"epoch {step // 50}: valid loss {loss.item():.3f}")
open("saved.txt", "w").write("mine")
print(hashlib.sha256(net.weight.detach().numpy().tobytes()).hexdigest())
if "fails" in sys.argv:
    def inner():
        raise ValueError("its own")
    inner()
"""


def script(folder: Path, text: str = SCRIPT) -> str:
    (folder / "train.py").write_text(textwrap.dedent(text))
    (folder / "beside.py").write_text("RATE = 1e-2\n")
    return "train.py"


def bare(name: str, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([sys.executable, name, *arguments], capture_output=True, check=False)


@pytest.mark.parametrize("arguments", [("--a", "b c"), pytest.param(("fails",), marks=pytest.mark.soak)])
def test_output_errors_files_and_weights_are_those_of_the_script_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    name, seen = script(tmp_path), Seen()
    alone = bare(name, *arguments)
    files = sorted(path.name for path in tmp_path.iterdir())
    code = run_watched(name, arguments, seen)
    out, err = capfd.readouterr()
    assert code == alone.returncode == int("fails" in arguments)
    assert out.replace(f" {tmp_path / name} {tmp_path / name} ", f" {tmp_path / name} {name} ") == alone.stdout.decode()
    assert err == alone.stderr.decode()
    assert sorted(path.name for path in tmp_path.iterdir()) == files
    assert seen.steps("loss") == list(range(100))
    assert seen.steps("val_loss") == [50, 100]
    assert seen.values("rate") == [1e-2] * 100


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 0),
        ("raise SystemExit(7)", 7),
        ("import os; os._exit(5)", 5),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 128 + signal.SIGKILL),
    ],
)
def test_the_exit_code_is_the_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, code: int) -> None:
    monkeypatch.chdir(tmp_path)
    seen = Seen()
    assert run_watched(script(tmp_path, text), (), seen) == code
    assert seen.pieces == []


def test_a_child_that_stays_behind_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = """
    import os, pathlib, time
    child = os.fork()
    if not child:
        time.sleep(600)
    pathlib.Path("child").write_text(str(child))
    """
    assert run_watched(script(tmp_path, text), (), Seen()) == 0
    os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)


def test_a_script_without_torch_does_not_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_watched(script(tmp_path, "import sys; sys.exit('torch' in sys.modules)"), (), Seen()) == 0


def test_output_can_go_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Path("out").open("wb") as output:
        run_watched(script(tmp_path, "print('hello')"), (), Seen(), Watching(output=output))
    assert Path("out").read_text() == "hello\n"


def test_a_validation_that_stands_in_a_bar_alone_is_heard_once_a_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = """
    import torch
    from tqdm import tqdm
    net = torch.nn.Linear(4, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-2)
    bar = tqdm(range(3), mininterval=0)
    for epoch in bar:
        for _ in range(5):
            net(torch.ones(2, 4)).square().mean().backward()
            optimizer.step()
        for _ in range(2):
            bar.set_postfix(val_loss=0.5 - epoch / 8)
    """
    seen = Seen()
    assert run_watched(script(tmp_path, text), (), seen) == 0
    assert (seen.steps("val_loss"), seen.values("val_loss")) == ([5, 10, 15], [0.5, 0.375, 0.25])
