"""`ratecraft find`, typed as a user does."""

import json
import math
import re
from dataclasses import dataclass, field

import pytest
from tests.end_to_end.command import Typed, Workplace, lines_until, tree

FIND = ("find", "digits.py")
STUCK = """\
import torch

torch.manual_seed(0)
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(400):
    loss = (torch.randn(8, 1) ** 2).mean() + 0 * model(torch.randn(8, 4)).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
RATELESS = """\
import torch

torch.manual_seed(0)
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
for step in range(400):
    inputs = torch.randn(32, 4)
    loss = (model(inputs) - inputs.sum(1, keepdim=True)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
ENDLESS = RATELESS.replace("for step in range(400):", "step = 0\nwhile step < 400:\n    step += 1").replace(
    "0.0", "0.01"
)


@dataclass(frozen=True)
class Found:
    """A search of `digits.py` that nothing disturbed, and its folder as it was before. To be looked at only."""

    place: Workplace
    before: dict[str, str] = field(repr=False)
    typed: Typed = field(repr=False)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    place = Workplace(tmp_path_factory.mktemp("found"))
    place.put("digits.py")
    return Found(place, tree(place.folder), place.type(*FIND, "--json"))


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    return Workplace(tmp_path_factory.mktemp("place"))


def test_a_script_gets_a_rate_with_an_interval_and_its_costs(found: Found) -> None:
    plain = found.typed.json
    assert (found.typed.code, plain["verdict"]) == (0, "found")
    low, high = plain["interval"]
    assert low <= plain["rate"] <= high
    assert {"edge", "suggestions", "probes", "cost"} <= plain.keys()
    assert 5 <= len(plain["probes"]) <= 9
    assert plain["cost"]["baseline_runs"] == 0
    assert plain["metric"]["source"] == "validation"


def test_nothing_of_the_users_folder_is_changed(found: Found) -> None:
    assert tree(found.place.folder) == found.before


def test_the_length_of_a_run_comes_from_the_loops_and_not_from_a_walk(found: Found) -> None:
    (horizon,) = [each for each in found.typed.json["decisions"] if each["code"].startswith("horizon")]
    assert horizon["code"] == "horizon-loops"
    study = found.place.study()
    (census,) = study.keys("census")
    assert study.outcomes[census].frozen <= 3


def test_the_screen_has_the_verdict_first_a_plot_and_what_to_type_now(found: Found) -> None:
    out = found.place.type("show").out
    assert out.startswith("✓ Found: ")
    assert "▲ chosen" in out
    assert out.splitlines()[-1].endswith("ratecraft tune digits.py") or "ratecraft report" not in out
    assert "▲ chosen" not in found.place.type("show", "--no-plot").out


def test_the_same_command_again_gives_the_result_at_once(found: Found) -> None:
    again = found.place.type(*FIND, "--json")
    assert again.json == found.typed.json


def test_the_list_of_studies_has_it(found: Found) -> None:
    (line,) = [line for line in found.place.type("studies").out.splitlines() if line.startswith("find-digits")]
    assert " found " in line


@pytest.mark.soak
def test_a_training_that_learns_nothing_ends_with_exit_code_1_and_the_reason(place: Workplace) -> None:
    place.put("stuck.py", STUCK)
    typed = place.type("find", "stuck.py")
    assert typed.code == 1
    assert typed.out.startswith("? No information: ")
    assert "is better than the untrained model" in " ".join(typed.out.split())
    plain = place.type("find", "stuck.py", "--json")
    assert (plain.code, plain.json["rate"], plain.json["verdict"]) == (1, None, "no-information")


@pytest.mark.soak
def test_a_script_without_a_rate_is_bounded_by_a_ramp_first(place: Workplace) -> None:
    place.put("rateless.py", RATELESS)
    plain = place.type("find", "rateless.py", "--json").json
    assert plain["verdict"] == "found"
    assert plain["own_rate"] is None
    assert plain["edge"] is not None
    assert len(plain["ramp"]["losses"]) <= 48
    assert plain["cost"]["by_phase"]["ramp"] <= 48


@pytest.mark.soak
def test_of_a_run_of_unknown_length_the_cost_is_told_in_steps(place: Workplace) -> None:
    place.put("endless.py", ENDLESS)
    plain = place.type("find", "endless.py", "--json").json
    assert plain["horizon"] is None
    assert "length-unknown" in plain["marks"]
    assert {probe["steps"] for probe in plain["probes"]} == {80}
    assert plain["cost"]["runs"] is None
    assert plain["cost"]["steps"] >= 5 * 80
    out = place.type("show").out
    assert re.search(r"^Cost +[\d,]+ steps", out, flags=re.MULTILINE)
    assert "Set it with --steps N" in " ".join(out.split())
    told = place.type("find", "endless.py", "--steps", "400", "--json").json
    assert told["horizon"] == 400


@pytest.mark.soak
def test_a_ramp_alone_gives_suggestions_by_their_sources(place: Workplace) -> None:
    place.put("rateless.py", RATELESS)
    typed = place.type("find", "rateless.py", "--ramp-only")
    assert typed.code == 0
    assert typed.out.startswith("! Suggested: ")
    assert all(source in typed.out for source in ("fastai", "torch-lr-finder", "before the rise"))
    assert "as good:" not in typed.out


def test_the_price_is_said_first_and_alone_with_dry_run(place: Workplace) -> None:
    place.put("digits.py")
    with place.start(*FIND) as process:
        begins, first, *_ = list(lines_until(process, "first look: started"))
        process.kill()
    assert begins == "Finding a rate for digits.py: getting ready…\n"
    assert re.fullmatch(r"0\.\d\d runs in total, at most 0\.\d\d: 5 short probes\n", first)
    dry = place.type(*FIND, "--dry-run", "--json").json
    assert dry["estimate"]["probes"] == 5
    assert math.isclose(dry["estimate"]["runs"], dry["estimate"]["total_runs"])


def test_errors_are_json_for_programs(place: Workplace) -> None:
    place.put("digits.py")
    typed = place.type(*FIND, "--rates", "1", "2", "--json")
    assert typed.code == 2
    assert json.loads(typed.out).keys() == {"code", "message", "hint"}


def test_help_shows_examples_in_either_language(place: Workplace) -> None:
    assert "ratecraft find train.py --ramp-only" in place.type("find", "--help").out
    assert "学習率だけ" in place.type("find", "--help", "--language", "ja").out
