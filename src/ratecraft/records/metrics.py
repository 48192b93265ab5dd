"""Which figure is compared, and which way is better.

Path:   names of figures, as printed or logged -> one `Metric` for the whole study.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ratecraft.errors import InvalidInput

Direction: TypeAlias = Literal["min", "max"]

_AT = r"(?:_?(?:@|at_?)?\d+(?:_\d+)?)?"  # `hits@10`, `top5`, `map50_95`
_OF = r"(?:_(?:score|coefficient|rate|macro|micro|weighted|mean|avg|average|overall|percent|epoch|[bmp]))*"
_LARGER = re.compile(
    r"(?:acc|accuracy|f1|auc|bleu|auroc|auprc|iou|ssim|top_?\d+|(?:^|_)(?:f_?beta|f2|precision|prec|recall|sensitivity"
    r"|specificity|jaccard|dice|dsc|psnr|r2|r_squared|mcc|matthews(?:_corrcoef)?|kappa|ndcg|dcg|hits?|mrr|m?ap"
    r"|rouge(?:_?[12l](?:sum)?)?|meteor|chrf|cider|spice|pearsonr?|spearmanr?|exact_match|ari|nmi|c_index|concordance"
    rf"|explained_variance|correct)){_AT}{_OF}$"
)
_SMALLER = re.compile(
    r"(?:loss|nll|cost|ppl|perplexity|bp[bcd]|mse|rmse|mae|msle|error|err|wer|mape|pinball|cross_?entropy"
    r"|(?:^|_)(?:b?ce|xent|cer|ter|mase|w?m?ape|mdape|fid|kid|lpips|crps|brier|ece|eer|epe|hd95|hausdorff|chamfer"
    rf"|deviance|bits_per_(?:byte|char|character|dim)))(?:_?@\d+)?{_OF}$"
)
_CAPITALS = re.compile(
    r"(?<![A-Za-z])[A-Za-z]?IoU|mAP|nDCG|(?<![A-Za-z])[a-z](?:R?MSE|MAPE)"
)  # one word, in spite of its capitals
_REWARD = re.compile(r"(?:^|_)(?:rewards?|rew|episod(?:e|ic)_returns?)(?:_mean|_avg)?$")
"""What reinforcement learning is about: its losses follow a policy that changes, and say nothing of how good it is."""
_VALIDATION = re.compile(r"(^|_)(val|valid|validation|eval|evaluation|dev|held_?out)(_|$)")
_TEST = re.compile(r"(^|_)test(_|$)")
_TRAINING = re.compile(r"(^|_)(train|training)(_|$)")
_LOSS = re.compile(r"(^|_)loss$")
_WHOLE_LOSS = re.compile(r"(?:set_)?(?:(?:avg|average|mean|total|overall)_)?loss")
_ONE_SIDED = re.compile(r"precision|recall|sensitivity|specificity|top_?5|@5|correct")
"""Among several scores, these say less than the others."""


@dataclass(frozen=True, slots=True)
class Metric:
    """The compared figure.

    Attributes:
        name: Normal name, e.g. `val_loss`; `training_loss` where no figure is printed.
        direction: `min` where smaller is better.
        source: `validation` for a figure of the script's own evaluation, `training` for mean training losses.
        chosen_by: `user` or `default`.
    """

    name: str
    direction: Direction
    source: Literal["validation", "training"] = "validation"
    chosen_by: Literal["user", "default"] = "default"

    def sign(self) -> float:
        """Multiply a score by it, and smaller is better."""
        return 1.0 if self.direction == "min" else -1.0


TRAINING_LOSS = Metric("training_loss", "min", source="training")
"""The metric of scripts that tell no figure: the mean of their training losses."""


def normal_name(name: str) -> str:
    """One spelling for `Val Loss`, `val/loss` and `val-loss`.

    Example:
        >>> normal_name("Val/Loss"), normal_name("valLoss")
        ('val_loss', 'val_loss')
    """
    whole = _CAPITALS.sub(lambda word: word[0].lower(), name.strip())
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", whole)
    return re.sub(r"(?:[^\w%@]|_)+", "_", split).strip("_").lower()


def direction_of(name: str) -> Direction | None:
    """Which way is better by the name alone; None if the name does not tell.

    Example:
        >>> direction_of("val_acc"), direction_of("eval_loss"), direction_of("score")
        ('max', 'min', None)
    """
    words = _without_split(name)
    if _LARGER.search(words) or _REWARD.search(words):
        return "max"
    return "min" if _SMALLER.search(words) or words in {"val", "loss"} else None


def is_reward(name: str) -> bool:
    """Whether a figure is what an agent earned, in one episode or in the mean of several.

    Example:
        >>> is_reward("charts/episodic_return"), is_reward("val_loss")
        (True, False)
    """
    return bool(_REWARD.search(normal_name(name)))


def parse_metric(text: str) -> Metric:
    """The metric that `--metric NAME[:max|:min]` names.

    Raises:
        InvalidInput: An unknown direction word, or a name that tells no direction and none is given.

    Example:
        >>> parse_metric("score:max").direction
        'max'
    """
    name, _, given = text.partition(":")
    if not name.strip() or given not in ("", "min", "max"):
        raise InvalidInput("metric-form", metric=text)
    direction = given or direction_of(name)
    if direction is None:
        raise InvalidInput("metric-direction", metric=name)
    return Metric(normal_name(name), direction, chosen_by="user")


def choose_metric(names: Iterable[str]) -> Metric | None:
    """The figure to compare where the user named none: loss before accuracy, validation before test; None of none.

    A reward goes before all.

    A name that tells no data set comes last, since it may be a training figure; one that tells it is one is left out.
    Several losses without a whole one (`val_box_loss`, `val_cls_loss`) are parts of it: any score comes before a part.

    Example:
        >>> choose_metric(["loss", "val_acc", "test_loss", "val_loss"]).name
        'val_loss'
    """
    known: Sequence[tuple[str, Direction]] = [
        (name, direction)
        for name in dict.fromkeys(names)
        if (direction := direction_of(name)) is not None and not is_of_training(name)
    ]
    if not known:
        return None
    losses = [name for name, _ in known if _LOSS.search(_without_split(name))]
    parts = (
        losses if len(losses) > 1 and not any(_WHOLE_LOSS.fullmatch(_without_split(name)) for name in losses) else []
    )

    def order(item: tuple[str, Direction]) -> tuple[bool, bool, bool, bool, bool, bool, int]:
        name, direction = item
        return (
            not _REWARD.search(name),
            name in parts,
            not tells_evaluation(name),
            "loss" not in name and direction == "max",
            not _VALIDATION.search(name),
            name in losses and not _WHOLE_LOSS.fullmatch(_without_split(name)),
            1 if _ONE_SIDED.search(name) else 0 if "50_95" not in name else -1,
        )

    name, direction = min(known, key=order)
    return Metric(name, direction)


def tells_evaluation(name: str) -> bool:
    """Whether the name itself says that a figure is of held-out data.

    Example:
        >>> tells_evaluation("val_loss"), tells_evaluation("accuracy")
        (True, False)
    """
    return bool(_VALIDATION.search(name) or _TEST.search(name))


def is_of_training(name: str) -> bool:
    """Whether the name says that a figure is of the training data.

    Example:
        >>> is_of_training("train_loss"), is_of_training("loss")
        (True, False)
    """
    return bool(_TRAINING.search(normal_name(name)))


def _without_split(name: str) -> str:
    """The name without the words for a data set, where anything is left."""
    plain = normal_name(name)
    return re.sub(rf"_?{_TEST.pattern}|_?{_VALIDATION.pattern}", "_", plain).strip("_") or plain
