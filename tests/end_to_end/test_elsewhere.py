"""What needs no process of a script works where the calls of POSIX are not there; what does, says so."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


COMMANDS = (
    "plan --optimizer adamw --batch-size 64",
    "preview 'warmup(10) >> cosine()' --steps 100",
    "diagnose train.log -o page.html",
    f"search --program '{sys.executable} program.py {{rate}}' --metric val_loss --rate 0.1,0.01 --method grid",
    "studies",
    "show search",
    "report search -o study.html",
    "ui --help",
)
REFUSED = ("tune train.py", "watch train.py")


def test_what_runs_no_script_works_without_posix_and_what_does_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.log").write_text("".join(f"step {n} loss {2 / (n + 1):.4f}\n" for n in range(100)))
    (tmp_path / "program.py").write_text("import sys; print('val_loss', abs(float(sys.argv[1]) - 0.01))\n")
    (tmp_path / "train.py").write_text("print('never run')\n")
    command = [sys.executable, str(HERE / "elsewhere.py")]
    given = "\n".join((*COMMANDS, *REFUSED))
    done = subprocess.run(command, cwd=tmp_path, input=given, capture_output=True, text=True, check=True)
    ended = [line for line in done.stdout.splitlines() if line.endswith((*COMMANDS, *REFUSED))]
    assert ended == [*(f"0: {line}" for line in COMMANDS), *(f"2: {line}" for line in REFUSED)], done.stderr
    assert (tmp_path / "page.html").is_file()
    assert (tmp_path / "study.html").is_file()
    assert done.stderr.count("error[scripts-elsewhere]") == 2
