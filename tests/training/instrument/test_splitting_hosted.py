"""Body and head of an unmodified script with one group, under the host; a task that trains alike does the same."""

from pathlib import Path

import pytest
from tests.conformance.run_suite import Heard
from tests.training.hosted_scripts import END, FIGURE, HEAD, bare, hosted, last_log, written

from ratecraft.records.outcome import Parts
from ratecraft.schedules.builders.constructors import constant

SCRIPT = (
    HEAD
    + """
torch.manual_seed(3)
body = nn.Sequential(nn.Linear(4, 8), nn.Tanh())
body.load_state_dict({name: value * 1.5 for name, value in body.state_dict().items()})
model = nn.Sequential(nn.Linear(8, 1), body)  # registered head first: what was loaded tells
model.forward = lambda x: model[0](model[1](x))
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
for epoch in range(4):
    for x, y in DataLoader(data(), batch_size=10):
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()
    scheduler.step()
    print(f"lr {optimizer.param_groups[0]['lr']:.8f} groups {len(optimizer.param_groups)} "
          f"saved {len(optimizer.state_dict()['param_groups'][0]['params'])}")
    print(f"val_loss {evaluate(model):.8f} body {digest(model[1])} head {digest(model[0])}")
"""
)


def lines(script: Path, scale: dict[str, float], rate: float | None, **how: str) -> tuple[list[str], Parts | None]:
    """What the script prints in 16 steps, and its parts."""
    run = hosted(script, Heard(), **how)
    try:
        run.advance({} if rate is None else {"rate": constant(rate)}, 16, END, scale)
        run.evaluate(FIGURE)
        facts, _ = run.facts()
    finally:
        run.close()
    return last_log(script).read_text().splitlines(), facts.parts


def test_a_hosted_script_is_split_by_what_it_loaded_and_sees_one_group(tmp_path: Path) -> None:
    script = written(tmp_path / "train.py", SCRIPT)
    alone = bare(script)
    whole, parts = lines(script, {}, None, head="")
    equal, _ = lines(script, {"body": 1.0}, None, head="")
    tenth, _ = lines(script, {"body": 0.1}, None, head="")
    frozen, _ = lines(script, {"body": 0.0}, None, head="")
    unasked, none = lines(script, {}, None)
    assert alone == whole == equal == unasked
    assert none is None
    assert parts == Parts(("0.weight", "0.bias"), "loaded", 9, 40)
    assert tenth[::2] == whole[::2]  # rates, groups and state of the optimizer, as the script sees them
    assert all(one != other for one, other in zip(tenth[1::2], whole[1::2], strict=True))
    assert len({line.split()[3] for line in frozen[1::2]}) == 1  # the body never moves, the head does
    assert len({line.split()[5] for line in frozen[1::2]}) == 4


@pytest.mark.parametrize("scale", [{"body": 0.1}, {"body": 0.0}])
def test_a_share_acts_on_the_rate_that_is_written_too(tmp_path: Path, scale: dict[str, float]) -> None:
    """The training is that of a script whose optimizer has the two groups itself."""
    script = written(tmp_path / "train.py", SCRIPT)
    groups = f"[{{'params': model[0].parameters()}}, {{'params': body.parameters(), 'lr': {0.01 * scale['body']}}}]"
    by_hand = written(tmp_path / "by_hand.py", SCRIPT.replace("model.parameters(), lr", f"{groups}, lr"))
    split, _ = lines(script, scale, 0.03, head="")
    expected, _ = lines(by_hand, {}, 0.03 * (scale["body"] or 1.0))  # there the body leads, unless it is frozen
    assert [line for line in split if "val" in line] == [line for line in expected if "val" in line]
