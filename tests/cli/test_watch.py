"""Mirrors ratecraft/cli/watch.py."""

import json
import textwrap
from pathlib import Path

import pytest

from ratecraft.cli.main import main

SCRIPT = """
import sys, torch
torch.manual_seed(0)
net = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(net.parameters(), lr=float(sys.argv[1]))
for _ in range(300):
    inputs = torch.randn(16, 4)
    if "nan" in sys.argv and _ == 150:
        inputs *= float("nan")
    optimizer.zero_grad()
    (net(inputs) - inputs.sum(1, keepdim=True) - torch.randn(16, 1)).square().mean().backward()
    optimizer.step()
print("trained")
sys.exit(int(sys.argv[2]))
"""


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder with the script, an English terminal of 100 columns."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(textwrap.dedent(SCRIPT))
    for name in ("RATECRAFT_LANGUAGE", "LC_ALL", "LC_MESSAGES", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "100")


def test_a_healthy_script_gets_a_summary_and_keeps_its_output_and_code(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "train.py", "--", "0.01", "7"]) == 7
    out, err = capfd.readouterr()
    assert out == "trained\n"
    assert "loss (300)" in err
    assert err.rstrip().endswith("Nothing wrong was found.")


def test_a_script_that_blows_up_gets_a_line_and_json_is_all_there_is_on_stdout(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert main(["watch", "train.py", "--json", "--", "10", "0"]) == 0
    out, err = capfd.readouterr()
    said = json.loads(out)
    assert said["code"] == 0
    assert said["told"] == ["non-finite-after-growth"]
    assert said["runs"][0]["findings"][0]["code"] == "non-finite-after-growth"
    assert "trained\n" in err
    assert err.count("[non-finite-after-growth]") == 1


def test_a_script_that_steps_no_optimizer_is_told_so(capfd: pytest.CaptureFixture[str]) -> None:
    Path("idle.py").write_text("print('idle')")
    assert main(["watch", "idle.py"]) == 0
    out, err = capfd.readouterr()
    assert out == "idle\n"
    assert "no step of a PyTorch optimizer was seen" in err


def test_a_script_that_is_not_there_is_an_error_of_usage(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "trian.py"]) == 2
    assert "There is no script `trian.py`" in capfd.readouterr().err


def test_a_guard_saves_a_script_and_says_what_it_did(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "train.py", "--guard", "--json", "--", "0.01", "0", "nan"]) == 0
    out, err = capfd.readouterr()
    said = json.loads(out)
    assert said["guard"] == [{"step": 150, "act": "skip", "value": 0.0}]
    assert said["told"][0] == "guard-skip"
    assert "[guard-skip]" in err
    assert [note["code"] for note in said["runs"][0]["notes"]] == ["guard-skip", "guard-copies"]
    assert main(["watch", "train.py", "--json", "--", "0.01", "0", "nan"]) == 0
    unguarded = json.loads(capfd.readouterr().out)
    assert "guard" not in unguarded
    assert unguarded["told"] == ["non-finite"]


def test_a_run_is_kept_and_can_be_shown_diagnosed_and_drawn_but_not_resumed(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "train.py", "--study", "mine", "--", "10", "0"]) == 0
    capfd.readouterr()
    assert main(["show", "mine"]) == 0
    assert "[non-finite-after-growth]" in capfd.readouterr().out
    assert main(["diagnose", "mine", "--json"]) == 3
    assert json.loads(capfd.readouterr().out)["runs"][0]["series"]["loss"] == 300
    assert main(["report", "mine", "-o", "page.html"]) == 0
    assert "The run blew up to NaN" in Path("page.html").read_text()
    capfd.readouterr()
    assert main(["resume", "mine"]) == 2
    _, error = capfd.readouterr().err.split("\n", 1)  # behind the line that says what is being done
    assert error.startswith("error[watch-not-resumed]: mine is the record of a watched run")


@pytest.mark.soak
def test_runs_are_listed_the_newest_by_its_name_and_the_one_before_put_aside(capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert main(["watch", "train.py", "--", "0.01", "0"]) == 0
    capfd.readouterr()
    assert main(["studies", "--json"]) == 0
    listed = json.loads(capfd.readouterr().out)["studies"]
    assert [each["state"] for each in listed] == ["finished", "finished"]
    assert {each["name"].removesuffix(".1") for each in listed} == {listed[1]["name"]}


@pytest.mark.soak
def test_where_no_record_can_be_written_the_run_is_watched_all_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    Path(".ratecraft").write_text("in the way")
    assert main(["watch", "train.py", "--", "0.01", "0"]) == 0
    out, err = capfd.readouterr()
    assert out == "trained\n"
    assert "ratecraft: this run is not recorded: " in err
    assert "loss (300)" in err


CLASSES = """
import sys, torch
torch.manual_seed(0)
scale = float(sys.argv[1])
net = torch.nn.Sequential(torch.nn.Linear(8, 32), torch.nn.ReLU(), torch.nn.Linear(32, 4))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for _ in range(300):
    inputs = torch.randn(32, 8)
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(net(scale * inputs), inputs[:, :4].argmax(1)).backward()
    optimizer.step()
"""


@pytest.mark.parametrize(
    ("scale", "told"), [("100", ["inputs-unscaled"]), pytest.param("1", [], marks=pytest.mark.soak)]
)
def test_a_script_whose_inputs_are_not_scaled_is_told_so_and_its_mended_twin_is_not(
    scale: str, told: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    Path("classes.py").write_text(CLASSES)
    assert main(["watch", "classes.py", "--json", "--", scale]) == 0
    said = json.loads(capfd.readouterr().out)
    assert (said["told"], said["withdrawn"]) == (told, [])
    assert said["runs"][0]["facts"]["classes"] == 4


RANKS = """
import torch, torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
dist.init_process_group("gloo")
torch.manual_seed(dist.get_rank())
net = DistributedDataParallel(torch.nn.Linear(4, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=10.0)
for _ in range(150):
    inputs = torch.randn(16, 4)
    optimizer.zero_grad()
    (net(inputs) - inputs.sum(1, keepdim=True)).square().mean().backward()
    optimizer.step()
print("trained", flush=True)
dist.destroy_process_group()
"""


@pytest.mark.usefixtures("whole_torch")
def test_two_ranks_as_typed_are_one_voice_and_their_record_is_diagnosed_the_same(
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("train.py").write_text(RANKS)
    main(["watch", "--json", "--study", "kept", "torchrun", "--nproc-per-node", "2", "train.py"])
    out, err = capfd.readouterr()
    said = json.loads(out)
    assert err.count("trained") == 2
    assert err.count("[non-finite-after-growth]") == 1
    assert said["told"] == ["non-finite-after-growth"]
    assert main(["diagnose", "kept", "--json"]) == 3
    again = json.loads(capfd.readouterr().out)
    assert again["runs"][0]["findings"] == said["runs"][0]["findings"]


def test_a_script_that_spawns_its_processes_is_refused_with_what_works(capfd: pytest.CaptureFixture[str]) -> None:
    Path("train.py").write_text("import torch.multiprocessing as mp\nmp.spawn(print, nprocs=2)\n")
    assert main(["watch", "train.py", "--processes", "2"]) == 2
    assert "ratecraft watch torchrun --nproc-per-node 2" in capfd.readouterr().err
