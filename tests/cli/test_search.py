"""Mirrors ratecraft/cli/search.py: what options say of a space, and one clear error for each that says none."""

import json
from pathlib import Path

import pytest

from ratecraft.api.search import describe_search
from ratecraft.cli.main import main
from ratecraft.cli.search import _space
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.errors import InvalidInput


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RATECRAFT_LANGUAGE", "en")
    (tmp_path / "train.py").write_text("import torch\n")
    return tmp_path


def test_options_and_a_file_together_are_one_space(home: Path) -> None:
    (home / "space.toml").write_text("[momentum]\nlow = 0.5\nhigh = 0.9\n")
    vary = ["warm_up=0.01,0.05", "--batch-size=16,32", "--layers=1..4"]
    assert _space("1e-4..1e-1", ("linear()", "cosine()"), vary, "space.toml") == {
        "momentum": {"low": 0.5, "high": 0.9},
        "rate": (1e-4, 1e-1),
        "schedule": ["linear()", "cosine()"],
        "warm_up": [0.01, 0.05],
        "batch_size": {"argument": "--batch-size", "choices": [16, 32]},
        "layers": {"argument": "--layers", "low": 1, "high": 4},
    }
    assert _space(None, (), (), None) is None


def test_an_override_of_hydra_is_one_word_with_its_value() -> None:
    assert _space(None, (), ("model.width=32,64", "+seed.start=1..9"), None) == {
        "model.width": {"argument": "model.width=", "choices": [32, 64]},
        "seed.start": {"argument": "+seed.start=", "low": 1, "high": 9},
    }
    assert _space(None, (), ("model.width=32,64",), None, in_command=True) == {"model.width": [32, 64]}


def test_the_options_come_to_the_settings_of_the_search() -> None:
    study = describe_search("train.py", method="sobol", trials=4, space=_space("0.1,0.01", (), (), None))
    assert isinstance(study.settings, SearchSettings)
    assert study.settings.space.parameters[0].choices == (0.1, 0.01)


@pytest.mark.parametrize(
    ("options", "runs", "final_runs", "probes"),
    [
        (["--trials", "5", "--seeds", "2"], 10.0, 10, 0),
        (["--method", "grid", "--rate", "0.1,0.01"], 2.0, 2, 0),
        (["--method", "asha"], 3.0, 1, 20),
        (["--method", "random", "--budget", "6"], 6.0, 6, 0),
    ],
)
def test_a_dry_run_says_the_price(
    options: list[str], runs: float, final_runs: int, probes: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "train.py", "--dry-run", "--json", *options]) == 0
    told = json.loads(capsys.readouterr().out)["estimate"]
    assert (round(told["runs"], 2), told["final_runs"], told["probes"]) == (runs, final_runs, probes)
    assert told["total_runs"] == pytest.approx(told["runs"] + 1)


BAD = {
    "no method": (["--method", "bayes"], "search-method", "There is no method `bayes`."),
    "no trials": (["--trials", "0"], "option-whole-number", "`--trials` takes a whole number of at least 1"),
    "no seeds": (["--seeds", "0"], "option-whole-number", "`--seeds` takes a whole number of at least 1"),
    "no budget": (["--budget", "0"], "option-number", "`--budget` takes a number above 0"),
    "an inverted range": (["--rate", "1e-1..1e-3"], "space-range", "rate cannot go from 0.1 to 0.001"),
    "a range of words": (["--rate", "low..high"], "space-range", "rate cannot go from 'low' to 'high'"),
    "a rate of 0": (["--rate", "0..0.1"], "space-log", "cannot be spread over its logarithm from 0"),
    "a choice twice": (["--rate", "0.1,0.1"], "space-choice-twice", "rate has a choice twice: 0.1, 0.1"),
    "an unknown name": (["--vary", "lr=0.1,0.2"], "space-name", "A run has no `lr` that could be planned"),
    "a name twice": (["--vary", "rate=0.1", "--rate", "0.2"], "space-twice", "rate is given twice"),
    "no values": (["--vary", "momentum"], "search-vary", "`momentum` does not say what to vary"),
    "empty values": (["--vary", "momentum="], "search-vary", "`momentum=` does not say what to vary"),
    "a momentum above 1": (["--vary", "momentum=0.9..1.1"], "space-value", "momentum cannot be 1.1"),
    "a schedule with a mistake": (["--schedule", "cosin()"], "schedule-text-name", "cosin"),
    "no file": (["--space", "none.toml"], "space-file", "The space in none.toml cannot be read"),
    "too large a grid": (
        ["--method", "grid", "--rate", "0.1,0.2", "--trials", "1"],
        "grid-too-large",
        "The grid has 2 combinations, but there may be 1 trials",
    ),
    "too many for a process": (["--method", "gp", "--trials", "999"], "search-gp-trials", "takes at most 300 trials"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_says_no_search_is_one_clear_error(name: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options, code, said = BAD[name]
    assert main(["search", "train.py", "--json", "--dry-run", *options]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["code"] == code
    assert said in f"{told['message']} {told['hint']}"
    assert not (home / ".ratecraft").exists()


def test_an_empty_file_is_no_way_to_ask_for_the_usual_space(home: Path) -> None:
    (home / "space.toml").write_text("# nothing yet\n")
    with pytest.raises(InvalidInput, match="space"):
        describe_search("train.py", space=_space(None, (), (), "space.toml"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[rate\n", r"cannot be read"),
        ("[rate]\nlo = 1e-4\n", r"`lo` is not a setting of rate"),
        ("rate = 3\nmomentum = [0.9, 0.9]\n", r"momentum has a choice twice"),
        ('[momentum]\nchoices = [0.9]\nwhen = { optimizer = "sgd" }\n', r"momentum depends on optimizer being sgd"),
    ],
)
def test_a_file_that_says_no_space_is_one_clear_error(text: str, said: str, home: Path) -> None:
    (home / "space.toml").write_text(text)
    with pytest.raises(InvalidInput, match=said):
        describe_search("train.py", space="space.toml")
