"""Mirrors training/machine/devices.py: devices as a driver lists them, or a program in its place."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ratecraft.training.machine.devices import Device, DevicePool, free_memory, in_sets, pinned, visible_devices

LISTED = "GPU-1a, 81559\nGPU-2b, 81559\nGPU-3c, 24564\n"
LARGE, SMALL = 81559 << 20, 24564 << 20


@pytest.mark.parametrize(
    ("chosen", "devices"),
    [
        (None, [("GPU-1a", LARGE), ("GPU-2b", LARGE), ("GPU-3c", SMALL)]),
        ("GPU-2b", [("GPU-2b", LARGE)]),
        ("2, 0", [("2", SMALL), ("0", SMALL)]),
        ("1,-1,0", [("1", SMALL)]),
        ("", []),
        ("-1", []),
    ],
)
def test_the_user_s_own_choice_of_devices_is_the_set_to_choose_from(
    chosen: str | None, devices: list[tuple[str, int]]
) -> None:
    environment = {} if chosen is None else {"CUDA_VISIBLE_DEVICES": chosen}
    assert [(device.name, device.memory) for device in visible_devices(environment, LISTED)] == devices


def test_a_device_whose_memory_the_driver_does_not_tell_is_left_out() -> None:
    assert visible_devices({}, "GPU-1a, [N/A]\n\n") == ()


def driver(folder: Path, text: str) -> dict[str, str]:
    """An environment whose driver is this program."""
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def test_the_driver_s_own_program_is_asked(tmp_path: Path) -> None:
    environment = driver(tmp_path, 'echo "GPU-1a, 100"')
    assert visible_devices(environment) == (Device("GPU-1a", 100 << 20),)


@pytest.mark.parametrize("text", ["exit 9", "echo 'No devices were found'"])
def test_a_driver_without_devices_has_none(tmp_path: Path, text: str) -> None:
    assert visible_devices(driver(tmp_path, text)) == ()


def test_without_a_driver_there_are_no_devices(tmp_path: Path) -> None:
    assert visible_devices({"PATH": str(tmp_path)}) == ()


def test_a_device_that_was_given_back_is_taken_again() -> None:
    pool = DevicePool([Device("0", 80), Device("1", 80)])
    first, second = pool.take(), pool.take()
    pool.give_back(first)
    assert [device and device.name for device in (first, second, pool.take(), pool.take())] == ["0", "1", "0", "0"]


def test_two_groups_at_a_time_train_on_devices_of_their_own() -> None:
    pool = DevicePool(in_sets([Device(name, LARGE) for name in ("0", "1", "2", "3")], 2))
    seen = [pinned({}, pool.take())["CUDA_VISIBLE_DEVICES"].split(",") for _ in range(2)]
    assert sorted(seen) == [["0", "1"], ["2", "3"]]


def test_many_threads_share_devices_evenly() -> None:
    pool = DevicePool([Device(str(number), 80) for number in range(4)])
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: pool.take(), range(40)))
    names = [device.name for device in taken if device]
    assert [names.count(str(number)) for number in range(4)] == [10] * 4


def test_a_pinned_job_sees_its_device_alone_and_any_other_the_user_s_environment() -> None:
    environment = {"CUDA_VISIBLE_DEVICES": "0,1", "A": "b"}
    assert pinned(environment, Device("1", 80)) == {"CUDA_VISIBLE_DEVICES": "1", "A": "b"}
    assert pinned(environment, None) == environment


def test_free_memory_is_no_more_than_a_container_has_left(tmp_path: Path) -> None:
    whole = free_memory(tmp_path)
    assert whole > 1 << 20
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("4096\n")
    assert free_memory(tmp_path) > 1 << 20
    (tmp_path / "memory.max").write_text(f"{4096 + 1000}\n")
    assert free_memory(tmp_path) == 1000
