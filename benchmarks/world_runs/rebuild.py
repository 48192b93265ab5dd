"""Thin public logs into the frozen figures of this folder.

Sources, all public, of which only figures are kept:

- `algoperf_reached_target.tar.xz`: `measurements.csv` of leaderboard runs that reached the official target, one file
  a run, named submission, study, workload and trial, joined by `__`.
  https://github.com/mlcommons/submissions_algorithms, Apache-2.0.
- `modded_nanogpt_logs.tar.xz`: logs of record runs. https://github.com/KellerJordan/modded-nanogpt, MIT.
- `deepobs_runs.jsonl.xz`: runs at 36 rates of 8 problems and 3 optimizers, one a line: `problem`, `opt`, `lr`, `seed`,
  `epochs`, `nmini` steps, of whose training losses `mini` holds every `k`-th, and after each epoch the loss `test` and
  the accuracy `tacc`. https://github.com/fsschneider/DeepOBS_Baselines, MIT.

Path:   FOLDER with these three files -> thinned logs, each still one that its tool could have written -> `frozen/`.

    .venv/bin/python benchmarks/world_runs/rebuild.py FOLDER
"""

import csv
import io
import json
import lzma
import re
import sys
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

FROZEN = Path(__file__).parent / "frozen"
_CHECKS, _LOSSES = 80, 160  # rows kept of evaluations and of training losses, evenly spaced
_BATCHES = 320  # training losses kept of a DeepOBS run
_FIRST = 8  # rows that are kept as they are: many a log is dense only there
_CLOCKS = re.compile(r"^(?:accumulated_|total_duration|preemption_count|score)|num_examples$")
_TRAINED = re.compile(r"^step:\d+/\d+ train_loss:")
_CHECKED = re.compile(r"^step:\d+/\d+ val_loss:")
_DIGITS = 5


def main(folder: Path) -> None:
    """Write the frozen archives."""
    FROZEN.mkdir(exist_ok=True)
    freeze(
        "algoperf", ((_run(name), _table(text)) for name, text in _members(folder / "algoperf_reached_target.tar.xz"))
    )
    logs = ((_run(name), _lines(text)) for name, text in _members(folder / "modded_nanogpt_logs.tar.xz"))
    freeze("nanogpt", ((name, text) for name, text in logs if text))  # some hold no figures, as those of stderr
    with lzma.open(folder / "deepobs_runs.jsonl.xz", "rt") as lines:
        freeze("deepobs", (_of_deepobs(json.loads(line)) for line in lines))


def freeze(name: str, logs: Iterable[tuple[str, str]]) -> None:
    """Write logs into one archive, the same bytes for the same logs."""
    with tarfile.open(FROZEN / f"{name}.tar.xz", "w:xz", preset=9) as archive:
        for file, text in sorted(logs):
            data = text.encode()
            entry = tarfile.TarInfo(file)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))


def thinned(count: int, most: int) -> set[int]:
    """Places of at most so many of `count`, evenly spaced, the first and the last among them."""
    stride = max(-(-count // most), 1)
    return {*range(0, count, stride), count - 1} if count else set()


def _members(archive: Path) -> Iterator[tuple[str, str]]:
    with tarfile.open(archive) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            if file is not None:
                yield Path(member.name).name, file.read().decode("utf-8", "replace")


def _run(name: str) -> str:
    """The name of a run: a number tells tries of one name apart."""
    return name.removeprefix("records__")


def _table(text: str) -> str:
    header, *rows = list(csv.reader(io.StringIO(text)))
    told = [place for place, name in enumerate(header) if not _CLOCKS.search(name)]
    checks = [place for place, name in enumerate(header) if name.startswith("validation/") and place in told]
    checked = [row for row, cells in enumerate(rows) if any(cells[place] for place in checks)]
    others = sorted(set(range(len(rows))) - set(checked))
    kept = {checked[place] for place in thinned(len(checked), _CHECKS)}
    kept |= {others[place] for place in thinned(len(others), _LOSSES)} | set(range(min(_FIRST, len(rows))))
    lines = [",".join(header[place] for place in told)]
    for row in sorted(kept):
        cells = [_short(rows[row][place], whole=header[place] == "global_step") for place in told]
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def _lines(text: str) -> str:
    lines = text.splitlines()
    trained = [place for place, line in enumerate(lines) if _TRAINED.match(line)]
    checked = [place for place, line in enumerate(lines) if _CHECKED.match(line)]
    kept = set(checked) | {trained[place] for place in thinned(len(trained), _LOSSES)} | set(trained[:_FIRST])
    return "".join(f"{lines[place]}\n" for place in sorted(kept))


def _of_deepobs(run: dict[str, Any]) -> tuple[str, str]:
    rows: dict[int, list[str]] = {}
    per_epoch = run["nmini"] // run["epochs"]
    for place in sorted(thinned(len(run["mini"]), _BATCHES)):
        rows.setdefault(place * run["k"], ["", "", ""])[0] = _figure(run["mini"][place])
    for epoch in sorted(thinned(len(run["test"]), _CHECKS)):
        row = rows.setdefault(epoch * per_epoch, ["", "", ""])
        row[1] = _figure(run["test"][epoch])
        row[2] = _figure(run["tacc"][epoch]) if run["tacc"] else ""
    rate = f"{run['lr']:.4g}"
    accuracy = bool(run["tacc"])
    columns: Sequence[str] = ("step", "train_loss", "test_loss", *(("test_accuracy",) if accuracy else ()), "lr")
    lines = [",".join(columns)]
    lines += [",".join((str(step), *rows[step][: 2 + accuracy], rate)) for step in sorted(rows)]
    name = f"{run['problem']}__{run['opt'].removesuffix('Optimizer')}__{rate}__{run['seed']}.csv"
    return name, "\n".join(lines) + "\n"


def _short(cell: str, *, whole: bool) -> str:
    if whole or not cell:
        return cell.removesuffix(".0")
    return f"{float(cell):.{_DIGITS}g}"


def _figure(value: float | None) -> str:
    return "nan" if value is None else f"{value:.{_DIGITS}g}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
