"""What reading one printed line costs: `python benchmarks/figures.py`. The goal is 10 microseconds a line."""

import timeit

from ratecraft.records.printed.figures import Table, read_line
from ratecraft.records.printed.lines import LineCutter

LINES = {
    "training line": "step 1250 | loss 2.3456 | 12.3 ms | 10400 tok/s",
    "evaluation line": "step 250: train loss 2.0123, val loss 2.1234",
    "Keras line": "loss: 0.4512 - accuracy: 0.9 - val_loss: 0.1234 - val_accuracy: 0.9123",
    "progress bar": "Epoch 1: 100%|##########| 391/391 [00:12<00:00, 31.9it/s, loss=0.4, val_loss=0.123]",
    "dictionary": "{'eval_loss': 0.123, 'eval_accuracy': 0.91, 'eval_runtime': 1.52, 'epoch': 2.0}",
    "prose": "Loading the validation set from ./data/images/test (10000 images) ...",
    "row of a table": "0         0.456123    0.123456    0.912340  00:03   ",
    "4 KB": "x" * 4096 + " val_loss 0.1",
}


def microseconds(statement: str, names: dict[str, object]) -> float:
    """The best of five timings of one call."""
    return min(timeit.repeat(statement, globals=names, number=2000, repeat=5)) / 2000 * 1e6


def main() -> None:
    """Print a table: kind of line, cost without and with a name given by the user."""
    table, _ = read_line(Table(), "epoch     train_loss  valid_loss  accuracy  time    ")
    print(f"{'line':<18} {'free':>8} {'named':>8}   microseconds")
    for kind, line in LINES.items():
        costs = [
            microseconds(
                "read_line(table, line, wanted)", {"read_line": read_line, "table": table, "line": line, "wanted": w}
            )
            for w in ("", "val_loss")
        ]
        print(f"{kind:<18} {costs[0]:8.2f} {costs[1]:8.2f}")
    cutter = LineCutter()
    piece = f"{LINES['training line']}\n".encode()
    print(f"{'cutting a line':<18} {microseconds('feed(piece)', {'feed': cutter.feed, 'piece': piece}):8.2f}")


if __name__ == "__main__":
    main()
