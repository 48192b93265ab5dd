"""A recipe by the name that someone typed: in any spelling, and with the nearest ones if there is none.

Path:   a name -> its recipe, or `InvalidInput` with the nearest names.
"""

import difflib
from collections.abc import Mapping
from itertools import takewhile
from typing import Literal, TypeVar

from ratecraft.errors import InvalidInput

T = TypeVar("T")

_NEAREST = 3
_CODES = {"optimizer": "no-such-optimizer", "task": "no-such-task", "schedule": "no-such-recipe-schedule"}
_ALIASES: Mapping[str, str] = {
    "adamwschedulefree": "schedule-free",
    "alignment": "dpo",
    "bert": "fine-tuning-transformer",
    "continuedpretraining": "continued-pre-training",
    "cpt": "continued-pre-training",
    "dcgan": "gan",
    "ddpm": "diffusion",
    "detr": "detection",
    "finetuning": "fine-tuning-vision",
    "gpt": "pre-training",
    "imagenet": "images",
    "invsqrt": "inverse-sqrt",
    "llm": "pre-training",
    "lstm": "recurrent",
    "onecyclelr": "one-cycle",
    "qlora": "lora",
    "rnn": "recurrent",
    "sft": "instruction-tuning",
    "sgdm": "momentum",
    "sgdmomentum": "momentum",
    "sparseadam": "adam",
    "supervisedfinetuning": "instruction-tuning",
    "transfer": "fine-tuning-vision",
    "transferlearning": "fine-tuning-vision",
}


def looked_up(kind: Literal["optimizer", "task", "schedule"], given: str, among: Mapping[str, T]) -> T:
    """The recipe of that name: capitals, hyphens and what stands before a point don't matter.

    Args:
        kind: What it is, for the error.
        given: The name as typed: `AdamW`, `torch.optim.AdamW`, `schedule_free`.
        among: Recipes by their keys.

    Raises:
        InvalidInput: There is none (`no-such-optimizer`, `no-such-task`, `no-such-recipe-schedule`).

    Example:
        >>> looked_up("optimizer", "torch.optim.Adam_W", {"adam": 1, "adamw": 2})
        2
    """
    keys = {_plain(key): key for key in among}
    plain = _plain(given)
    key = keys.get(plain) or _ALIASES.get(plain, "")
    if key in among:
        return among[key]
    near = sorted(keys, key=lambda key: _distance(plain, key))[:_NEAREST]
    raise InvalidInput(
        _CODES[kind], given=given, near=", ".join(keys[candidate] for candidate in near), allowed=", ".join(among)
    )


def _distance(given: str, name: str) -> tuple[float, int]:
    """The less, the nearer; of two that are equally like it, that which begins alike."""
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(given, name, strict=False)))
    return -difflib.SequenceMatcher(None, given, name).ratio(), -alike


def _plain(name: str) -> str:
    return "".join(letter for letter in name.rpartition(".")[2].lower() if letter.isalnum())
