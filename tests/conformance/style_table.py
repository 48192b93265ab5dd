"""The styles in which training scripts are written, each a script of its own in `styles/`, and what is known of them.

A style is run bare, hosted at its own rates, stopped within an epoch at other rates, and left by a fork there.
"""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["FIRST", "FRAMEWORKS", "LATER", "STYLES", "TURN", "Style"]

FIRST, LATER, TURN = 0.02, 0.004, 4
"""Rates of a stopped run: the first before step TURN, where branches leave it, the later from there on."""

FRAMEWORKS = ("lightning.fabric", "transformers.models.bert.modeling_bert", "accelerate.utils", "fastai.torch_core")
"""What takes long to load. Of the modules that adapters wait for, a script loads those of fastai and transformers."""


@dataclass(frozen=True)
class Style:
    """One script.

    Attributes:
        file: In `styles/`, without its suffix.
        stop: A step at which the script does not evaluate by itself; 0 where it costs too much to stop one.
        arguments: Of the script.
        figure: The name of its figure.
        optimizers: That step in one round.
        direct: Whether its function `evaluate` gives the figure at any step.
        refused: Why it is not forked but replayed; empty where it is forked.
        modules: Parts of frameworks that its processes find loaded.
        close: Two ways to average the same losses differ in the last digits.
        steps: Of a full run.
        dear: It takes long: only `make soak` asks it.
    """

    file: str
    stop: int
    arguments: tuple[str, ...] = ()
    figure: str = "val_loss"
    optimizers: int = 1
    direct: bool = True
    refused: str = ""
    modules: tuple[str, ...] = ()
    close: bool = False
    steps: int = 20
    dear: bool = False


STYLES: Mapping[str, Style] = {
    "epochs, batch norm, dropout, exponential": Style("epochs", 7),
    "argparse, main guard, sibling, CSV, best.pt": Style("program", 7, figure="validation_loss"),
    "two workers that persist": Style("program", 7, ("--workers", "2"), figure="validation_loss", refused="children"),
    "two workers that are spawned": Style(  # dear: each worker loads torch
        "program",
        0,
        ("--workers", "2", "--context", "spawn", "--epochs", "2"),
        figure="validation_loss",
        steps=10,
        dear=True,
    ),
    "two workers an epoch": Style("fresh_workers", 7, refused="children", steps=15),
    "nanoGPT, rates by hand, accumulation, bf16": Style("nano_gpt", 7, steps=25),
    "one-cycle per step, two maxima, scaler": Style("one_cycle_scaler", 7),
    "unfreezing, cosine, lambda": Style("unfreezing", 9, steps=25),
    "plateau, early stop, logging, except Exception": Style("plateau_early_stop", 7, steps=0),
    "LBFGS": Style("closures", 5, steps=24),
    "Adam with a closure": Style("adam_closure", 7),
    "two steps a batch around a base optimizer": Style("sharpness", 7),
    "the same by a closure": Style("sharpness", 7, ("closure",)),
    "GAN, 1 to 1": Style("gan", 7, optimizers=2, steps=24),
    "GAN, 2 to 1": Style("gan", 8, ("--critic-steps", "2"), optimizers=2, steps=48),
    "own optimizer, step bound early": Style("own_optimizer", 7),
    "compiled model": Style("compiled", 7),
    "compiled step": Style("compiled_step", 5, steps=24),
    "compiled for this machine": Style("inductor", 7, close=True, dear=True),
    "tqdm": Style("bars", 7),
    "a bare except around the step": Style("stubborn", 7),
    "evaluation at the end only": Style("at_the_end", 7),
    "evaluation every third epoch": Style("every_third_epoch", 7, steps=30),
    "next and StopIteration": Style("cycle", 7, steps=24),
    "no validation": Style("no_validation", 7, direct=False),
    "rich": Style("rich_tables", 7),
    "bars of rich, a pool of threads, a log by a queue": Style("rich_bar", 7),
    "TensorBoard": Style("boards", 7),
    "a tracker that is switched off": Style("tracked", 7),
    "warm-up and cosine in sequence, averaged weights": Style("averaged", 7),
    "warm-up from 0": Style("from_zero", 7, steps=24),
    "a trainer class, streamed data": Style("trainer_class", 7, figure="eval_loss"),
    "PyTorch's own example": Style("digits", 11, figure="test_set_average_loss", close=True, steps=32),
    "two phases": Style("phases", 7),
    "checkpoints loaded back, an open log": Style("checkpoints", 7),
    "gradient penalty, restarts, accumulation with a rest": Style("penalty", 7, steps=12),
    "accelerate": Style("accelerate_loop", 8, modules=FRAMEWORKS, steps=24),
    "Hugging Face Trainer": Style(
        "transformers_trainer",
        7,
        figure="eval_loss",
        modules=FRAMEWORKS,
        close=True,
        steps=15,
    ),
    "Hugging Face Trainer with TensorBoard and a bar": Style(
        "transformers_board",
        7,
        figure="eval_loss",
        modules=FRAMEWORKS,
        close=True,
        steps=15,
    ),
    "Lightning with its bar": Style("lightning_bar", 9, modules=FRAMEWORKS, steps=24),
    "Lightning": Style("lightning_trainer", 9, modules=FRAMEWORKS, steps=24),
    "fastai": Style("fastai_learner", 8, figure="valid_loss", modules=FRAMEWORKS, direct=False, steps=24),
}
