"""Mirrors training/machine/control_groups.py: files as both versions of control groups write them."""

import math
from pathlib import Path

from ratecraft.training.machine.control_groups import Share, granted


def written(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(f"{text}\n")


def test_a_machine_without_groups_limits_nothing(tmp_path: Path) -> None:
    assert granted(tmp_path / "none", tmp_path / "none") == Share(math.inf, math.inf, math.inf)


def test_the_smallest_limit_of_a_group_and_those_around_it_counts(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("0::/slurm/job_7/step_0\n")
    root = tmp_path / "groups"
    written(root / "slurm", cpu__max="800000 100000", memory__max="4000", memory__current="1000")
    written(root / "slurm" / "job_7", cpu__max="250000 100000", memory__max="9000", memory__current="8500")
    written(root / "slurm" / "job_7" / "step_0", cpu__max="max 100000", memory__max="max")
    assert granted(root, tmp_path / "own") == Share(2.5, 4000, 500)


def test_version_1_has_a_tree_for_each_controller(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("5:cpu,cpuacct:/job\n4:memory:/job\n1:name=systemd:/\n0::/\n")
    root = tmp_path / "groups"
    written(root / "cpu" / "job", cpu__cfs_quota_us="300000", cpu__cfs_period_us="100000")
    written(root / "memory", memory__limit_in_bytes=str((1 << 63) - 4096))
    written(root / "memory" / "job", memory__limit_in_bytes="5000", memory__usage_in_bytes="4000")
    assert granted(root, tmp_path / "own") == Share(3.0, 5000, 1000)
    written(root / "cpu" / "job", cpu__cfs_quota_us="-1")
    assert granted(root, tmp_path / "own").cores == math.inf


def test_file_contents_that_the_kernel_would_drop_are_free(tmp_path: Path) -> None:
    written(tmp_path, memory__max="5000", memory__current="4500", memory__stat="anon 500\ninactive_file 3000")
    assert granted(tmp_path, tmp_path / "none").free == 3500
