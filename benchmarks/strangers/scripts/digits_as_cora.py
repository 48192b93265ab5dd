"""Write scikit-learn's digits as the files of the graph Cora: dark pixels for words, nearest neighbours for citations."""

import sys
from pathlib import Path
from typing import Any, cast

import numpy as np
from sklearn.datasets import load_digits
from sklearn.neighbors import NearestNeighbors

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
data = cast(Any, load_digits())
pixels, digits = data.data, data.target
mixed = np.random.default_rng(0).permutation(len(pixels))
pixels, digits = pixels[mixed], digits[mixed]
words = (pixels > 8).astype(int)
lines = [f"{paper}\t" + "\t".join(map(str, row)) + f"\tdigit_{digits[paper]}" for paper, row in enumerate(words)]
(folder / "cora.content").write_text("\n".join(lines) + "\n")
neighbours = cast(Any, NearestNeighbors(n_neighbors=4))
near = neighbours.fit(words).kneighbors(words, return_distance=False)
pairs = [f"{paper}\t{other}" for paper, row in enumerate(near) for other in row if other != paper]
(folder / "cora.cites").write_text("\n".join(pairs) + "\n")
