"""A script that prints nothing, tuned from Python without a baseline, two jobs at a time."""

import json

import pytest
import torch
from tests.end_to_end.command import Study, Workplace

pytestmark = pytest.mark.soak

TUNE = """
import json
import ratecraft as rc

found = rc.tune("silent.py", ["360"], baseline=False, workers=2)
print(json.dumps(found.to_json()))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    place = Workplace(tmp_path_factory.mktemp("silent"))
    place.put("silent.py")
    (place.folder / "answer.json").write_text(place.run("-c", TUNE))
    return place


@pytest.fixture(scope="module")
def plain(place: Workplace) -> dict[str, object]:
    return json.loads((place.folder / "answer.json").read_text())


@pytest.fixture(scope="module")
def study(place: Workplace) -> Study:
    return place.study()


def test_training_losses_are_compared_and_the_result_says_so(study: Study, plain: dict[str, object]) -> None:
    assert plain["metric"] == {"name": "training_loss", "direction": "min", "source": "training"}
    assert study.answer.marks[:2] == ("training", "short-run")


def test_without_a_baseline_no_gain_is_claimed(plain: dict[str, object]) -> None:
    assert (plain["baseline"], plain["verdict"]) == (None, "not-compared")
    assert plain["decisions"][-1]["code"] == "not-compared"
    assert plain["cost"]["baseline_runs"] == 0


def test_the_length_of_a_run_comes_from_a_first_look_through_the_script(study: Study, plain: dict[str, object]) -> None:
    assert plain["decisions"][0] == {
        "code": "horizon-census",
        "values": {"steps": 360},
        "text": "A full run has 360 steps, by a first look through the script.",
    }
    (census,) = study.keys("census")
    assert study.outcomes[census].executed == 1


def test_frozen_steps_are_counted_beside_the_runs(study: Study, plain: dict[str, object]) -> None:
    frozen = sum(each.frozen for each in study.outcomes.values())
    assert plain["cost"]["evaluation_steps"] == pytest.approx(frozen / 3)
    assert plain["cost"]["runs"] <= 1.75
    assert plain["tuned"]["steps"] == 360


def test_every_group_keeps_the_ratio_that_the_script_gives_it(plain: dict[str, object]) -> None:
    leading, other = plain["groups"]
    assert (leading["leading"], other["leading"]) == (True, False)
    assert other["rate"] == pytest.approx(leading["rate"] / 10)
    assert leading["own_rate"] == 3e-3


def test_the_last_state_is_the_model_since_nothing_validated_another(place: Workplace, study: Study) -> None:
    (model,) = study.folder.models.iterdir()
    assert model.stem == study.answer.final_job == study.answer.best_job
    kept = torch.load(model, weights_only=True)["Sequential"]
    written = torch.load(place.folder / "weights.pt", weights_only=True)
    assert all(torch.equal(tensor, written[name]) for name, tensor in kept.items())


def test_the_end_screen_names_that_state(place: Workplace) -> None:
    out = place.type("show").out
    assert out.startswith("✓ Tuned: training_loss ")
    assert "at the end of the final run" in out
