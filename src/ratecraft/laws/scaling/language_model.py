"""The peak rate of AdamW for a language model from scratch, by its size, its tokens and the tokens of a step.

Path:   parameters, tokens, batch -> rate, and how far from what was tried; called by recipes.
Units:  parameters without embeddings; tokens of the whole run; tokens a step; peak rates; distances are octaves.
Source: fitted here to the 1,911 public runs of Li et al. 2025 ("Step Law", arXiv 2503.04715): the best rate of each of
        167 slices of one size, one number of tokens and one batch. `benchmarks/README.md`, "Plans", holds it against
        slices that were left out, against published laws, and against 18 best rates of somebody else's runs.

Li et al. and Bi et al. give the rate at the best batch only. Here the batch is a variable of its own, since it decides
more than the tokens do: at a given batch the exponent of the tokens is nearly 0.
"""

import math
from dataclasses import dataclass

from ratecraft.schedules.lengths import positive_number

SEQUENCE = 2048
"""Tokens of a sample unless given: those of the fitted runs, and of most models of their time."""

_FACTOR, _BY_SIZE, _BY_TOKENS, _BY_BATCH = 3.98, -0.625, 0.0236, 0.305
_BATCH_FACTOR, _BATCH_BY_TOKENS = 3.4, 0.5  # best batch of the 17 pairs of size and tokens
_TOKENS_A_PARAMETER = 20.0  # Hoffmann et al. 2022, arXiv 2203.15556


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A run, as far as its rate depends on it.

    Attributes:
        parameters: Without embeddings.
        tokens: Tokens of the whole run.
        batch: Tokens a step.
    """

    parameters: float
    tokens: float
    batch: float


TRIED = (LanguageModel(2.1e8, 4e9, 16 * SEQUENCE), LanguageModel(1.1e9, 1e11, 2048 * SEQUENCE))
"""The least and the most that was tried."""


def usual_tokens(parameters: float) -> float:
    """The number of tokens that makes the best use of the computation for a model of this size.

    Raises:
        InvalidInput: No finite number above 0.

    Example:
        >>> usual_tokens(1e9)
        20000000000.0
    """
    return _TOKENS_A_PARAMETER * positive_number("parameters", parameters)


def best_batch(tokens: float) -> float:
    """Tokens per step at which a run of `tokens` tokens ends best.

    Raises:
        InvalidInput: No finite number above 0.

    Example:
        >>> round(best_batch(1e10))
        340000
    """
    return _BATCH_FACTOR * positive_number("tokens", tokens) ** _BATCH_BY_TOKENS


def best_rate(model: LanguageModel) -> float:
    """The peak rate: 3.98 · parameters^−0.625 · tokens^0.0236 · batch^0.305.

    Raises:
        InvalidInput: A part of the model that is not a finite number above 0.

    Example:
        >>> float(f"{best_rate(LanguageModel(1.1e9, 1e11, 5e5)):.2g}")
        0.00088
    """
    parameters = positive_number("parameters", model.parameters)
    tokens, batch = positive_number("tokens", model.tokens), positive_number("batch", model.batch)
    return _FACTOR * parameters**_BY_SIZE * tokens**_BY_TOKENS * batch**_BY_BATCH


def octaves_outside(model: LanguageModel) -> float:
    """How far the run lies outside what was tried: the largest distance of its three numbers; 0 within.

    Example:
        >>> octaves_outside(LanguageModel(1.1e9, 1e11, 5e5)), octaves_outside(LanguageModel(8.8e9, 1e11, 5e5))
        (0.0, 3.0)
    """
    least, most = TRIED
    pairs = (
        (model.parameters, least.parameters, most.parameters),
        (model.tokens, least.tokens, most.tokens),
        (model.batch, least.batch, most.batch),
    )
    return max(0.0, *(math.log2(max(low / given, given / high)) for given, low, high in pairs))
