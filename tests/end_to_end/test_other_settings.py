"""Other settings after a study are another question: a study of its own, which uses again what was run already."""

import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest
from tests.end_to_end.command import Typed, Workplace, lines_until

from ratecraft.records.events import Finished, Started
from ratecraft.records.storage.study import find_studies

pytestmark = pytest.mark.soak  # eight studies; the parts are asked alone in tests/tuning and tests/api

TUNE = ("tune", "questions.py")
SCHEDULE = (*TUNE, "--schedule", "warmup(10) >> cosine()")
ACCURACY = (*TUNE, "--metric", "accuracy")


@dataclass
class Asked:
    """One script, asked one question after the other; `names` are the studies in their order."""

    place: Workplace
    typed: dict[str, Typed] = field(default_factory=dict[str, Typed], repr=False)
    names: dict[str, str] = field(default_factory=dict[str, str])
    trees: dict[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]], repr=False)

    def ask(self, name: str, *words: str) -> None:
        known = set(self.studies())
        self.typed[name] = self.place.type(*words)
        self._note(name, known)

    def ask_and_kill(self, name: str, text: str, *words: str) -> None:
        """Kill the supervisor when its stderr has said the text, and give the command once more."""
        known = set(self.studies())
        with self.place.start(*words) as process:
            said = "".join(lines_until(process, text))
            process.send_signal(signal.SIGKILL)
            out, err = process.communicate(timeout=60)
        self.typed[f"{name}, killed"] = Typed(process.returncode, out, said + err)
        self.typed[name] = self.place.type(*words)
        self._note(name, known)

    def studies(self) -> list[str]:
        return [each.folder.name for each in find_studies(self.place.folder)]

    def _note(self, name: str, known: set[str]) -> None:
        fresh = [each for each in self.studies() if each not in known]
        self.names[name] = fresh[0] if fresh else ""
        self.trees[name] = files(self.place.folder / ".ratecraft")

    def study(self, name: str):
        return self.place.study(f".ratecraft/{self.names[name]}")

    def run_here(self, name: str) -> list[str]:
        """Phases of the jobs that the study has run itself."""
        study = self.study(name)
        run = {event.job for event in study.events if isinstance(event, Started)}
        return [phase for phase in ("baseline", "bracket", "final") for key in study.keys(phase) if key in run]

    def reused(self, name: str) -> dict[str, str]:
        """Key to study of the jobs that it has not."""
        events = self.study(name).events
        return {each.outcome.job: each.reused for each in events if isinstance(each, Finished) and each.reused}


def files(folder: Path) -> Mapping[str, str]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in found}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    place = Workplace(tmp_path_factory.mktemp("questions"))
    place.put("questions.py")
    asked = Asked(place)
    asked.ask("first", *TUNE)
    asked.ask("priced", *SCHEDULE, "--dry-run", "--json")
    asked.ask("schedule", *SCHEDULE)
    asked.ask("again", *TUNE)
    asked.ask("elegance", *TUNE, "--metric", "elegance:max")
    asked.ask_and_kill("accuracy", "bracket: rate 5e-2, done", *ACCURACY)
    asked.ask("same", *SCHEDULE, "--json")
    return asked


def test_the_study_of_a_plain_command_stays_what_it_was(asked: Asked) -> None:
    first = asked.names["first"]
    assert asked.typed["again"].out == asked.typed["first"].out
    assert asked.names["again"] == ""
    before, after = (
        {name: digest for name, digest in asked.trees[when].items() if name.startswith(f"{first}/")}
        for when in ("first", "same")
    )
    assert before == after


def test_another_schedule_needs_no_more_than_a_final_run(asked: Asked) -> None:
    assert asked.typed["schedule"].code == 0, asked.typed["schedule"].err
    assert asked.run_here("schedule") == ["final"]
    assert set(asked.reused("schedule").values()) == {asked.names["first"]}
    study, first = asked.study("schedule"), asked.study("first")
    assert study.answer.baseline == first.answer.baseline
    assert set(study.answer.probes) <= set(first.answer.probes)  # a final run from step 0 leaves room for one less
    assert set(study.costs.by_phase) == {"final"}
    assert (study.costs.baseline_runs, study.costs.recomputed_steps) == (0, 0)


def test_what_is_used_again_is_told_before_while_and_after(asked: Asked) -> None:
    name, said = asked.names["first"], asked.typed["schedule"]
    opening = " ".join(said.err.split())
    assert f"the baseline of {name} is reused" in opening
    assert f"baseline: that of {name} reused, 0 runs" in said.err
    assert said.err.count(f"that of {name} reused, 0 runs") == 1 + len(asked.study("schedule").answer.probes)
    jobs = len(asked.reused("schedule"))
    assert f"Reused: {jobs} jobs of {name}, worth" in " ".join(said.out.split())
    (reused,) = asked.typed["same"].json["cost"]["reused"]
    assert (reused["study"], reused["jobs"]) == (name, jobs)


def test_the_price_knows_of_the_baseline(asked: Asked) -> None:
    priced = asked.typed["priced"].json
    assert priced["reused_baseline"] == asked.names["first"]
    assert priced["estimate"]["total_runs"] == priced["estimate"]["runs"]
    assert asked.names["priced"] == ""


def test_a_figure_that_the_baseline_had_printed_is_found_without_another_run(asked: Asked) -> None:
    assert asked.typed["accuracy"].code == 0, asked.typed["accuracy"].err
    study = asked.study("accuracy")
    assert study.answer.metric.name == "accuracy"
    assert asked.run_here("accuracy").count("baseline") == 0
    (baseline,) = study.keys("baseline")
    told = [each.value for each in study.outcomes[baseline].figures if each.name == "accuracy"]
    printed = [line.split()[1] for line in asked.study("first").lines(asked.study("first").keys("baseline")[0])[1::2]]
    assert told == [float(each) for each in printed]
    assert study.answer.baseline is not None
    assert study.answer.baseline.final == told[-1]


def test_killed_on_its_way_it_goes_on_with_what_it_had(asked: Asked) -> None:
    killed, gone_on = asked.typed["accuracy, killed"], asked.typed["accuracy"]
    assert killed.code == -signal.SIGKILL
    assert "reused" in killed.err
    assert "baseline" not in gone_on.err
    assert "bracket: rate 5e-2, started" not in gone_on.err


def test_one_that_it_never_printed_is_told_at_once(asked: Asked) -> None:
    said = asked.typed["elegance"]
    assert said.code == 1
    assert "no answer[metric-not-printed]" in said.err
    assert "val_loss (8×)" in " ".join(said.err.split())
    assert asked.run_here("elegance") == []


def test_without_the_first_study_the_others_are_whole(asked: Asked, tmp_path: Path) -> None:
    copy = tmp_path / "moved"
    shutil.copytree(asked.place.folder, copy)
    shutil.rmtree(copy / ".ratecraft" / asked.names["first"])
    place = Workplace(copy)
    shown = place.type("show", asked.names["schedule"])
    assert (shown.code, shown.err) == (0, "")
    assert place.type("report", asked.names["accuracy"], "-o", "report.html").code == 0
    assert (copy / "report.html").is_file()
    assert place.type(*SCHEDULE).out == asked.typed["schedule"].out


def test_while_one_question_is_at_work_another_one_waits_for_the_folder(tmp_path: Path) -> None:
    place = Workplace(tmp_path)
    place.put("questions.py")
    with place.start(*TUNE) as first:
        list(lines_until(first, "baseline: started"))
        refused = place.type(*SCHEDULE)
        assert first.poll() is None
        first.send_signal(signal.SIGKILL)
    said = " ".join(refused.err.split())
    assert (refused.code, refused.out) == (2, "")
    assert "error[script-busy]" in said
    assert f"by another process ({first.pid})" in said
    assert len(list((tmp_path / ".ratecraft").glob("*/"))) == 1
    with place.start(*SCHEDULE) as second:
        list(lines_until(second, "baseline: started"))
        second.send_signal(signal.SIGTERM)
        second.communicate(timeout=60)
    assert second.returncode == 4
