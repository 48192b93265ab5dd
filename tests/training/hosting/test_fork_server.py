"""Mirrors training/hosting/fork_server.py: a forked worker is what one in a fresh Python is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.training.hosted_scripts import FIGURE, run, written

from ratecraft.training.processes.launcher import Launcher, fresh_python

LOOKS_AROUND = """
CACHE = "TORCHINDUCTOR_CACHE_DIR"  # torch sets it when it is loaded, or when it is needed
import atexit, gc, locale, os, random, signal, sys, tempfile, threading, warnings
from pathlib import Path
loaded = sorted(name for name in sys.modules if not name.startswith("ratecraft"))
def kind(number):
    name = os.readlink(f"/proc/self/fd/{number}").split(":")[0]
    return "log" if "logs" in name else name
def descriptors():
    return sorted(kind(number) for number in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{number}"))
open_files = descriptors()
import numpy as np, torch
print("modules", loaded)
print("place", sys.argv, os.getcwd(), __name__, sys.path, sys.modules["__main__"].__dict__ is globals())
print("environment", sorted((name, value) for name, value in os.environ.items() if name != CACHE))
print("process", os.getpgrp() == os.getsid(0) == os.getpid(), open_files, os.umask(0o022))
print("threads", [each.name for each in threading.enumerate()])
print("python", hash("a text"), sys.flags, sys.dont_write_bytecode, gc.isenabled(), gc.get_threshold())
print("text", sys.stdout.encoding, sys.stdout.errors, sys.stdout.line_buffering, sys.stdin.read(), locale.getlocale())
print("temporary", tempfile.gettempdir())
print("warnings", warnings.filters)
print("signals", [(number, signal.getsignal(number)) for number in (2, 13, 15, 17)])
print("dice", random.random(), np.random.rand(), np.random.default_rng().random(), torch.rand(1), torch.initial_seed())
print("torch", torch.get_num_threads(), torch.get_num_interop_threads(), torch.is_grad_enabled())
atexit.register(print, "at exit", flush=True)
class Last:
    def __del__(self):
        os.write(1, b"the interpreter's own end\\n")
last = Last()
threading.Thread(target=print, args=("in a thread",)).start()
"""
TRAINS = """
x = torch.randn(512, 64)
model = torch.nn.Sequential(torch.nn.Linear(64, 256), torch.nn.Dropout(0.2), torch.nn.Linear(256, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
for epoch in range(2):
    for part in torch.utils.data.DataLoader(x, batch_size=64, shuffle=True):
        loss = (model(part) - part.sum(1, keepdim=True) + random.random() + np.random.rand()).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    print("val_loss", model(x).square().mean().item())
    model.train()
"""


@pytest.fixture(scope="module")
def forked() -> Iterator[Launcher]:
    with Launcher() as launcher:
        yield launcher


@pytest.mark.soak
@pytest.mark.parametrize("threads", [1, 2])
def test_a_script_sees_and_does_the_same_in_a_forked_worker_as_in_a_fresh_python(
    forked: Launcher, tmp_path: Path, threads: int
) -> None:
    script = written(tmp_path / "train.py", LOOKS_AROUND + TRAINS)
    fresh, fork = (run(script, to=12, how=FIGURE, launch=each, threads=threads) for each in (fresh_python, forked))
    for seen, other in zip(fork.printed, fresh.printed, strict=True):
        assert seen == other
    assert fresh.printed[-1] == "the interpreter's own end"
    assert fork.losses == fresh.losses
    assert (fork.score, fork.passage, fork.facts) == (fresh.score, fresh.passage, fresh.facts)


@pytest.mark.soak
def test_an_error_of_a_script_reads_the_same(forked: Launcher, tmp_path: Path) -> None:
    script = written(tmp_path / "train.py", "def fail():\n    raise ValueError('on purpose')\nfail()\n")
    fresh, fork = (run(script, to=3, launch=each) for each in (fresh_python, forked))
    assert fork.passage == fresh.passage
    assert fork.printed == fresh.printed
