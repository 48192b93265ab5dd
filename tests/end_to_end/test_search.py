"""`ratecraft search`, typed as a user does."""

import signal
from dataclasses import dataclass, field

import pytest
from tests.end_to_end.command import Typed, Workplace, lines_until, tree

from ratecraft.records.events import Proposed
from ratecraft.records.storage.store import Record
from ratecraft.records.trials import Trial

EPOCHS = ("--", "--epochs", "3")
SEARCH = ("search", "digits.py", "--method", "random", "--trials", "4", "--rate", "1e-3..1")
ASKED = ("search", "digits.py", "--method", "tpe", "--trials", "4", "--rate", "1e-3..1", "--vary", "momentum=0.5..0.95")


@dataclass(frozen=True)
class Searched:
    """A search of `digits.py` that nothing disturbed, and its folder as it was before. To be looked at only."""

    place: Workplace
    before: dict[str, str] = field(repr=False)
    typed: Typed = field(repr=False)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Searched:
    place = Workplace(tmp_path_factory.mktemp("searched"))
    place.put("digits.py")
    return Searched(place, tree(place.folder), place.type(*SEARCH, "--json", *EPOCHS))


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    place = Workplace(tmp_path_factory.mktemp("place"))
    place.put("digits.py")
    return place


def told(place: Workplace) -> list[Trial]:
    """The trials of the record, in the order in which they were asked for."""
    with Record.open(place.study().folder.record, read_only=True) as record:
        events = [each for each in record.events() if isinstance(each, Proposed)]
    return [each.trial for each in events if each.trial is not None]


def killed_after(place: Workplace, text: str, *words: str) -> None:
    """Type the words, and kill the command when its stderr has said the text."""
    with place.start(*words) as process:
        list(lines_until(process, text))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=300)


@pytest.mark.soak
def test_a_script_gets_the_best_of_its_trials_beside_its_own_run(searched: Searched) -> None:
    plain = searched.typed.json
    trials = plain["search"]["trials"]
    assert searched.typed.code == 0
    assert len(trials) == 4
    assert trials[0]["score"] == plain["tuned"]["final"]
    assert plain["baseline"]["final"] is not None
    assert plain["cost"]["runs"] <= 4
    assert "def rate(step)" in plain["schedule"]["code"]


@pytest.mark.soak
def test_nothing_of_the_users_folder_is_changed(searched: Searched) -> None:
    assert tree(searched.place.folder) == searched.before


@pytest.mark.soak
def test_every_command_knows_a_search(searched: Searched) -> None:
    place, plain = searched.place, searched.typed.json
    assert place.type("show", "--json").json == plain
    assert plain["study"] in place.type("studies").out
    assert "4 full runs" in place.type(*SEARCH, "--dry-run", *EPOCHS).out
    place.type("report", "-o", "../report.html")
    assert "What was tried: 4 trials" in (place.folder.parent / "report.html").read_text()


@pytest.mark.soak
def test_a_search_that_is_killed_comes_to_what_an_undisturbed_one_comes_to(
    searched: Searched, place: Workplace
) -> None:
    killed_after(place, "trial: rate", *SEARCH, *EPOCHS)
    again = place.type("resume", "--json").json
    plain = searched.typed.json
    assert again["search"]["trials"] == plain["search"]["trials"]
    assert again["verdict"] == plain["verdict"]


@pytest.mark.soak
def test_what_a_model_chose_is_kept_over_a_kill(place: Workplace) -> None:
    killed_after(place, "trial: rate", *ASKED, *EPOCHS)
    before = told(place)
    done = place.type(*ASKED, "--json", *EPOCHS).json
    assert before
    assert told(place)[: len(before)] == before
    assert [each.number for each in told(place)] == [0, 1, 2, 3]
    assert len(done["search"]["trials"]) == 4


@pytest.mark.soak
def test_arguments_of_the_script_are_varied_and_tell_how_long_their_runs_are(place: Workplace) -> None:
    vary = ("search", "digits.py", "--method", "grid", "--rate", "0.05", "--vary", "--epochs=2,4", "--no-baseline")
    trials = place.type(*vary, "--json", *EPOCHS).json["search"]["trials"]
    steps = {each["values"]["epochs"]: each["steps"] for each in trials}
    assert steps == {2: 86, 4: 172}
