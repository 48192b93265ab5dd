"""The data that the playground ships: handwritten digits, and a loss surface cut from a real small net (10 s).

    python benchmarks/playground_data.py            # writes both files
    python benchmarks/playground_data.py --check    # says whether they are what this would write

Digits: 700 drawn from scikit-learn's `load_digits` (BSD-3-Clause), which are of the UCI set "Optical Recognition of
Handwritten Digits" by E. Alpaydin and C. Kaynak, 1998 (CC BY 4.0). Each pixel is one of 17 greys, so one character.

Surface: the page's own net (64-32-10, ReLU) is trained on the first 500 of them three times, from three seeds. The
plane through the three ends is cut out of the space of its 2,410 weights; at each point of a grid on it the net has its
mean loss over the 500 digits. Between the trained nets lie ridges: each has found a valley of its own.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch
from sklearn.datasets import load_digits
from torch.nn.functional import cross_entropy

FOLDER = Path(__file__).parents[1] / "src/ratecraft/reporting/pages/assets/playground"
TRAINED, HELD_OUT = 500, 200
HIDDEN = 32
GREYS = "0123456789abcdefg"
A_LINE = 4
SEEDS, RATE, STEPS = (0, 1, 2), 0.01, 60
REACH, POINTS = 2.0, 49
DECIMALS = 5

_DIGITS = """\
// Handwritten digits of 8 × 8: a label, then 64 greys from 0 to g (16). Written by benchmarks/playground_data.py.
// From scikit-learn's load_digits (BSD-3-Clause), {count} drawn: UCI "Optical Recognition of Handwritten Digits",
// E. Alpaydin and C. Kaynak, 1998, https://doi.org/10.24432/C50P49, CC BY 4.0.
"use strict";

Playground.digits = {{
  trained: {trained},
  rows: `
{rows}
`,
}};
"""
_SURFACE = """\
// A loss surface cut from a real small net. Written by benchmarks/playground_data.py, which says how.
"use strict";

Playground.surface = {{
  reach: {reach},
  points: {points},
  unit: {unit}, // in the space of the 2,410 weights
  trained: {trained},
  losses: [
{losses}
  ],
}};
"""


def digits() -> tuple[Any, Any]:
    """Images (count, 64) with values 0 … 16, and labels."""
    images, labels = load_digits(return_X_y=True)
    drawn = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[: TRAINED + HELD_OUT].numpy()
    return images[drawn], labels[drawn]


def digits_file() -> str:
    """The digits as a script."""
    images, labels = digits()
    each = [
        f"{label}{''.join(GREYS[int(grey)] for grey in image)}" for image, label in zip(images, labels, strict=True)
    ]
    rows = ["".join(each[first : first + A_LINE]) for first in range(0, len(each), A_LINE)]
    return _DIGITS.format(count=len(each), trained=TRAINED, rows="\n".join(rows))


class Net:
    """The page's net, its weights one vector: first layer by unit, its biases, second layer by class, its biases."""

    def __init__(self) -> None:
        """With the digits that train it."""
        images, labels = digits()
        self.images = torch.tensor(images[:TRAINED] / 16)
        self.labels = torch.tensor(labels[:TRAINED])

    def loss(self, weights: torch.Tensor) -> torch.Tensor:
        """Mean loss over the digits."""
        first, second = 64 * HIDDEN, 65 * HIDDEN
        hidden = torch.relu(self.images @ weights[:first].reshape(HIDDEN, 64).T + weights[first:second])
        scores = hidden @ weights[second:-10].reshape(10, HIDDEN).T + weights[-10:]
        return cross_entropy(scores, self.labels)

    def trained(self, seed: int) -> torch.Tensor:
        """The weights after training from a seed."""
        draw = torch.Generator().manual_seed(seed)
        first = torch.randn(64 * HIDDEN, generator=draw) * (2 / 64) ** 0.5
        second = torch.randn(10 * HIDDEN, generator=draw) * (1 / HIDDEN) ** 0.5
        weights = torch.cat([first, torch.zeros(HIDDEN), second, torch.zeros(10)]).requires_grad_()
        optimizer = torch.optim.Adam([weights], lr=RATE)
        for _ in range(STEPS):
            optimizer.zero_grad()
            self.loss(weights).backward()
            optimizer.step()
        return weights.detach()


def surface_file() -> str:
    """The surface as a script: losses row by row, both coordinates rising, in units of half the way from net to net."""
    net = Net()
    ends = [net.trained(seed) for seed in SEEDS]
    middle = torch.stack(ends).mean(0)
    along = ends[1] - ends[0]
    unit = along.norm() / 2
    along = along / along.norm()
    across = ends[2] - ends[0]
    across = across - (across @ along) * along
    across = across / across.norm()
    places = torch.linspace(-REACH, REACH, POINTS)
    rows = []
    with torch.no_grad():
        for down in places:
            losses = [net.loss(middle + unit * (right * along + down * across)).item() for right in places]
            rows.append("    " + ", ".join(f"{loss:.{DECIMALS}f}" for loss in losses) + ",")
    trained = [[round(((end - middle) @ axis / unit).item(), 3) for axis in (along, across)] for end in ends]
    return _SURFACE.format(
        reach=REACH, points=POINTS, unit=f"{unit.item():.4f}", trained=json.dumps(trained), losses="\n".join(rows)
    )


def main() -> None:
    """Write the files, or hold them against what would be written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file differs")
    check = parser.parse_args().check
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    differing = 0
    for name, text in (("digits.js", digits_file()), ("surface.js", surface_file())):
        path = FOLDER / name
        if check:
            same = path.exists() and path.read_text(encoding="utf-8") == text
            differing += not same
            print(f"{name}: {'as it would be written' if same else 'differs'}")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"{name}: {len(text.encode()) / 1024:.0f} KiB")
    sys.exit(bool(differing))


if __name__ == "__main__":
    main()
