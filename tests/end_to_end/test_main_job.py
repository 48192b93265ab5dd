"""The main job by the real command: one study of one real script, and what it leaves for its user."""

import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.end_to_end.command import Tuned, Workplace, digits, tree
from tests.end_to_end.gate import Gate
from torch import nn
from torch.nn.functional import cross_entropy

from ratecraft.records.events import Finished, Started
from ratecraft.records.outcome import Ending
from ratecraft.records.storage.study import HOME

STEPS = 344
KEYS = {
    "": "schema study metric baseline tuned verdict sure doubts rate interval groups schedule folder cost decisions",
    "metric": "name direction source",
    "baseline": "final best steps",
    "tuned": "final best best_at steps",
    "schedule": "expression json code",
    "cost": "runs baseline_runs evaluation_steps recomputed_steps total_runs seconds reused by_phase",
}


def refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def test_with_json_one_object_is_all_that_is_said(tuned: Tuned) -> None:
    assert (tuned.typed.code, tuned.typed.err) == (0, "")
    assert tuned.typed.out.count("\n") == 1
    assert json.loads(tuned.typed.out, parse_constant=refuse)["schema"] == 1


@pytest.mark.parametrize("part", KEYS)
def test_the_json_object_has_exactly_the_promised_keys(tuned: Tuned, part: str) -> None:
    plain = tuned.typed.json
    assert set(plain[part] if part else plain) == set(KEYS[part].split())


def test_the_tuned_model_is_better_than_that_of_the_script_as_it_is(tuned: Tuned) -> None:
    plain = tuned.typed.json
    assert plain["verdict"] == "gain"
    assert plain["metric"] == {"name": "val_loss", "direction": "min", "source": "validation"}
    assert plain["tuned"]["best"] <= plain["tuned"]["final"] < plain["baseline"]["final"]
    assert plain["tuned"]["steps"] == plain["baseline"]["steps"] == STEPS


def test_each_decision_has_its_code_numbers_and_sentence(tuned: Tuned) -> None:
    decisions = tuned.typed.json["decisions"]
    assert [set(each) for each in decisions] == [{"code", "values", "text"}] * len(decisions)
    assert decisions[0] == {
        "code": "horizon-run",
        "values": {"steps": STEPS},
        "text": "A full run has 344 steps, as the script showed.",
    }


def test_the_costs_are_the_steps_of_all_outcomes(tuned: Tuned) -> None:
    cost, study = tuned.typed.json["cost"], tuned.place.study()
    executed: dict[str, int] = {}
    for phase in ("baseline", "untrained", "bracket", "final"):
        executed[phase] = sum(study.outcomes[key].executed for key in study.keys(phase))
    assert cost["by_phase"] == executed
    assert executed["baseline"] == STEPS
    assert cost["runs"] == pytest.approx((executed["bracket"] + executed["final"]) / STEPS)
    assert cost["runs"] <= 1.85
    assert (cost["baseline_runs"], cost["recomputed_steps"]) == (1, 0)
    assert cost["evaluation_steps"] == pytest.approx(sum(each.evaluation_steps for each in study.outcomes.values()))
    assert cost["total_runs"] == pytest.approx(1 + cost["runs"] + cost["evaluation_steps"] / STEPS)


def test_the_baseline_is_the_script_exactly_as_it_is(tuned: Tuned, tmp_path: Path) -> None:
    alone = Workplace(tmp_path)
    alone.put("digits.py")
    study = tuned.place.study()
    assert alone.run("digits.py").splitlines() == study.lines(*study.keys("baseline"))


def test_the_pasted_schedule_repeats_the_final_run_without_ratecraft(tuned: Tuned, tmp_path: Path) -> None:
    alone, code = Workplace(tmp_path), tuned.typed.json["schedule"]["code"]
    text = alone.put("digits.py").read_text()
    text = re.sub(r"(?m)^optimizer = .*\n", lambda made: made[0] + code, text)
    text = re.sub(r"(?m)^( +)optimizer\.step\(\)\n", r"\g<0>\1scheduler.step()\n", text)
    assert "ratecraft" not in text
    assert text.count("scheduler") > 3
    (tmp_path / "pasted.py").write_text(text)
    printed = [float(value) for value in re.findall(r"val_loss (\S+)", alone.run("pasted.py"))]
    figures = tuned.place.study().outcomes[tuned.final].figures
    assert printed == [figure.value for figure in figures if figure.name == "val_loss"]
    assert len(printed) == 8


def test_only_the_final_run_wrote_into_the_folder_of_the_user(tuned: Tuned) -> None:
    after = tree(tuned.place.folder)
    changed = {path for path in after if after[path] != tuned.before.get(path)}
    assert changed == {"log.csv", "checkpoint.pt"}
    lines = (tuned.place.folder / "log.csv").read_text().splitlines()
    assert lines[0] == "an earlier run"
    assert [line.split(",")[0] for line in lines[1:]] == [str(epoch) for epoch in range(8)]
    assert float(lines[-1].split(",")[1]) == pytest.approx(tuned.typed.json["tuned"]["final"], abs=1e-6)


def test_the_files_that_the_baseline_wrote_lie_in_the_study(tuned: Tuned) -> None:
    kept = tree_of_study(tuned.place.study().folder.baseline)
    assert kept == {"checkpoint.pt", "log.csv"}


def tree_of_study(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def val_loss(model: nn.Module) -> float:
    table = torch.from_numpy(digits())
    with torch.no_grad():
        return cross_entropy(model(table[1376:, :-1].float() / 16), table[1376:, -1].long()).item()


def test_full_runs_leave_their_states_and_no_probe_does(tuned: Tuned) -> None:
    (baseline,) = tuned.place.study().keys("baseline")
    names = {path.name for path in tuned.models.iterdir()}
    assert names == {f"{tuned.final}.pt", f"{tuned.final}-best.pt", f"{baseline}.pt"}


@pytest.mark.parametrize(("ending", "figure"), [("", "final"), ("-best", "best")])
def test_last_and_best_state_of_the_final_run_score_what_the_answer_says(
    tuned: Tuned, ending: str, figure: str
) -> None:
    states: dict[str, Any] = torch.load(tuned.models / f"{tuned.final}{ending}.pt", weights_only=True)
    model = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 10))
    model.load_state_dict(states["Sequential"])
    assert val_loss(model) == pytest.approx(tuned.typed.json["tuned"][figure], abs=1e-6)


def test_no_scratch_folder_and_no_copy_of_a_first_write_stays(tuned: Tuned) -> None:
    folder = tuned.place.study().folder.path
    assert {path.name for path in folder.iterdir()} == {"record.sqlite", "logs", "models", "baseline"}


def test_a_probe_that_fails_at_a_high_rate_only_is_an_outcome(tuned: Tuned) -> None:
    failed = [each for each in tuned.place.study().outcomes.values() if each.ending is Ending.FAILED and each.executed]
    (failure,) = [each.failure for each in failed]
    assert failure is not None
    assert (failure.name, failure.message) == ("RuntimeError", "the weights are out of hand")
    assert failure.file.endswith("digits.py")
    assert f"line {failure.line}, in <module>" in failure.traceback
    highest = max(tuned.place.study().answer.probes, key=lambda each: each.rate)
    assert (highest.ending, highest.score) == ("failed", None)


def test_the_same_command_again_prints_the_result_and_runs_nothing(tuned: Tuned) -> None:
    count = len(tuned.place.study().events)
    typed = tuned.place.type("tune", "./digits.py", "--json")
    assert (typed.code, typed.json) == (0, tuned.typed.json)
    assert len(tuned.place.study().events) == count


@pytest.mark.parametrize("words", [("show",), ("resume",), ("show", "tune-digits")])
def test_show_and_resume_find_the_study_without_its_whole_name(tuned: Tuned, words: tuple[str, ...]) -> None:
    assert tuned.place.type(*words, "--json").json == tuned.typed.json


def test_the_end_screen_holds_verdict_table_rate_plot_code_reasons_costs_and_the_next_command(tuned: Tuned) -> None:
    typed = tuned.place.type("tune", "digits.py")
    assert (typed.code, typed.err) == (0, "Tuning digits.py: getting ready…\n")
    assert typed.out.startswith("✓ Gain: val_loss ")
    for text in (
        "Compared ",
        "Rate ",
        "Schedule ",
        "Why ",
        "Cost ",
        "Model ",
        "Study ",
        "best at step",
        "○ trained for 36 steps",
    ):
        assert text in typed.out
    assert tuned.typed.json["schedule"]["code"] in typed.out + "\n"
    assert "\x1b" not in typed.out
    assert typed.out.rstrip().splitlines()[-1] == f"Next      ratecraft report {tuned.typed.json['study']}"


def test_the_end_screen_speaks_japanese(tuned: Tuned) -> None:
    typed = tuned.place.type("show", RATECRAFT_LANGUAGE="ja")
    assert typed.out.startswith("✓ 改善")
    assert "val_loss" in typed.out


def test_studies_lists_it(tuned: Tuned) -> None:
    (study,) = tuned.place.type("studies", "--json").json["studies"]
    plain = tuned.typed.json
    assert (study["name"], study["state"], study["verdict"]) == (plain["study"], "finished", "gain")
    assert (study["before"], study["after"]) == (plain["baseline"]["final"], plain["tuned"]["final"])
    assert plain["study"] in tuned.place.type("studies").out


def test_tune_from_python_gives_the_same_answer(tuned: Tuned) -> None:
    code = "import ratecraft as rc; found = rc.tune('digits.py'); print(found.answer.rate, found.costs.runs)"
    plain = tuned.typed.json
    assert tuned.place.run("-c", code).split() == [str(plain["rate"]), str(plain["cost"]["runs"])]


def test_new_puts_the_study_aside_and_takes_its_baseline_over(again: Workplace) -> None:
    (name,) = (path.name for path in (again.folder / HOME).glob("*/"))
    typed = ("tune", "digits.py", "--new")
    with Gate("start") as gate, again.start(*typed, **gate.environment) as process:
        gate.hold(process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 4
    assert f"the baseline of {name}.1 is reused" in said
    old, new = again.study(f"{HOME}/{name}.1"), again.study(f"{HOME}/{name}")
    assert old.answer.verdict == "gain"
    (key,) = new.keys("baseline")
    assert (new.outcomes[key].losses, new.outcomes[key].executed) == (old.outcomes[key].losses, 0)
    assert tree_of_study(new.folder.baseline) == {"checkpoint.pt", "log.csv"}
    begun = [each.job for each in new.events if isinstance(each, Started)]
    assert key not in begun
    assert [each.attempt for each in new.events if isinstance(each, Finished) and each.outcome.job == key] == [0]


def test_a_study_moves_with_its_folder(again: Workplace, tuned: Tuned) -> None:
    plain = again.type("resume", "--json").json
    assert plain == tuned.typed.json
