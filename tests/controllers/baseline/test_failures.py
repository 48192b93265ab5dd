"""Mirrors ratecraft/controllers/baseline/failures.py."""

import pytest

from ratecraft.controllers.baseline.failures import raise_failure, raise_opponents, script_failed
from ratecraft.errors import InvalidInput, ScriptFailed, StudyError
from ratecraft.records.outcome import Ending, Failure, Outcome, RunFacts

FAILURE = Failure("exception", "KeyError", "'x'", "train.py", 7, "Traceback (most recent call last): …")


def test_a_first_run_that_ended_well_raises_nothing() -> None:
    raise_failure(Outcome("a", Ending.DONE))


def test_a_failed_first_run_raises_the_scripts_own_error() -> None:
    with pytest.raises(ScriptFailed, match="The training failed in its first run: KeyError 'x'") as caught:
        raise_failure(Outcome("a", Ending.FAILED, failure=FAILURE))
    assert caught.value.values["file"] == "train.py"
    assert caught.value.values["line"] == 7
    assert "Traceback" in str(caught.value.values["traceback"])


def test_a_script_without_an_optimizer_is_bad_input() -> None:
    with pytest.raises(InvalidInput, match="no torch optimizer was seen"):
        raise_failure(Outcome("a", Ending.FAILED, failure=Failure("no-optimizer")))


def test_a_schedule_of_what_the_optimizers_lack_is_bad_input_and_says_what_they_have() -> None:
    failure = Failure("attach-name", "momentum", "rate, eps")
    with pytest.raises(InvalidInput, match=r"a schedule for `momentum`, .* they have: rate, eps"):
        raise_failure(Outcome("a", Ending.FAILED, failure=failure))


def test_a_script_that_never_steps_names_the_time_it_had() -> None:
    with pytest.raises(InvalidInput, match=r"no optimizer step within 300\.0 seconds") as caught:
        raise_failure(Outcome("a", Ending.FAILED, failure=Failure("no-step", "300.0")))
    assert "--start-timeout" in caught.value.hint()


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        ("several-processes", "torchrun", r"joins several processes \(torchrun\)"),
        ("other-framework", "JAX", "The script trains with JAX"),
        ("deepspeed", "initialize", "The script trains with DeepSpeed"),
    ],
)
def test_a_training_that_cannot_be_followed_is_bad_input_with_its_reason_and_the_way_out(
    kind: str, name: str, text: str
) -> None:
    with pytest.raises(InvalidInput, match=text) as caught:
        raise_failure(Outcome("a", Ending.FAILED, failure=Failure(kind, name)))
    assert caught.value.hint()


def test_a_run_that_is_surely_too_short_names_its_steps_and_how_many_are_needed() -> None:
    with pytest.raises(InvalidInput, match=r"A run of 100 steps is too short .* at least 320 are needed"):
        raise_failure(Outcome("a", Ending.FAILED, failure=Failure("too-short", "100", "320")))


def test_opponents_are_named_with_their_losses_and_what_to_type() -> None:
    told = "Adam ← `d.backward()` (train.py:7); Adam ← `g.backward()` (train.py:9)"
    with pytest.raises(InvalidInput, match=r"learn from different losses: Adam ← `d\.backward\(\)`") as caught:
        raise_failure(Outcome("a", Ending.FAILED, failure=Failure("opponents", told)))
    assert "--metric NAME:min" in caught.value.hint()


def test_a_first_run_made_for_another_question_tells_of_opponents_too() -> None:
    raise_opponents(None)
    raise_opponents(Outcome("a", Ending.DONE))
    with pytest.raises(InvalidInput, match="different losses: Adam ← a; SGD ← b"):
        raise_opponents(Outcome("a", Ending.DONE, facts=RunFacts(opponents=("Adam ← a", "SGD ← b"))))


def test_a_missing_module_names_the_package_that_is_to_be_installed_and_where() -> None:
    failure = Failure(
        "missing-package", "ModuleNotFoundError", "No module named 'skimage.io'", detail="/venv/bin/python"
    )
    with pytest.raises(ScriptFailed, match="`skimage`, which is missing in this environment: /venv/bin/python") as told:
        raise_failure(Outcome("a", Ending.FAILED, failure=failure))
    assert "/venv/bin/python -m pip install" in told.value.hint()


def test_a_failure_without_a_name_is_named_by_its_kind() -> None:
    assert script_failed("script-failed", Failure("killed")).values["name"] == "killed"


def test_an_exception_of_ratecraft_s_own_is_not_blamed_on_the_script() -> None:
    with pytest.raises(StudyError, match="This is a bug in ratecraft: OSError: No space left") as caught:
        raise_failure(Outcome("a", Ending.FAILED, failure=Failure("defect", "OSError", "No space left")))
    assert caught.value.code == "defect"
