"""Mirrors ratecraft/records/job.py."""

import json
import os
import subprocess
import sys
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.records.job import Evaluate, Job, StopRule, job_from_json, job_to_json
from ratecraft.schedules.builders.constructors import constant, linear

PROBE = Job(
    schedules={"rate": constant(0.1, 75) >> linear(0.1, 0.0, 25)},
    start=75,
    stop=100,
    parent="4d0a3d1c9ffbbd59",
    seed=7,
    evaluate=Evaluate("figure", "val_loss", 400),
)


def test_key_of_a_job_is_the_same_in_every_version() -> None:
    assert PROBE.key == "101c342117fcfee3"


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_key_of_a_job_is_the_same_in_every_process(hash_seed: str) -> None:
    code = "import json, sys; from ratecraft.records.job import *; print(job_from_json(json.load(sys.stdin)).key)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(job_to_json(PROBE)),
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == PROBE.key


def test_job_of_defaults_is_an_empty_object() -> None:
    assert job_to_json(Job()) == {}


def test_fields_at_their_default_do_not_enter_the_json() -> None:
    assert job_to_json(replace(PROBE, seed=0, evaluate=None)).keys() == {"schedules", "start", "stop", "parent"}


def test_fields_at_their_default_do_not_enter_the_json_of_a_rule_and_an_evaluation() -> None:
    plain = job_to_json(Job(stop_rule=StopRule("halve"), evaluate=Evaluate("natural")))
    assert plain == {"stop_rule": {"blown_up": "halve"}, "evaluate": {"kind": "natural"}}


CHANGES: list[dict[str, Any]] = [
    {"schedules": {"rate": constant(0.2)}},
    {"scale": {"1": 0.5}},
    {"start": 76},
    {"stop": 101},
    {"parent": None},
    {"seed": 8},
    {"arguments": ("--fast",)},
    {"treatment": "clip"},
    {"stop_rule": StopRule("halve", 16)},
    {"stop_rule": StopRule(turned_over=8)},
    {"evaluate": Evaluate("frozen", steps=8)},
    {"in_place": True},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_every_field_enters_the_key(change: dict[str, Any]) -> None:
    assert replace(PROBE, **change).key != PROBE.key


def test_changes_above_name_every_field() -> None:
    assert {name for change in CHANGES for name in change} == {each.name for each in fields(Job)}


def test_whole_numbers_and_floats_of_a_scale_give_one_key() -> None:
    assert Job(scale={"1": 2}).key == Job(scale={"1": 2.0}).key


@given(st.from_type(Job))
def test_job_comes_back_from_its_json_with_its_key(job: Job) -> None:
    again = job_from_json(job_to_json(job))
    assert again == job
    assert again.key == job.key


@given(st.from_type(Job), st.from_type(Job))
def test_equal_jobs_have_equal_keys_and_different_jobs_different_ones(one: Job, other: Job) -> None:
    assert (one == other) == (one.key == other.key)


def test_equal_jobs_are_one_member_of_a_set() -> None:
    assert len({PROBE, replace(PROBE)}) == 1
