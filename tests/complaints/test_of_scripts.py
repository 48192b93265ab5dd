"""What users of other finders complained about, as tests of ours: whole scripts, typed as a user does."""

from pathlib import Path

import pytest
from tests.end_to_end.command import Workplace

LOOP = """\
import torch

torch.manual_seed(0)
{before}
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=config["training"]["rate"])
for step in range(400):
    inputs = torch.randn(32, 4)
    loss = (model(inputs) - inputs.sum(1, keepdim=True)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
CONFIG = 'config = {"training": {"rate": 0.01}}'
ELSEWHERE = """\
import subprocess, sys

subprocess.run([sys.executable, "-c", "print('trained elsewhere')"], check=True)
"""
TWO_MODELS = """\
import torch

torch.manual_seed(0)
maker, judge = torch.nn.Linear(4, 4), torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
of_maker = torch.optim.Adam(maker.parameters(), lr=1e-4)
of_judge = torch.optim.Adam(judge.parameters(), lr=1e-3)
score = torch.nn.functional.binary_cross_entropy_with_logits
for step in range(400):
    real, made = torch.randn(32, 4) + 2, maker(torch.randn(32, 4))
    loss = score(judge(real), torch.ones(32, 1)) + score(judge(made.detach()), torch.zeros(32, 1))
    of_judge.zero_grad()
    loss.backward()
    of_judge.step()
    fooled = score(judge(made), torch.ones(32, 1))
    of_maker.zero_grad()
    fooled.backward()
    of_maker.step()
"""


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    return Workplace(tmp_path)


def test_lightning_12706_and_14624_and_10560_training_in_other_processes_is_refused_with_the_reason(
    place: Workplace,
) -> None:
    place.put("train.py", ELSEWHERE)
    typed = place.type("find", "train.py")
    assert typed.code == 2
    assert "error[no-optimizer]" in typed.err
    assert "Does it train in processes that it starts itself? --processes N" in typed.err


@pytest.mark.soak
def test_lightning_16787_a_rate_that_lives_in_a_configuration_needs_no_attribute(place: Workplace) -> None:
    place.put("train.py", LOOP.format(before=CONFIG))
    plain = place.type("find", "train.py", "--json").json
    assert (plain["own_rate"], plain["verdict"]) == (0.01, "found")


@pytest.mark.soak
def test_fastai_2420_and_3240_two_finders_at_once_do_not_destroy_each_other(place: Workplace) -> None:
    place.put("one.py", LOOP.format(before=CONFIG))
    place.put("two.py", LOOP.format(before=CONFIG.replace("0.01", "0.02")))
    both = [place.start("find", name, "--json") for name in ("one.py", "two.py")]
    codes = [process.communicate(timeout=300) and process.returncode for process in both]
    assert codes == [0, 0]
    assert len(list((place.folder / ".ratecraft").glob("find-*"))) == 2


@pytest.mark.soak
def test_lr_finder_16_and_87_several_models_and_optimizers_keep_their_ratios(place: Workplace) -> None:
    place.put("train.py", TWO_MODELS)
    plain = place.type("find", "train.py", "--json").json
    assert len(plain["groups"]) == 2
    assert {round(group["ratio"], 6) for group in plain["groups"]} == {1.0, 0.1}
    assert all(probe["ending"] in ("done", "blown up") for probe in plain["probes"])
