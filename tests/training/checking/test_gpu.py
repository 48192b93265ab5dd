"""Mirrors training/checking/gpu.py: its checks on the processor, and each beside a script that it must not let pass."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest
from tests.training.hosted_scripts import environment, forked

from ratecraft.api.programs.launchers import torchrun_variables
from ratecraft.records.check import Check
from ratecraft.records.program import Entry
from ratecraft.training.checking import gpu
from ratecraft.training.checking.gpu import Bench
from ratecraft.training.checking.gpu_script import SCRIPT
from ratecraft.training.machine.devices import Device
from ratecraft.training.processes.launcher import Launch, Process

TWO = (Device("GPU-1a", 8 << 30), Device("GPU-2b", 8 << 30))
TOGETHER = Entry(processes=2, variables=torchrun_variables(2))


def bench(folder: Path, devices: tuple[Device, ...] = TWO, launch: Launch = forked) -> Bench:
    return Bench(folder, "cpu", devices, environment(), (forked, launch), TOGETHER)


def test_every_check_passes_where_the_host_does_what_it_should(tmp_path: Path) -> None:
    here = bench(tmp_path)
    checks = [check(here) for check in (gpu.replay, gpu.scaler, gpu.tensor_rates, gpu.memory_rule, gpu.placement)]
    assert [check.code for check in checks] == ["replay", "scaler", "tensor-rates", "memory-rule", "placement"]
    assert {check.state for check in checks} == {"ok"}
    by_part = {check.part: check.values for check in checks}
    assert by_part["scaler"]["skipped"] == 1
    assert by_part["placement"]["seen"] == "GPU-1a, GPU-2b"
    assert by_part["memory-rule"]["counted"] > 64


@pytest.mark.soak
@pytest.mark.parametrize(("code", "draws"), [("ranks", "torch.manual_seed(0)"), ("ranks-differs", "torch.seed()")])
def test_two_processes_repeat_a_run_where_nothing_in_it_is_left_to_chance(
    tmp_path: Path, code: str, draws: str
) -> None:
    script = SCRIPT.replace("torch.manual_seed(0)", draws)
    assert gpu.ranks(replace(bench(tmp_path), script=script)).code == code


@pytest.mark.parametrize(
    ("check", "code", "right", "wrong"),
    [
        (gpu.replay, "replay-differs", "torch.manual_seed(0)", "torch.seed()"),
        (gpu.replay, "gpu-run-failed", "step % 20", "step / 0"),
        (gpu.scaler, "scaler-miscounted", "step == 3", "step == -1"),
        (gpu.tensor_rates, "tensor-rates-wrong", "loss + dial", "loss + 0 * dial"),
        (gpu.memory_rule, "memory-unseen", "held.nbytes", "held.nbytes << 20"),
    ],
)
def test_what_the_host_must_not_do_is_found_and_its_last_lines_are_kept(
    tmp_path: Path, check: Callable[[Bench], Check], code: str, right: str, wrong: str
) -> None:
    assert right in SCRIPT
    found = check(replace(bench(tmp_path), script=SCRIPT.replace(right, wrong)))
    assert (found.code, found.state, found.essential) == (code, "missing", True)
    assert any(found.values["lines"])


def test_a_device_that_is_too_small_for_the_jobs_that_the_rule_lets_on_it_is_told(tmp_path: Path) -> None:
    script = SCRIPT.replace('torch.device("cpu"), 0,', 'torch.device("cpu"), 1 << 30,')
    found = gpu.memory_rule(replace(bench(tmp_path), script=script))
    assert (found.code, found.state) == ("memory-rule-tight", "limited")


def test_a_job_that_is_on_another_device_than_its_own_is_found(tmp_path: Path) -> None:
    def astray(directory: str, variables: Mapping[str, str], output: BinaryIO, pipe: int, /) -> Process:
        return forked(directory, {**variables, "CUDA_VISIBLE_DEVICES": "GPU-1a"}, output, pipe)

    found = gpu.placement(bench(tmp_path, launch=astray))
    assert (found.code, found.values["seen"]) == ("placement-wrong", "GPU-1a, GPU-1a")


def test_without_the_drivers_list_jobs_have_no_place_and_one_gpu_has_no_runs_of_several(tmp_path: Path) -> None:
    assert gpu.placement(bench(tmp_path, ())).code == "placement-unknown"
    assert gpu.ranks(replace(bench(tmp_path, TWO[:1]), device="cuda")).code == "ranks-one-gpu"
