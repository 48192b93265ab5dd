"""Mirrors ratecraft/recipes/run_description.py."""

from typing import Any

import pytest

from ratecraft.errors import InvalidInput
from ratecraft.recipes.run_description import RunDescription


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"optimizer": ""}, "`optimizer` must be a name as text; got ''"),
        ({"optimizer": None}, "`optimizer` must be a name as text; got None"),
        ({"optimizer": "adam", "task": 3}, "`task` must be a name as text; got 3"),
        ({"optimizer": "adam", "batch_size": 0}, "`batch_size` must be greater than 0; got 0"),
        ({"optimizer": "adam", "rate": float("inf")}, "`rate` of a schedule must be a finite number; got inf"),
        ({"optimizer": "adam", "steps": 1.5}, r"`steps` must be a whole number from 1 .*; got 1\.5"),
        ({"optimizer": "adam", "base_batch_size": 8}, "`base_batch_size` has no meaning without `batch_size`"),
        ({"optimizer": "adam", "noise_scale": 8}, "`noise_scale` has no meaning without `batch_size`"),
        ({"optimizer": "adam", "base_steps": 8}, "`base_steps` has no meaning without `steps`"),
        ({"optimizer": "adam", "width": 8}, "`width` has no meaning without `base_width`"),
    ],
)
def test_what_has_no_meaning_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        RunDescription(**given)
