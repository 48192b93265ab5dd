"""Write the texts of Python's own help as the three files of WikiText, one sentence a line, rare words left out."""

import re
import sys
from collections import Counter
from pathlib import Path
from pydoc_data.topics import topics

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
sentences = [re.findall(r"[a-z]+|[.,]", each.lower()) for name in sorted(topics) for each in topics[name].split("\n\n")]
count = Counter(word for sentence in sentences for word in sentence)
lines = [" ".join(word if count[word] > 9 else "<unk>" for word in sentence) for sentence in sentences if sentence]
for name, first, last in (("train", 0, 800), ("valid", 800, 900), ("test", 900, 1000)):
    (folder / f"{name}.txt").write_text("\n".join(lines[first:last]) + "\n")
