"""Mirrors training/frameworks/pretrained.py, in a real script."""

from pathlib import Path

import pytest
from tests.training.hosted_scripts import HEAD, nursery, run, written

TINY = """
from transformers import BertConfig, BertForSequenceClassification
config = BertConfig(vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
model = BertForSequenceClassification(config)
if "pretrained" in sys.argv:
    model.save_pretrained("saved")
    model = BertForSequenceClassification.from_pretrained("saved")
opt = torch.optim.AdamW(model.parameters(), lr=1e-3)
for step in range(3):
    opt.zero_grad(); model(torch.ones(2, 4, dtype=torch.long), labels=torch.tensor([0, 1])).loss.backward(); opt.step()
"""


@pytest.mark.soak
@pytest.mark.parametrize("arguments", [(), ("pretrained",)])
def test_what_from_pretrained_gives_counts_as_loaded(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    pytest.importorskip("transformers")
    script = written(tmp_path / "train.py", HEAD + TINY)
    model = run(script, *arguments, to=2, rate=0.0, launch=nursery("transformers")).facts.model
    assert model.loaded == (model.parameters if arguments else 0)
    assert {"attention", "embedding", "norm"} <= model.kinds.keys()
