"""Mirrors ratecraft/recipes/lookup.py."""

import pytest

from ratecraft.errors import InvalidInput
from ratecraft.recipes.lookup import looked_up
from ratecraft.recipes.presets import builtin_presets

PRESETS = builtin_presets()


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("AdamW", "adamw"),
        ("torch.optim.AdamW", "adamw"),
        ("schedule_free", "schedule-free"),
        ("AdamWScheduleFree", "schedule-free"),
        ("SGDM", "momentum"),
        ("RMSProp", "rmsprop"),
    ],
)
def test_an_optimizer_is_found_in_any_spelling(given: str, key: str) -> None:
    assert looked_up("optimizer", given, PRESETS.optimizers).key == key


@pytest.mark.parametrize(("given", "key"), [("LLM", "pre-training"), ("fine_tuning_vision", "fine-tuning-vision")])
def test_a_task_is_found_by_what_people_call_it(given: str, key: str) -> None:
    assert looked_up("task", given, PRESETS.tasks).key == key


def test_an_unknown_optimizer_is_told_with_the_nearest() -> None:
    with pytest.raises(InvalidInput, match="no recipe for the optimizer `adamv`") as caught:
        looked_up("optimizer", "adamv", PRESETS.optimizers)
    assert caught.value.hint().startswith("Did you mean adam, adamw, ")


def test_an_unknown_task_is_told_with_the_nearest() -> None:
    with pytest.raises(InvalidInput, match="no recipe for the task `image`") as caught:
        looked_up("task", "image", PRESETS.tasks)
    assert caught.value.hint().startswith("Did you mean images, ")


def test_an_unknown_schedule_is_told_with_the_nearest() -> None:
    with pytest.raises(InvalidInput, match="no schedule `cosin`") as caught:
        looked_up("schedule", "cosin", PRESETS.schedules)
    assert caught.value.hint().startswith("Did you mean cosine, ")
