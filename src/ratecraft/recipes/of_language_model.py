"""The rate of a language model from scratch, as far as its size, its tokens and the tokens of a step are told.

Path:   what is given -> `Model`, with what had to be assumed -> the draft's rate, its range, how well it is known.
Units:  tokens a step count accumulation and all devices; samples are sequences.
"""

import math
from dataclasses import dataclass, replace

from ratecraft.laws.scaling.caution import Caution
from ratecraft.laws.scaling.language_model import (
    SEQUENCE,
    LanguageModel,
    best_batch,
    best_rate,
    octaves_outside,
    usual_tokens,
)
from ratecraft.recipes.plan import Draft, Reason
from ratecraft.recipes.recipe import Kin, OptimizerRecipe, lowered
from ratecraft.recipes.run_description import RunDescription

_SOURCE = "fitted for ratecraft to the runs of Li et al. 2025, arXiv 2503.04715"
_NEAR, _WIDE = 2.0, 4.0  # of the range, as a factor: the first held 19 of 20 best rates that were left out of the fit
_FAR = 3.0  # octaves outside what was tried beyond which the law is a guess
_LONG_SEQUENCES = 1e8  # parameters from which a sample is taken for a sequence of the usual length


@dataclass(frozen=True, slots=True)
class Model:
    """A language model as the law sees it.

    Attributes:
        model: Sizes of the model.
        assumed: Names of the sizes that were not given: `tokens`, `batch`.
        batches: Samples of a step at which the rate is that of the law, where a noise scale is to move it from there;
            None if the law has the batch in it.
    """

    model: LanguageModel
    assumed: tuple[str, ...]
    batches: float | None = None


def language_model_of(given: RunDescription, parameters: float) -> Model:
    """The numbers of the law: as they are told, as they follow from one another, else as is usual."""
    batch = given.tokens_per_step
    if batch is None and given.batch_size is not None and parameters >= _LONG_SEQUENCES:
        batch = given.batch_size * SEQUENCE
    tokens = given.tokens
    if tokens is None and given.steps is not None and given.tokens_per_step is not None:
        tokens = given.steps * given.tokens_per_step
    assumed = (*(["tokens"] if tokens is None else []), *(["batch"] if batch is None else []))
    tokens = usual_tokens(parameters) if tokens is None else tokens
    if given.noise_scale is not None or given.base_batch_size is not None:
        usual = best_batch(tokens)
        return Model(LanguageModel(parameters, tokens, usual), assumed, usual / SEQUENCE)
    return Model(LanguageModel(parameters, tokens, batch or best_batch(tokens)), assumed)


def with_language_model(draft: Draft, found: Model, optimizer: OptimizerRecipe, kin: Kin) -> Draft:
    """The draft with the law's rate.

    Args:
        draft: The plan so far.
        found: The model.
        optimizer: The optimizer's recipe: its usual range bounds the rate, which the law alone would let rise without
            end.
        kin: How AdamW, whose law it is, stands in for it.
    """
    model, old, most = found.model, draft.hyperparameters["rate"], optimizer.hyperparameters["rate"].high
    by_law = kin.factor * best_rate(model)
    rate = by_law if most is None else min(by_law, most)
    outside = octaves_outside(model)
    steps = (outside > 0) + (outside > _FAR) + (len(found.assumed) > 0)
    wide = _NEAR if steps == 0 else _WIDE
    hyperparameter = replace(old, value=rate, low=rate / wide, high=rate * _NEAR, source=_SOURCE, confidence="high")
    values = {"parameters": model.parameters, "tokens": model.tokens, "batch": model.batch, "rate": rate}
    said: list[Reason | Caution] = [Reason("rate-of-language-model", values)]
    if rate < by_law:
        said.append(Reason("rate-bounded", {"optimizer": optimizer.name, "high": rate, "rate": by_law}))
    if found.assumed:
        said.append(Caution(f"{'-and-'.join(found.assumed)}-assumed", values))
    if outside > 0:
        said.append(Caution("outside-tried", {"ratio": 2**outside}))
    best = best_batch(model.tokens)
    if "batch" not in found.assumed and abs(math.log2(model.batch / best)) > 2:
        said.append(Caution("batch-not-best", {"batch": model.batch, "best": best}))
    return draft.also(*said, hyperparameters={"rate": lowered(hyperparameter, steps, kin.confidence)})
