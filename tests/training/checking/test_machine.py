"""Mirrors training/checking/machine.py, and `usable_cores` that it asks."""

import os
from pathlib import Path

import pytest

from ratecraft.training.checking.machine import memory, shared_memory, system
from ratecraft.training.machine.devices import usable_cores


def test_a_quota_leaves_fewer_processors_but_never_none(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    assert usable_cores(tmp_path) == 1


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system binds no process to processors")
def test_a_process_that_is_bound_to_one_processor_has_one(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert usable_cores(tmp_path) == 1
    finally:
        os.sched_setaffinity(0, before)


def test_little_free_memory_is_told() -> None:
    assert (memory(1 << 30).code, memory(1 << 30).state, memory(8 << 30).state) == ("memory-little", "limited", "ok")


def test_a_system_without_shared_memory_has_no_line_for_it(tmp_path: Path) -> None:
    assert shared_memory(tmp_path / "none") is None
    here = shared_memory(tmp_path)
    assert here is not None
    assert here.values["folder"] == str(tmp_path)


def test_the_system_is_named() -> None:
    assert system().values["system"] == os.uname().sysname
