"""Mirrors ratecraft/cli/as_typed.py: a program that is typed as at home runs as at home."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ratecraft.cli.main import main

SAYS = """\
import os, sys
from . import beside
print(__name__, __package__, __file__, sys.argv, sys.path[0], os.getcwd(), beside.NAME, sys.flags.optimize)
sys.exit(7)
"""
COMMAND = "import sys\n\ndef main():\n    print('a command', sys.argv[1:], sys.path[0])\n    return 7\n"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A package in the working folder, a script beside it, and a command that another folder has installed."""
    work, site = tmp_path / "work", tmp_path / "site"
    files = {
        work / "pkg" / "__init__.py": "",
        work / "pkg" / "beside.py": "NAME = 'sibling'\n",
        work / "pkg" / "__main__.py": SAYS,
        work / "pkg" / "train.py": SAYS,
        work / "alone.py": "import sys\nprint(__name__, __file__, sys.argv, sys.path[0], sys.flags.optimize)\n",
        site / "aloud" / "__init__.py": COMMAND,
        site / "aloud-1.0.dist-info" / "METADATA": "Metadata-Version: 2.1\nName: aloud\nVersion: 1.0\n",
        site / "aloud-1.0.dist-info" / "entry_points.txt": "[console_scripts]\nspeak-aloud = aloud:main\n",
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(work)
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), *sys.path]))
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    monkeypatch.setenv("LANG", "C.UTF-8")
    return work


@pytest.mark.parametrize(
    "words",
    [
        ["python", "-m", "pkg.train", "--json", "-h", "--", "a b"],
        ["python3", "-O", "-m", "pkg"],
        [sys.executable, "alone.py", "--every", "3"],
        ["python", "-O", "alone.py", "x"],
    ],
)
def test_output_and_exit_code_are_those_of_the_same_words_at_home(
    words: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    alone = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, check=False)
    assert main(["watch", *words]) == alone.returncode
    out = capfd.readouterr().out
    home = str(Path.cwd())  # Python itself names a script that it runs by its path as that was typed
    assert out.replace(f"{home}/alone.py", "alone.py") == alone.stdout.replace(f"{home}/alone.py", "alone.py")


def test_a_command_of_the_environment_gets_all_words_behind_its_name(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "--every", "5", "speak-aloud", "classify", "--every", "3", "lr=1"]) == 7
    folder = Path(sys.executable).parent
    assert capfd.readouterr().out == f"a command ['classify', '--every', '3', 'lr=1'] {folder}\n"


def test_a_separator_behind_the_program_may_be_typed_as_behind_a_file(capfd: pytest.CaptureFixture[str]) -> None:
    for words in (["speak-aloud", "--", "a"], ["--", "speak-aloud", "a"], ["speak-aloud", "a"]):
        assert main(["watch", *words]) == 7
        assert "a command ['a']" in capfd.readouterr().out


def test_options_behind_a_file_are_ratecraft_s_own_and_the_file_s_stand_behind_the_separator(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert main(["watch", "alone.py", "--every", "3", "--", "--every", "5"]) == 0
    assert "alone.py', '--every', '5']" in capfd.readouterr().out


def test_a_file_beside_goes_before_a_command_of_the_same_name(capfd: pytest.CaptureFixture[str]) -> None:
    Path("speak-aloud").write_text("import sys\nprint('a file', sys.argv[1:])\n")
    assert main(["watch", "speak-aloud", "--every", "3"]) == 0
    assert capfd.readouterr().out == "a file []\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("watch python", "Python is given nothing to run"),
        ("watch python -c 1", "cannot pass `-c` on to Python"),
        ("watch python -m pkg.trian", "Did you mean `pkg.train`?"),
        ("watch python -m aloud", "Python finds no module `aloud` to run"),
        ("watch python -m pkg.beside.more", "Python finds no module `pkg.beside.more` to run"),
        ("watch alnoe.py", "Did you mean `alone.py`?"),
        ("watch sh -c ls", "is not a command that a package of this environment"),
        ("tune python -m torch.distributed.run --nnodes=2 alone.py --json --language fr", "on several machines"),
        ("tune --processes 3 torchrun --nproc-per-node 2 alone.py", "starts 2 processes, and --processes asks for 3"),
        ("tuen alone.py", "Did you mean `tune`?"),
        ("tune alone.py --budgte 2", "Did you mean `--budget`?"),
    ],
)
def test_what_is_wrong_with_the_words_is_told_at_once(
    words: str, said: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main(words.split()) == 2
    assert said in capfd.readouterr().err
    assert not Path(".ratecraft").exists()


def test_the_python_of_another_environment_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other" / "bin" / "python"
    other.parent.mkdir(parents=True)
    other.write_text("#!/bin/sh\necho /another/prefix\n")
    other.chmod(0o755)
    assert main(["tune", str(other), "alone.py"]) == 2
    assert "is the Python of another environment" in capfd.readouterr().err.replace("\n", " ")


def test_an_optimizer_goes_before_a_program_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "bin" / "muon"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(other.parent), os.environ["PATH"]]))
    assert main(["plan", "muon", "--steps", "1000"]) == 0
    assert "Muon" in capfd.readouterr().out
