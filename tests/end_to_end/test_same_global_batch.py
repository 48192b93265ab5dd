"""One process at batch 2B and two at batch B train alike: a study of either comes to the same choice."""

from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.command import Workplace

pytestmark = pytest.mark.soak


def test_one_process_at_twice_the_batch_and_two_come_to_the_same_choice_within_the_noise(tmp_path: Path) -> None:
    commands = {
        "one": ("tune", "--json", "torchrun", "--nproc-per-node", "1", "ddp.py", "4", "16"),
        "two": ("tune", "ddp.py", "--processes", "2", "--json", "--", "4", "8"),
    }
    told = dict[str, Any]()
    for name, words in commands.items():
        (tmp_path / name).mkdir()
        place = Workplace(tmp_path / name, whole=True)
        place.put("ddp.py")
        typed = place.type(*words)
        assert typed.code == 0, typed.err
        told[name] = typed.json
    one, two = told["one"], told["two"]
    assert one["verdict"] == two["verdict"] == "gain"
    for mine, other in ((one, two), (two, one)):
        low, high = mine["interval"]
        assert low <= other["rate"] <= high
    finals = [each["tuned"]["final"] for each in (one, two)]
    assert finals[0] == pytest.approx(finals[1], rel=0.01)
