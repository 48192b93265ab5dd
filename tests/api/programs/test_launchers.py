"""Mirrors ratecraft/api/programs/launchers.py: a program finds in its environment what the live launchers set."""

import json
import os
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from ratecraft.api.programs.launchers import launched
from ratecraft.errors import InvalidInput

DUMP = """
import json, os, sys
if os.environ.get("RANK", "0") == "0":
    json.dump([sys.argv, dict(os.environ)], open("seen.json", "w"))
"""
OF_THE_AGENT = {"TORCHELASTIC_ERROR_FILE", "TORCHELASTIC_SIGNALS_TO_HANDLE"}
"""What torchrun's agent sets for its own sake: where it looks for errors, what it passes on."""
BY_THE_MACHINE = {"MASTER_PORT", "OMP_NUM_THREADS", "TORCHELASTIC_RUN_ID", "COLUMNS", "LINES"}
"""What differs from start to start, or is the study's to say."""


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with a script that tells its environment, and no settings of the user's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    Path("dump.py").write_text(DUMP)
    Path("zero.yaml").write_text("compute_environment: LOCAL_MACHINE\ndistributed_type: DEEPSPEED\nnum_processes: 2\n")
    return tmp_path


def live(module: str, *words: str) -> tuple[list[str], dict[str, str]]:
    """What a program finds that is really launched: its arguments, and the variables that are new or other."""
    subprocess.run([sys.executable, "-m", module, *words], check=True, capture_output=True)
    argv, environment = json.loads(Path("seen.json").read_text())
    return argv, {name: value for name, value in environment.items() if os.environ.get(name) != value}


def test_torchrun_sets_what_is_set_for_the_first_process() -> None:
    words = ["--nproc_per_node=2", "--role", "trainer", "dump.py", "--lr", "1"]
    argv, found = live("torch.distributed.run", *words)
    told = launched("torchrun", words, devices=0)
    assert words[told.at :] == argv == ["dump.py", "--lr", "1"]
    assert told.processes == 2
    assert told.variables["MASTER_PORT"] == "0"
    expected = {name: value for name, value in found.items() if name not in OF_THE_AGENT | BY_THE_MACHINE}
    set_here = {name: value for name, value in told.variables.items() if name not in BY_THE_MACHINE}
    assert {**expected, "TORCHELASTIC_USE_AGENT_STORE": "False", "PYTHONUNBUFFERED": "1"} == set_here


@pytest.mark.soak
def test_accelerate_launch_sets_what_is_set_for_one_process_by_its_options_and_its_settings() -> None:
    Path("own.yaml").write_text(
        "compute_environment: LOCAL_MACHINE\ndistributed_type: 'NO'\nmixed_precision: 'no'\nnum_processes: 1\n"
        "num_machines: 1\nuse_cpu: true\ndebug: false\nmachine_rank: 0\ndowncast_bf16: 'no'\n"
        "main_training_function: main\nrdzv_backend: static\nsame_network: true\n"
    )
    words = ["--config_file", "own.yaml", "--mixed_precision=bf16", "--dynamo_mode", "max-autotune", "dump.py", "a"]
    argv, found = live("accelerate.commands.launch", *words)
    told = launched("accelerate", ["launch", *words], devices=0)
    assert ["launch", *words][told.at :] == argv == ["dump.py", "a"]
    assert told.variables == {name: value for name, value in found.items() if name not in BY_THE_MACHINE}


@pytest.mark.soak
@pytest.mark.skipif(find_spec("lightning") is None, reason="lightning is not installed")
def test_fabric_run_sets_what_is_set_for_the_first_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)  # these tests start without the compiler that lightning asks for
    with socket.create_server(("", 0)) as free:
        port = str(free.getsockname()[1])
    own_options = ["--accelerator=cpu", "--strategy=ddp", "--devices=2", "--precision", "32-true", "--main-port", port]
    words = [*own_options, "dump.py", "--lr", "1"]
    argv, found = live("lightning.fabric.cli", *words)
    told = launched("fabric", ["run", *words], devices=0)
    assert ["run", *words][told.at :] == argv == ["dump.py", "--lr", "1"]
    own = {name: value for name, value in found.items() if name.startswith("LT_")}
    assert own == {name: value for name, value in told.variables.items() if name.startswith("LT_")}
    assert found["WORLD_SIZE"] == told.variables["WORLD_SIZE"] == "2"


@pytest.mark.parametrize(
    ("launcher", "words", "devices", "processes"),
    [
        ("fabric", "run --accelerator=cpu --strategy=ddp --devices=2 train.py", 0, 2),
        ("fabric", "run --devices 0,1 train.py", 2, 2),
        ("fabric", "run --accelerator cuda --devices -1 train.py", 4, 4),
        ("fabric", "run train.py", 4, 1),
        ("torchrun", "train.py", 2, 1),
        ("torchrun", "--nproc-per-node 2 train.py", 0, 2),
        ("torchrun", "--nproc 4 train.py", 0, 4),
        ("torchrun", "--nproc-per-node gpu train.py", 2, 2),
        ("accelerate", "launch --multi_gpu --num_processes 2 train.py", 0, 2),
        ("accelerate", "launch --num_processes 2 train.py", 4, 2),
        ("accelerate", "launch train.py", 8, 8),
        ("accelerate", "launch --cpu --num_processes 2 train.py", 4, 1),
        ("accelerate", "launch --num_processes 2 train.py", 0, 1),  # so does accelerate itself, without devices
    ],
)
def test_as_many_processes_are_started_as_the_launcher_starts(
    launcher: str, words: str, devices: int, processes: int
) -> None:
    told = launched(launcher, words.split(), devices)
    assert told.processes == processes
    assert told.variables.get("WORLD_SIZE", "1") == str(processes)


@pytest.mark.parametrize(
    ("launcher", "words", "said"),
    [
        ("torchrun", "", "`torchrun` is given nothing to run"),
        ("torchrun", "--standalone", "`torchrun` is given nothing to run"),
        ("accelerate", "config", "`accelerate launch` is given nothing to run"),
        ("torchrun", "--no-python ./train", "is given `no_python`"),
        ("accelerate", "launch --config_file none.yaml train.py", "There is no file none.yaml"),
        ("torchrun", "--nnodes 1:4 train.py", "starts processes on several machines"),
        ("accelerate", "launch --num_machines 2 train.py", "starts processes on several machines"),
        ("fabric", "consolidate checkpoint", "`fabric run` is given nothing to run"),
        ("fabric", "run --num-nodes 2 train.py", "starts processes on several machines"),
        ("accelerate-launch", "--use_fsdp train.py", "is given `use_fsdp`"),
        ("accelerate-launch", "--use_deepspeed train.py", "trains with DeepSpeed"),
        ("accelerate", "launch --config_file zero.yaml train.py", "trains with DeepSpeed"),
        ("deepspeed", "--num_gpus 2 train.py --deepspeed zero.json", "trains with DeepSpeed"),
    ],
)
def test_what_starts_nothing_is_told(launcher: str, words: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        launched(launcher, words.split(), 0)


def test_a_module_and_options_without_values_are_told_from_the_program() -> None:
    told = launched("torchrun", ["--standalone", "--nnodes", "1", "-m", "pkg.train", "--lr", "1"], 0)
    assert (told.at, told.is_module) == (4, True)
