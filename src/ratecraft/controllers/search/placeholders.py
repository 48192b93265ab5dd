"""The words of a command with places for values: `python train.py --lr {rate}`.

Path:   a template, values of a trial -> the words that are run; the template and the space checked against each other.

No shell reads the words: a value stays within the word that its place is in, whatever is in it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ratecraft.controllers.search.space import Space
from ratecraft.errors import InvalidInput

__all__ = ["SEED", "check_command", "filled", "named_words", "placeholders"]

SEED = "seed"
"""The placeholder of the seed, which is no parameter of a space."""

_PLACE = re.compile(r"\{([A-Za-z_]\w*)\}")  # other braces, as of JSON, are the command's own


def placeholders(words: Sequence[str]) -> tuple[str, ...]:
    """Names of the places, each once, in order.

    Example:
        >>> placeholders(["train", "--lr={rate}", "--tag={rate}-{seed}", '{"a": 1}'])
        ('rate', 'seed')
    """
    return tuple(dict.fromkeys(name for word in words for name in _PLACE.findall(word)))


def filled(words: Sequence[str], values: Mapping[str, Any]) -> tuple[str, ...]:
    """The words with these values in their places; a place without a value stays.

    Example:
        >>> filled(["train", "--lr={rate}", "{seed}"], {"rate": 1e-05})
        ('train', '--lr=1e-05', '{seed}')
    """
    return tuple(
        _PLACE.sub(lambda place: str(values[place[1]]) if place[1] in values else place[0], word) for word in words
    )


def named_words(names: Sequence[str]) -> tuple[str, ...]:
    """A template for what is not a command: one word for each name, which tells trials apart.

    Example:
        >>> named_words(["rate", "batch"])
        ('rate={rate}', 'batch={batch}')
    """
    return tuple(f"{name}={{{name}}}" for name in names)


def check_command(words: Sequence[str], space: Space, seeds: int) -> None:
    """Refuse a command that does not take what is varied.

    Raises:
        InvalidInput: No placeholder and nothing varied (`placeholder-none`); a placeholder without values
            (`placeholder-without-values`), or values without a placeholder (`placeholder-missing`); several seeds
            without a place for them (`program-seeds`); values that are there only at times (`program-when`), for a word
            of the command can't be left out.
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
