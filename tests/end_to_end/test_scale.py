"""`ratecraft scale`, typed as a user does."""

import pytest
from tests.end_to_end.command import Workplace, tree

TYPED = ("scale", "sized.py", "--vary", "--width {8,16,32}", "--target", "--width 256", "--json")


@pytest.mark.soak
def test_a_law_over_sizes_leaves_the_folder_alone_and_costs_nothing_the_second_time(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    place = Workplace(tmp_path_factory.mktemp("scaled"))
    place.put("sized.py")
    before = tree(place.folder)
    price = place.type(*TYPED, "--dry-run").json["estimate"]
    first = place.type(*TYPED)
    plain = first.json
    assert len(price["runs"]) == len(plain["points"]) == 3
    assert price["target_runs"] == pytest.approx(plain["cost"]["target_runs"], rel=1)
    assert (plain["rate"] is None) == (plain["no_law"] is not None)
    assert first.code == (0 if plain["rate"] else 1)
    assert {name: content for name, content in tree(place.folder).items() if name in before} == before
    runs = {each["study"] for each in plain["points"]}
    again = place.type(*TYPED)
    assert again.json == plain
    assert "trial: rate" not in again.err
    assert len(runs) == 3
