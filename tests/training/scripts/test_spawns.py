"""Mirrors ratecraft/training/scripts/spawns.py."""

from pathlib import Path

import pytest

from ratecraft.training.scripts.spawns import names_process, names_spawn


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("import torch.multiprocessing as mp\nmp.spawn(train, nprocs=2)", True),
        ("from torch.multiprocessing import start_processes\nstart_processes (train)", True),
        ("respawn(x)  # spawns two", False),
        ("dist.init_process_group('gloo')", False),
    ],
)
def test_whether_a_script_spawns_is_read_off_its_text(tmp_path: Path, text: str, named: bool) -> None:
    script = tmp_path / "train.py"
    script.write_text(text)
    assert names_spawn(script) is named
    assert not names_spawn(tmp_path / "missing.py")


@pytest.mark.parametrize(
    ("text", "named"), [("p = mp.Process(target=train, args=(0,))", True), ("class ProcessGroup(Base): pass", False)]
)
def test_whether_a_script_makes_processes_is_read_off_its_text(tmp_path: Path, text: str, named: bool) -> None:
    script = tmp_path / "train.py"
    script.write_text(text)
    assert names_process(script) is named
