"""The words of a command with placeholders for values: `python train.py --lr {rate}`.

Path:   a template and the values of a trial -> the words that are run; the template is checked against the space.

The words are not read by a shell: a value stays within its word, whatever characters it holds.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ratecraft.controllers.search.space import Space
from ratecraft.errors import InvalidInput

SEED = "seed"
"""The placeholder of the seed, which is not a parameter of the space."""

_PLACE = re.compile(r"\{([A-Za-z_]\w*)\}")  # other braces, such as those of JSON, belong to the command itself


def placeholders(words: Sequence[str]) -> tuple[str, ...]:
    """Names of the placeholders, each once, in order.

    Example:
        >>> placeholders(["train", "--lr={rate}", "--tag={rate}-{seed}", '{"a": 1}'])
        ('rate', 'seed')
    """
    return tuple(dict.fromkeys(name for word in words for name in _PLACE.findall(word)))


def filled(words: Sequence[str], values: Mapping[str, Any]) -> tuple[str, ...]:
    """The words with these values filled in; a placeholder without a value stays.

    Example:
        >>> filled(["train", "--lr={rate}", "{seed}"], {"rate": 1e-05})
        ('train', '--lr=1e-05', '{seed}')
    """
    return tuple(
        _PLACE.sub(lambda place: str(values[place[1]]) if place[1] in values else place[0], word) for word in words
    )


def named_words(names: Sequence[str]) -> tuple[str, ...]:
    """A template for a loop: one word for each name, so that trials can be told apart.

    Example:
        >>> named_words(["rate", "batch"])
        ('rate={rate}', 'batch={batch}')
    """
    return tuple(f"{name}={{{name}}}" for name in names)


def check_command(words: Sequence[str], space: Space, seeds: int) -> None:
    """Refuse a command whose placeholders do not match what is varied.

    Raises:
        InvalidInput: No placeholder and nothing varied (`placeholder-none`); a placeholder without values
            (`placeholder-without-values`), or values without a placeholder (`placeholder-missing`); several seeds
            without a placeholder for them (`program-seeds`); conditional parameters (`program-when`), since a word of
            the command cannot be left out.
    """
    places = placeholders(words)
    if not space.parameters and not set(places) - {SEED}:
        raise InvalidInput("placeholder-none", command=" ".join(words))
    for name in places:
        if name != SEED and name not in space.names:
            raise InvalidInput("placeholder-without-values", name=name)
    for parameter in space.parameters:
        if parameter.name not in places or parameter.name == SEED:
            raise InvalidInput("placeholder-missing", name=parameter.name, command=" ".join(words))
        if parameter.when:
            raise InvalidInput("program-when", name=parameter.name)
    if seeds > 1 and SEED not in places:
        raise InvalidInput("program-seeds", seeds=seeds)
