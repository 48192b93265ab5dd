"""Mirrors ratecraft/records/storage/header.py."""

from dataclasses import replace

import pytest

from ratecraft.errors import StudyError
from ratecraft.records.storage.header import StudyHeader, check_identity


def test_same_command_goes_on(header: StudyHeader) -> None:
    later = replace(header, created="2026-12-01T00:00:00+00:00", ratecraft_version="0.2.0", directory="/elsewhere")
    check_identity(header, later)


def test_setting_is_the_same_after_its_way_through_the_record(header: StudyHeader) -> None:
    check_identity(replace(header, settings={"rates": (1, 2)}), replace(header, settings={"rates": [1, 2]}))


def test_changed_script_is_an_error_that_names_new(header: StudyHeader) -> None:
    with pytest.raises(StudyError, match=r"train\.py is no longer the one that the study tune-train-0") as caught:
        check_identity(header, replace(header, script_hash="0"))
    assert "--new" in caught.value.hint()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"torch_version": "2.5.0"}, "torch: 2.4.0 → 2.5.0"),
        ({"settings": {"budget": 2.0, "metric": "val_loss:min", "threads": 1}}, "budget: 1.6 → 2.0"),
        ({"settings": {"budget": 1.6, "threads": 1, "steps": 400}}, "metric: val_loss:min → –, steps: – → 400"),
        ({"arguments": ("--epochs", "4")}, "arguments: --epochs 3 → --epochs 4"),
        ({"arguments": ("--epochs 3",)}, "arguments: --epochs 3 → '--epochs 3'"),
        ({"script": "other.py", "script_hash": "0"}, "script: train.py → other.py"),
        ({"verb": "find"}, "verb: tune → find"),
    ],
)
def test_changed_settings_are_an_error_that_names_each(
    header: StudyHeader, change: dict[str, object], said: str
) -> None:
    with pytest.raises(StudyError, match="tune-train-0 was started with other settings") as caught:
        check_identity(header, replace(header, **change))
    assert caught.value.values["changes"] == said
    assert "--new" in caught.value.hint()


def test_changed_task_is_an_error_that_names_each_part_and_new(header: StudyHeader) -> None:
    begun = replace(header, script="", script_hash="", task={"weights": "3f", "steps": "400"})
    check_identity(begun, begun)
    with pytest.raises(StudyError, match=r"with another task: clip_norm: – → 1\.0, steps: 400 → 500") as caught:
        check_identity(begun, replace(begun, task={"weights": "3f", "steps": "500", "clip_norm": "1.0"}))
    assert "new=True" in caught.value.hint()
    assert "--new" in caught.value.hint()
