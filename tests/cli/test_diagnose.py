"""Mirrors ratecraft/cli/diagnose.py."""

import json
from pathlib import Path

import pytest

from ratecraft.cli.main import main


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder, an English terminal of 100 columns."""
    monkeypatch.chdir(tmp_path)
    for name in ("RATECRAFT_LANGUAGE", "LC_ALL", "LC_MESSAGES", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "100")


def log(name: str, losses: list[float], rate: str = "1e-3") -> str:
    Path(name).write_text("".join(f"step {step} loss {loss:.6g} lr {rate}\n" for step, loss in enumerate(losses)))
    return name


FALLING = [0.3 + 2 / (1 + step / 10) for step in range(300)]


@pytest.mark.parametrize(
    ("losses", "code"),
    [
        (FALLING, 0),
        ([*FALLING, *[float("nan")] * 20], 3),
        ([*FALLING[:150], float("nan"), *FALLING[150:]], 1),
        (FALLING[:5], 5),
    ],
)
def test_the_exit_code_is_the_severity(losses: list[float], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", log("train.log", losses)]) == code
    assert capsys.readouterr().out.startswith("train.log\n")


def test_the_worst_of_several_logs_decides(capsys: pytest.CaptureFixture[str]) -> None:
    lost = log("lost.log", [*FALLING, *[float("nan")] * 20])
    assert main(["diagnose", log("fine.log", FALLING), lost]) == 3
    out = capsys.readouterr().out
    assert (
        out.index("fine.log") < out.index("Nothing wrong was found") < out.index("lost.log") < out.index("[non-finite]")
    )


def test_what_cannot_be_judged_is_said_before_all_and_for_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["diagnose", log("short.log", FALLING[:5]), log("fine.log", FALLING)]
    assert main(words) == 5
    out = capsys.readouterr().out
    assert out.index("short.log") < out.index("Cannot judge.") < out.index("5 training losses are too few")
    assert main([*words, "--json", "--language", "ja"]) == 5
    short, fine = json.loads(capsys.readouterr().out)["runs"]
    assert (short["verdict"], short["unjudged"]["reason"]) == ("cannot-judge", "few-points")
    assert "5 点" in short["unjudged"]["text"]
    assert (fine["verdict"], fine["unjudged"]) == ("nothing", None)


def test_json_and_text_say_the_same_in_japanese(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["diagnose", log("train.log", [*FALLING, *[float("nan")] * 20]), "--language", "ja"]
    assert main([*words, "--json"]) == 3
    title = json.loads(capsys.readouterr().out)["runs"][0]["findings"][0]["title"]
    assert main(words) == 3
    assert title in capsys.readouterr().out


def test_a_script_is_no_log(capsys: pytest.CaptureFixture[str]) -> None:
    Path("train.py").write_text("rate = 0.1\n")
    assert main(["diagnose", "train.py", "--apply"]) == 2
    said = capsys.readouterr()
    assert not said.out
    assert "ratecraft diagnose train.py --prove" in said.err


def test_a_log_that_is_not_there_is_an_error_of_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", "no.log"]) == 2
    assert "no.log" in capsys.readouterr().err
    assert main(["diagnose"]) == 2


def test_a_log_is_followed_until_ctrl_c_and_the_code_is_the_severity(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = log("train.log", [*FALLING, *[float("nan")] * 5])
    pieces = iter(range(305, 400))

    def write(seconds: float) -> None:
        assert seconds > 0
        for step in pieces:
            with Path(path).open("a") as file:
                file.write(f"step {step} loss nan lr 1e-3\n")
            if step % 20 == 0:
                return
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", write)
    assert main(["diagnose", path, "--follow"]) == 3
    out = capsys.readouterr().out
    assert out.count("[non-finite]") == 1
    assert out.startswith("ratecraft: lost: ")


def test_only_one_log_is_followed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", "one.log", "two.log", "--follow"]) == 2
    assert "2 logs cannot be followed at once" in capsys.readouterr().err


def test_the_page_is_written_beside_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    path = log("train.log", [*FALLING, *[float("nan")] * 20])
    assert main(["diagnose", path, "-o", "page.html"]) == 3
    out = capsys.readouterr().out
    assert out.rstrip().endswith("The page is in page.html.")
    assert "Your schedule: constant, at 1e-3." in out
    assert Path("page.html").read_text(encoding="utf-8").count("<figure") == 1
    assert main(["diagnose", path, "-o", "page.html", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["runs"][0]["schedule"]["kind"] == "constant"
