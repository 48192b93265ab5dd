"""Mirrors training/sandbox/writable.py."""

import tempfile
from pathlib import Path

from ratecraft.training.sandbox.writable import cache_folders, writable_folders

HOME = Path("/home/me/project")
SCRATCH = HOME / ".ratecraft" / "1"


def test_scratch_temporary_files_devices_and_caches_are_writable() -> None:
    environment = {"HOME": "/home/me", "TMPDIR": "/fast/tmp", "HF_HOME": "/data/hf"}
    folders = writable_folders(HOME, SCRATCH, environment, [HOME / ".ratecraft" / "outcome"])
    expected = ["/fast/tmp", "/dev", "/data/hf", "/home/me/.cache", "/home/me/.triton"]
    assert {SCRATCH, HOME / ".ratecraft" / "outcome", *map(Path, expected)} <= set(folders)


def test_the_users_folder_is_not_writable_by_any_of_them() -> None:
    for variable in ("TMPDIR", "HF_HOME", "XDG_CACHE_HOME"):
        folders = writable_folders(HOME, SCRATCH, {"HOME": "/home/me", variable: "/home"}, [Path("/")])
        assert not any(HOME.is_relative_to(folder) for folder in folders)


def test_without_variables_the_usual_temporary_folder_is_taken() -> None:
    assert Path(tempfile.gettempdir()).resolve() in writable_folders(HOME, SCRATCH, {})
    assert cache_folders({}) == ()
