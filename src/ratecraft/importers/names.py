"""What a name in a log means: `train/loss_step` is a loss, `lr-Adam/pg1` a rate, `trainer/global_step` the step.

Path:   names as printed -> `Meaning` -> `gathering` puts the number where it belongs.
Source: the names that nanoGPT, timm, Keras, Lightning, the Hugging Face Trainer, fastai, Megatron and the examples of
        PyTorch print (docs/reference/logs.md).
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from ratecraft.records.metrics import direction_of, normal_name

Kind: TypeAlias = Literal["figure", "rate", "step", "epoch", "fact", "clock"]
"""What a number is. A `clock` (time, speed, memory) says nothing of learning and is left out."""


class Meaning(NamedTuple):
    """What a name means.

    Attributes:
        kind: What its numbers are.
        name: The normal name of the series or fact: `loss`, `val_loss`, `rate`, `batch_size`…
        printed: The name as printed, in the spelling of `records.metrics.normal_name`.
        order: Among several that claim one normal name, the lowest gets it and the others keep their printed name.
        known: The name is one that logs use; of others only a clear sign (`name=3`) tells that a number is meant.
    """

    kind: Kind
    name: str
    printed: str
    order: int
    known: bool


_VALIDATION = frozenset({"val", "valid", "validation", "eval", "evaluation", "dev", "heldout"})
_TRAINING = frozenset({"train", "training", "trainer"})
_FILL = frozenset({"avg", "average", "mean", "running", "smoothed", "set", "current", "cur", "metrics", "losses"})
_GRAIN = frozenset({"step", "epoch", "batch", "iter"})

_ALIASES = {
    **dict.fromkeys(
        (
            *("loss", "nll", "nll_loss", "lm_loss", "cost", "objective", "xent", "cross_entropy", "crossentropy"),
            *("ce_loss", "total_loss", "cross_entropy_loss", "ctc_loss"),
        ),
        "loss",
    ),
    **dict.fromkeys(
        (
            *("accuracy", "acc", "top1", "top_1", "acc1", "acc@1", "top@1", "prec@1", "top1_acc", "acc_top1"),
            *("categorical_accuracy", "sparse_categorical_accuracy", "binary_accuracy", "multiclass_accuracy"),
            "accuracy_top_1",
        ),
        "accuracy",
    ),
    **dict.fromkeys(
        (
            *("grad_norm", "gradnorm", "gnorm", "gradient_norm", "grad_norm_total", "total_grad_norm", "total_norm"),
            *("global_grad_norm", "global_norm"),
        ),
        "grad_norm",
    ),
    **dict.fromkeys(("loss_scale", "lossscale", "scaler_scale", "amp_scale"), "loss_scale"),
}
_JUDGED_BY = frozenset({*_ALIASES.values(), "update_ratio", "effective_rate", "zero_gradient"})
_STEP = frozenset(
    {
        *("step", "steps", "global_step", "iter", "iters", "iteration", "iterations", "update", "updates"),
        *("num_updates", "num_update", "trainer_global_step", "train_global_step", "train_step", "training_step"),
        *("batch", "batch_idx", "batch_index", "optimizer_step", "train_steps", "train_iter", "minibatch", "itr"),
    }
)
_EPOCH = frozenset({"epoch", "ep", "train_epoch", "training_epoch", "epochs_done", "current_epoch"})
_FACTS = {
    **dict.fromkeys(("batch_size", "train_batch_size", "bs", "global_batch_size", "total_batch_size"), "batch_size"),
    **dict.fromkeys(("per_device_train_batch_size",), "device_batch_size"),
    **dict.fromkeys(("weight_decay", "wd"), "weight_decay"),
    **dict.fromkeys(("epochs", "num_epochs", "n_epochs", "num_train_epochs", "max_epochs", "total_epochs"), "epochs"),
    **dict.fromkeys(
        (
            *("max_steps", "total_steps", "num_steps", "max_iters", "max_iter", "num_iterations", "total_iterations"),
            *("num_training_steps", "total_optimization_steps", "train_iters", "max_updates"),
        ),
        "total_steps",
    ),
    **dict.fromkeys(("steps_per_epoch", "iters_per_epoch", "batches_per_epoch"), "steps_per_epoch"),
    **dict.fromkeys(("warmup_steps", "warmup_iters", "num_warmup_steps", "warmup_updates"), "warmup_steps"),
    **dict.fromkeys(("warmup_epochs",), "warmup_epochs"),
    **dict.fromkeys(
        ("gradient_accumulation_steps", "accumulate_grad_batches", "grad_accum", "grad_accum_steps"), "accumulation"
    ),
    **dict.fromkeys(("max_grad_norm", "grad_clip", "clip_grad", "clip", "gradient_clip_val", "clip_norm"), "clip"),
    **dict.fromkeys(("beta1", "adam_beta1"), "beta1"),
    **dict.fromkeys(("beta2", "adam_beta2"), "beta2"),
    **dict.fromkeys(("logging_steps", "log_interval", "log_every", "log_every_n_steps"), "log_every"),
    **dict.fromkeys(("eval_steps", "eval_interval"), "eval_every"),
    **{name: name for name in ("seed", "num_classes", "num_parameters", "dropout", "label_smoothing", "world_size")},
}
_CLOCK = frozenset(
    {
        *("time", "timestamp", "date", "datetime", "eta", "elapsed", "ts", "dt", "seconds", "runtime", "wall_time"),
        *("walltime", "created_at", "mem", "memory", "gpu_mem", "max_mem", "mfu", "flops", "tflops", "speed"),
        *("throughput", "data", "data_time", "batch_time", "step_time", "iter_time", "total_flos", "ips", "fps"),
        *("wps", "ups", "tok_s", "rank", "pid", "v_num", "worker", "line", "port", "version", "epoch_time", "ms"),
        *("time_per_step", "time_per_iter", "elapsed_time", "train_wall", "wall", "gb_free", "ms_step", "best_step"),
        *("time_ms", "best", "lr_scheduler_step", "num_input_tokens_seen", "best_epoch"),
    }
)
_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(_STEP, "step"),
    **dict.fromkeys(_EPOCH, "epoch"),
    **dict.fromkeys(_CLOCK, "clock"),
}
_RATE = re.compile(r"(?:^|_)(?:lr|learning_?rate)(?:_|\d|$)|^rates?(?:_\d+)?$")
_NO_RATE = re.compile(
    r"momentum|weight_decay|betas?(?:_|\d|$)|mult|scale|factor|gamma|warm_?up|decay|scheduler|patience|(?:^|_)(?:min|max)"
    r"|ratio|policy|find|final|end"
)
_SPEED = re.compile(
    r"(?:per|/|tok|tokens)_?(?:s|sec|second|step|it|iter|sample)s?$|_runtime$|_time$|samples_per|tokens_per"
)
_HISTORY = re.compile(r"^(?:best|lowest|highest|previous|prev|min|max|minimum|maximum|last)_")
_LONGEST_NAME = 120


@lru_cache(maxsize=4096)
def meaning_of(name: str) -> Meaning:
    """What a name in a log means.

    Args:
        name: The name as printed.

    Example:
        >>> [meaning_of(name).name for name in ("train/loss_step", "Loss/val", "lr-AdamW/pg1", "eval_top1")]
        ['loss', 'val_loss', 'rate', 'val_accuracy']
        >>> meaning_of("trainer/global_step").kind, meaning_of("samples_per_second").kind
        ('step', 'clock')
    """
    printed = normal_name(name[-_LONGEST_NAME:])
    kind = _KINDS.get(printed)
    if kind is not None:
        return Meaning(kind, printed, printed, 0, known=True)
    if printed in _FACTS:
        return Meaning("fact", _FACTS[printed], printed, 0, known=True)
    if _SPEED.search(printed) or _HISTORY.match(printed):
        return Meaning("clock", printed, printed, 0, known=True)
    if _RATE.search(printed) and not _NO_RATE.search(printed):
        return Meaning("rate", "rate", printed, 0, known=True)
    return _figure(printed)


def rank_of(meaning: Meaning) -> int:
    """How little a series matters to a diagnosis: 0 a loss, an accuracy, a norm; 1 a rate; 3 an unknown name.

    Example:
        >>> [rank_of(meaning_of(name)) for name in ("val_loss", "lr", "train/wer", "layer3/weight_norm")]
        [0, 1, 2, 3]
    """
    if meaning.name.removeprefix("val_").removeprefix("test_") in _JUDGED_BY:
        return 0
    return 1 if meaning.kind == "rate" else 2 if meaning.known else 3


def _figure(printed: str) -> Meaning:
    words = [word for word in printed.replace("held_out", "heldout").split("_") if word]
    kinds = {_split_of(word) for word in words}
    split = "val_" if "val_" in kinds else "test_" if "test_" in kinds else ""
    bare = [word for word in words if _split_of(word) == "" and word not in _FILL]
    grain = next((word for word in bare[-1:] + bare[:1] if word in _GRAIN), "") if len(bare) > 1 else ""
    if grain:
        bare = bare[:-1] if bare[-1] == grain else bare[1:]
    plain = "_".join(bare)
    role = _ALIASES.get(plain, plain)
    if split and not plain:  # `val 0.12`
        role, plain = "loss", "loss"
    known = plain in _ALIASES
    if not known and split == "" and "train" not in kinds:
        return Meaning("figure", printed, printed, 0, known=False)
    known = known or direction_of(plain) is not None  # `train/wer`; without a word for the data, `error 404` is none
    order = 2 * ("train" in kinds) + (1 if grain in ("step", "batch", "iter") else 3 if grain else 0)
    order += plain != role  # the word itself comes before another for it
    return Meaning("figure", f"{split}{role}" if role else printed, printed, order, known=known)


def _split_of(word: str) -> str:
    if word in _VALIDATION:
        return "val_"
    return "test_" if word == "test" else "train" if word in _TRAINING else ""
