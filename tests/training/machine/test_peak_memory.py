"""Mirrors training/machine/peak_memory.py: the peak of a real run."""

from pathlib import Path

import pytest
from tests.training.hosted_scripts import FIGURE, run, written
from tests.training.hosting.test_host import HEAD

from ratecraft.training.processes.launcher import fresh_python

LOOP = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
held = torch.ones(int(sys.argv[1]) << 18)  # as many mebibytes
del held
for step in range(10):
    loss = model(torch.randn(8, 4)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("val_loss", loss.item())
"""


@pytest.mark.soak
def test_the_peak_of_a_run_holds_what_it_had_for_a_while_only(tmp_path: Path) -> None:
    script = written(tmp_path / "train.py", HEAD + LOOP)
    little, much = (run(script, size, to=5, how=FIGURE, launch=fresh_python).facts.peak_memory for size in ("1", "301"))
    assert 280 << 20 < much - little < 320 << 20
    assert 100 << 20 < little < 1 << 30
