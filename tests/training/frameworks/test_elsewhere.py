"""Mirrors training/frameworks/elsewhere.py: what trains without a torch optimizer is refused where it begins.

The modules are stand-ins of the same names and functions: the frameworks themselves would be gigabytes.
"""

from pathlib import Path

import pytest
from tests.training.hosted_scripts import HEAD, run, written

from ratecraft.records.outcome import Failure

MODULES = {
    "jax": "def grad(f): return f\ndef value_and_grad(f): return f\ndef jit(f): return f\n",
    "tensorflow": "class GradientTape:\n    def gradient(self, *given): return given\n",
    "keras": "class Model:\n    def fit(self, *given): return given\nclass Sequential(Model):\n    pass\n",
    "deepspeed": "def init_distributed(): pass\ndef initialize(**given): return given\n",
}
USES = {
    "jax": "jax.jit(print)\njax.value_and_grad(print)",
    "tensorflow": "tensorflow.GradientTape().gradient(1)",
    "keras": "keras.Sequential().fit(1)",
}


@pytest.mark.parametrize(
    ("module", "name"),
    [("jax", "JAX"), ("tensorflow", "TensorFlow"), ("keras", "Keras")],
)
def test_a_training_without_torch_is_refused_at_its_first_act(tmp_path: Path, module: str, name: str) -> None:
    written(tmp_path / f"{module}.py", MODULES[module])
    script = written(tmp_path / "train.py", f"import {module}\nprint('begins')\n{USES[module]}\nprint('not reached')\n")
    refused = run(script, to=5)
    assert refused.passage.failure == Failure("other-framework", name)
    assert refused.printed == ["begins"]


def test_a_script_that_trains_with_torch_may_use_another_framework(tmp_path: Path) -> None:
    written(tmp_path / "jax.py", MODULES["jax"])
    text = """
import jax
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(8):
    optimizer.zero_grad()
    model(torch.ones(2, 4)).square().sum().backward()
    optimizer.step()
    jax.grad(print)
"""
    passage = run(written(tmp_path / "train.py", HEAD + text), to=5).passage
    assert (passage.step, passage.failure) == (5, None)


@pytest.mark.parametrize(
    "begins", ["deepspeed.init_distributed()", "deepspeed.initialize(model=model, optimizer=optimizer)"]
)
def test_deepspeed_is_refused_before_it_takes_the_optimizer_of_the_script(tmp_path: Path, begins: str) -> None:
    written(tmp_path / "deepspeed.py", MODULES["deepspeed"])
    text = f"""
import deepspeed
model = nn.Linear(4, 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
print("begins")
{begins}
print("not reached")
"""
    refused = run(written(tmp_path / "train.py", HEAD + text), to=5)
    assert refused.passage.failure is not None
    assert refused.passage.failure.kind == "deepspeed"
    assert refused.printed == ["begins"]
