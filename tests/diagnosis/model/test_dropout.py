"""Mirrors ratecraft/diagnosis/model/dropout.py: a hint where most layers drop most units."""

import pytest
from tests.diagnosis.runs import codes, falling, run


@pytest.mark.parametrize(("layers", "most", "hints"), [(3, 2, ["dropout-high"]), (2, 1, []), (1, 0, []), (0, 0, [])])
def test_hint_is_given_where_more_than_half_of_the_layers_drop_more_than_half(
    layers: int, most: int, hints: list[str]
) -> None:
    assert codes(run(falling(1000), facts={"layers_dropping": layers, "layers_dropping_most": most})) == hints
