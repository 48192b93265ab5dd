"""One program: as it is, under `ratecraft tune`, and at other rates, each in a folder of its own.

Path:   `Program` + `Environment` -> processes -> what came, as plain values for a line of the results.
Units:  seconds of wall time.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments import Environment
from programs import SCRIPTS, Program
from sources import lay

__all__ = ["controlled", "judged", "measured", "watched"]

LIMIT = 900
"""Seconds after which a command is ended, for each process that it trains in."""
WATCHED = 300
"""Seconds after which a watched one is: what a watch has to say of how a training is written it says at once."""
CONTROLS = (0.25, 4.0, 16.0)
_CUT = re.compile(r"could not be branched \((.*?)\)", re.DOTALL)
_TIMES = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Done:
    """How a process ended."""

    code: int
    seconds: float
    out: str
    err: str


def measured(
    program: Program, place: Environment, folder: Path, lines: Mapping[tuple[str, str], Mapping[str, Any]]
) -> dict[str, Any]:
    """The program as it is, and the study that its stranger's first command makes."""
    del lines
    shutil.rmtree(folder, ignore_errors=True)
    plain, tuned = _laid(program, place, folder / "plain"), _laid(program, place, folder / "tuned")
    before, laid = _files(plain), _files(tuned)
    bare = _ran(program.plain, program, place, plain)
    line: dict[str, Any] = {"versions": place.versions, "plain_s": round(bare.seconds, 1)}
    if bare.code:
        return line | {"outcome": "not-run", "code": f"exit-{bare.code}", "message": (bare.out + bare.err)[-2000:]}
    written = _files(plain)
    study = _ran(["python", "-m", "ratecraft.cli.main", "tune", *program.tuned], program, place, tuned)
    after = _files(tuned)
    changed = [name for name in laid if after.get(name) != laid[name] and written.get(name) == before[name]]
    unlike = {_TIMES.sub("#", name) for name in written}
    left = [name for name in after if _TIMES.sub("#", name) not in unlike]
    logs = [each.name.count(".") for each in tuned.glob(".ratecraft/*/logs/*.log")]
    return (
        line
        | {"study_s": round(study.seconds, 1), "changed": changed[:20], "left": left[:20]}
        | {"start_ups": logs.count(1), "branches": sum(each > 1 for each in logs)}
        | judged(study.code, study.out, study.err)
        | _way(program, place, tuned, study.out)
    )


def judged(code: int, out: str, err: str) -> dict[str, Any]:
    """What a study's exit code and its one JSON object say: answer, abstention, refusal or error."""
    try:
        told = json.loads(out)
    except json.JSONDecodeError:
        return {"outcome": "error", "code": f"exit-{code}", "message": (out + err)[-2000:]}
    if "code" in told:
        of_code = {1: "abstention", 2: "error" if told["code"] in ("defect", "system") else "refusal"}
        return {"outcome": of_code.get(code, "error")} | {name: str(told[name])[-2000:] for name in told}
    standing = {name: told[name] and told[name]["final"] for name in ("baseline", "tuned")}
    return {
        "outcome": "abstention" if told["verdict"] == "no-information" else "answer",
        "verdict": told["verdict"],
        "metric": told["metric"],
        **standing,
        "steps": told["baseline"] and told["baseline"]["steps"],
        "rate": told["rate"],
        "own_rate": next((each["own_rate"] for each in told["groups"] if each["leading"]), None),
        "total_runs": told["cost"]["total_runs"],
        "runs": told["cost"]["runs"],
        "decisions": [each["code"] for each in told["decisions"]],
    }


def controlled(
    program: Program, place: Environment, folder: Path, lines: Mapping[tuple[str, str], Mapping[str, Any]]
) -> dict[str, Any]:
    """Full runs of the study's own shape at 1/4, 4 and 16 times the program's rate, by a grid of `ratecraft search`."""
    study = lines[program.name, "study"]
    own, metric = study.get("own_rate"), study.get("metric")
    if not own or not metric:
        return {"outcome": "not-run", "code": "no-own-rate"}
    home = _laid(program, place, folder / "controls")
    rates = ",".join(f"{own * factor:.6g}" for factor in CONTROLS)
    grid = ["--method", "grid", "--rate", rates]
    if metric["source"] == "validation":
        grid += ["--metric", f"{metric['name']}:{metric['direction']}"]
    done = _ran(["python", "-m", "ratecraft.cli.main", "search", *grid, *program.tuned], program, place, home)
    try:
        trials = json.loads(done.out)["search"]["trials"]
    except (json.JSONDecodeError, KeyError):
        return {"outcome": "error", "code": f"exit-{done.code}", "message": (done.out + done.err)[-2000:]}
    return {"outcome": "answer", "controls_s": round(done.seconds, 1), "trials": trials}


def watched(
    program: Program, place: Environment, folder: Path, lines: Mapping[tuple[str, str], Mapping[str, Any]]
) -> dict[str, Any]:
    """What `ratecraft watch` says of the program as it is, hints apart from warnings."""
    del lines
    home = _laid(program, place, folder / "watched")
    done = _ran(["python", "-m", "ratecraft.cli.main", "watch", *program.tuned], program, place, home, WATCHED)
    line: dict[str, Any] = {"versions": place.versions, "watch_s": round(done.seconds, 1), "exit": done.code}
    try:
        told = json.loads(done.out.splitlines()[-1])
        run = told["runs"][0]
    except (json.JSONDecodeError, KeyError, IndexError):
        return line | {"outcome": "error", "code": f"exit-{done.code}", "message": (done.out + done.err)[-2000:]}
    codes = [(each["code"], each["severity"]) for each in run["findings"]]
    return line | {
        "outcome": "watched",
        "verdict": run["verdict"],
        "steps": run["series"].get("loss", 0),
        "warnings": [code for code, severity in codes if severity != "info"],
        "hints": [code for code, severity in codes if severity == "info"],
        "findings": [{key: each[key] for key in ("code", "steps", "evidence")} for each in run["findings"]],
    }


def _laid(program: Program, place: Environment, folder: Path) -> Path:
    """A folder as the program's user has it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if program.source is not None:
        lay(program.source, folder, place.folder.parent.parent / "sources")
    for name in program.files:
        shutil.copy(SCRIPTS / name, folder)
    if program.prepare:
        done = _ran(program.prepare.split(), program, place, folder)
        if done.code:
            raise RuntimeError(done.out + done.err)
    return folder


def _ran(command: Sequence[str], program: Program, place: Environment, folder: Path, limit: float = 0) -> Done:
    """Run it on one thread, without a network, in the environment, and with a home of its own."""
    home = place.folder.parent.parent / "home"
    home.mkdir(parents=True, exist_ok=True)
    settings = {
        **{name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")},
        "PATH": os.pathsep.join((str(place.bin), str(Path(sys.executable).parent), os.environ["PATH"])),
        "HOME": str(home),
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "RATECRAFT_LANGUAGE": "en",
        **(program.settings or {}),
    }
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=settings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        out, err = process.communicate(timeout=limit or LIMIT * program.processes)
    except subprocess.TimeoutExpired:
        process.terminate()  # ratecraft ends all that it has started
        out, err = process.communicate()
    texts = (each.decode(errors="replace") for each in (out, err))
    return Done(process.returncode, time.perf_counter() - begun, *texts)


def _files(folder: Path) -> dict[str, str]:
    """What lies in a folder, the study left out: name -> hash."""
    paths = (each for each in sorted(folder.rglob("*")) if each.is_file())
    inside = ((each.relative_to(folder), each) for each in paths)
    return {
        str(name): hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in inside
        if not {".ratecraft", "__pycache__"} & set(name.parts)
    }


def _way(program: Program, place: Environment, folder: Path, out: str) -> dict[str, Any]:
    """Why a run was replayed, as the study's own screen says it."""
    try:
        study = json.loads(out)["study"]
    except (json.JSONDecodeError, KeyError):
        return {}
    shown = _ran(["python", "-m", "ratecraft.cli.main", "show", study, "--no-plot"], program, place, folder)
    why = _CUT.search(shown.out + shown.err)
    return {"replayed": " ".join(why[1].split()) if why else ""}
