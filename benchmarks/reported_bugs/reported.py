"""Bugs that people reported, each told again as one small script: pattern and figures carry over, no line of code does.

A case is a mended script, what has to be changed in it to have the bug, and the codes that name its cause. Several
cases have a twin of their own, where the report is of another kind of training (`base`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mended_scripts import CLASSES, NUMBERS, RECOMMENDER, YES_OR_NO

__all__ = ["ALIKE", "CASES", "Case", "Edit", "told_again"]

Edit = tuple[str, str]


@dataclass(frozen=True)
class Case:
    """A reported bug.

    Attributes:
        source: Where it was reported.
        report: What was reported, in a few words.
        text: The mended script.
        edits: Old and new text, by which it has the bug.
        codes: Of findings that name the cause.
        twin: Edits that belong to the training and not to the bug.
    """

    source: str
    report: str
    text: str
    edits: Sequence[Edit]
    codes: frozenset[str]
    twin: Sequence[Edit] = ()

    @property
    def mended(self) -> str:
        """The script as it should be."""
        return _edited(self.text, self.twin)

    @property
    def broken(self) -> str:
        """The script as it was reported."""
        return _edited(self.mended, self.edits)


def _edited(text: str, edits: Sequence[Edit]) -> str:
    for old, new in edits:
        if old not in text:
            raise ValueError(f"not in the script: {old}")
        text = text.replace(old, new, 1)
    return text


def told_again(
    source: str, report: str, text: str, edits: Sequence[Edit], codes: str, twin: Sequence[Edit] = ()
) -> Case:
    """A case by the address of its source without its scheme, and its codes with spaces between them."""
    return Case(f"https://{source}", report, text, edits, frozenset(codes.split()), twin)


def _github(source: str, *rest: object, **more: object) -> Case:
    name, number = source.split("#")
    return told_again(f"github.com/{name}/issues/{number}", *rest, **more)  # type: ignore[arg-type]


_CLEAR, _STEP, _TRAIN, _EVAL = (
    "        optimizer.zero_grad()\n",
    "    scheduler.step()\n",
    "    model.train()\n",
    "    model.eval()\n",
)
_COSINE = "scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=15)\n"
_STEPPED = [
    (_STEP, ""),
    ("        optimizer.step()\n", "        optimizer.step()\n        scheduler.step()\n"),
    ("T_max=15", "T_max=570"),
]
_LARGE = (
    "diverged collapsed collapsed-at-once too-large-noise rate-far-above non-finite non-finite-after-growth "
    "units-died lower-rate-wins"
)
_SMALL = "too-small creeping stuck updates-small rate-far-below still-learning higher-rate-wins"

CASES: Mapping[str, Case] = {
    "never-cleared": _github("wenet-e2e/wekws#73", "no zero_grad", CLASSES, [(_CLEAR, "")], "gradients-never-cleared"),
    "never-cleared-adam": _github(
        "yastrebksv/TennisCourtDetector#7",
        "no zero_grad, Adam, a regression",
        NUMBERS,
        [(_CLEAR, "")],
        "gradients-never-cleared",
    ),
    "one-never-cleared": _github(
        "Hsintien-Ng/idinvert_pytorch-reproduced#1",
        "no zero_grad of the second optimizer",
        YES_OR_NO,
        [("        head_optimizer.zero_grad()\n", "")],
        "gradients-never-cleared",
    ),
    "cleared-each-epoch": _github(
        "pytorch/pytorch#47175",
        "zero_grad once an epoch",
        CLASSES,
        [(_CLEAR, ""), (_TRAIN, _TRAIN + "    optimizer.zero_grad()\n")],
        "gradients-never-cleared",
    ),
    "cleared-each-micro-batch": _github(
        "bytetriper/RAE#67",
        "accumulation, cleared at each micro-batch",
        CLASSES,
        [("        if number % 4 == 0:\n            optimizer.zero_grad()\n", "        optimizer.zero_grad()\n")],
        "gradients-cleared-too-soon",
        [
            (_CLEAR, "        if number % 4 == 0:\n            optimizer.zero_grad()\n"),
            ("for inputs, targets in train_loader", "for number, (inputs, targets) in enumerate(train_loader)"),
            ("criterion(outputs, targets)", "criterion(outputs, targets) / 4"),
            ("        optimizer.step()\n", "        if number % 4 == 3:\n            optimizer.step()\n"),
            ("batch_size=32", "batch_size=8"),
        ],
    ),
    "softmax": _github(
        "jindongwang/Deep-learning-activity-recognition#10",
        "softmax before CrossEntropyLoss",
        CLASSES,
        [("nn.Linear(64, 6))", "nn.Linear(64, 6), nn.Softmax(dim=1))")],
        "softmax-before-loss",
    ),
    "softmax-log-softmax": _github(
        "Lightning-Universe/lightning-bolts#654",
        "log_softmax of a softmax, one layer",
        CLASSES,
        [("criterion(outputs, targets)", "nn.functional.nll_loss(outputs.softmax(1).log_softmax(1), targets)")],
        "softmax-before-loss",
        [
            (
                "nn.Sequential(nn.Linear(16, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 6))",
                "nn.Linear(16, 6)",
            )
        ],
    ),
    "sigmoid-in-model": _github(
        "avBuffer/UNet3plus_pth#23",
        "sigmoid in the model before BCEWithLogitsLoss",
        YES_OR_NO,
        [("return self.head(self.body(batch))", "return torch.sigmoid(self.head(self.body(batch)))")],
        "sigmoid-before-loss",
    ),
    "sigmoid-recommender": _github(
        "yudi-mars/daisyRec#15",
        "sigmoid of a product before BCEWithLogitsLoss",
        RECOMMENDER,
        [
            (
                "(self.users(user) * self.items(item)).sum(1)",
                "torch.sigmoid((self.users(user) * self.items(item)).sum(1))",
            )
        ],
        "sigmoid-before-loss",
    ),
    "column-and-row": _github(
        "pytorch/pytorch#16045",
        "outputs (n, 1), targets (n), one layer",
        NUMBERS,
        [("model(batch).squeeze(1)", "model(batch)")],
        "shapes-broadcast",
        [
            (
                "nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))",
                "nn.Linear(8, 1)",
            ),
            ("torch.optim.Adam(model.parameters(), lr=0.003)", "torch.optim.SGD(model.parameters(), lr=0.1)"),
        ],
    ),
    "column-and-row-deep": _github(
        "fastai/fastai#1863",
        "outputs (n, 1), targets (n)",
        NUMBERS,
        [("model(batch).squeeze(1)", "model(batch)")],
        "shapes-broadcast",
    ),
    "row-and-column": _github(
        "IntelLabs/matsciml#347",
        "outputs (n), targets (n, 1)",
        NUMBERS,
        [("criterion(predicted, wanted)", "criterion(predicted, wanted[:, None])")],
        "shapes-broadcast",
    ),
    "train-once": _github(
        "optuna/optuna#1725",
        "train() before the epochs only",
        CLASSES,
        [(_TRAIN, ""), ("for epoch in range(15):", "model.train()\nfor epoch in range(15):")],
        "trains-in-eval-mode",
    ),
    "eval-within-epoch": _github(
        "wkentaro/pytorch-fcn#57",
        "validated within an epoch, which goes on in eval mode",
        CLASSES,
        [
            (
                "        optimizer.step()\n",
                "        optimizer.step()\n        if number == 5:\n            model.eval()\n",
            )
        ],
        "trains-in-eval-mode",
        [("for inputs, targets in train_loader", "for number, (inputs, targets) in enumerate(train_loader)")],
    ),
    "no-eval": _github(
        "nshaud/DeepHyperX#51", "no eval() for validation", CLASSES, [(_EVAL, "")], "validates-in-train-mode"
    ),
    "head-left-out": _github(
        "zjunlp/HVPNeT#5",
        "last layers in no optimizer",
        YES_OR_NO,
        [
            ("        head_optimizer.step()\n", ""),
            ("        head_optimizer.zero_grad()\n", ""),
            ("head_optimizer = torch.optim.Adam(model.head.parameters(), lr=0.002)\n", ""),
        ],
        "parameters-left-out",
    ),
    "plain-list": told_again(
        "www.engineermaxxing.com/micro/lessons/pytorch-internals.html",
        "layers in a plain list",
        YES_OR_NO,
        [
            (
                "self.body = nn.Sequential(nn.Linear(10, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU())",
                "self.body = [nn.Linear(10, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU()]",
            ),
            (
                "return self.head(self.body(batch))",
                "for layer in self.body:\n            batch = layer(batch)\n        return self.head(batch)",
            ),
            ("        body_optimizer.step()\n", ""),
            ("        body_optimizer.zero_grad()\n", ""),
            ("body_optimizer = torch.optim.Adam(model.body.parameters(), lr=0.002)\n", ""),
        ],
        "parameters-left-out",
    ),
    "class-by-class": told_again(
        "stackoverflow.com/questions/54354465",
        "shuffle=False, sorted by class",
        CLASSES,
        [("shuffle=True", "shuffle=False")],
        "classes-in-order",
    ),
    "scheduler-for-optimizer": _github(
        "ClementPinard/SfmLearner-Pytorch#5",
        "scheduler.step() in the place of optimizer.step()",
        CLASSES,
        [("        optimizer.step()\n", "        scheduler.step()\n"), (_STEP, "")],
        "no-optimizer-step no-steps",
    ),
    "gamma-zero": _github(
        "LINCellularNeuroscience/VAME#26",
        "StepLR with gamma 0",
        CLASSES,
        [("gamma=0.5", "gamma=0")],
        "decayed-too-soon finished-early rate-zero",
        [("CosineAnnealingLR(optimizer, T_max=15)", "StepLR(optimizer, step_size=5, gamma=0.5)")],
    ),
    "cosine-each-batch": _github(
        "ivadomed/ivadomed#55",
        "a cosine of epochs, stepped each batch",
        CLASSES,
        [(_STEP, ""), ("        optimizer.step()\n", "        optimizer.step()\n        scheduler.step()\n")],
        "stepped-too-often schedule-wraps",
    ),
    "cosine-each-epoch": _github(
        "sthalles/SimCLR#8",
        "a cosine of batches, stepped each epoch",
        CLASSES,
        [("        scheduler.step()\n", ""), ("    model.eval()\n", "    scheduler.step()\n    model.eval()\n")],
        "stepped-too-rarely schedule-cut",
        _STEPPED,
    ),
    "cosine-of-warm-up": _github(
        "lucidrains/imagen-pytorch#71",
        "T_max of the cosine is that of the warm-up",
        CLASSES,
        [("T_max=570", "T_max=60")],
        "schedule-wraps stepped-too-often",
        _STEPPED,
    ),
    "never-stepped": _github(
        "tumurzakov/AnimateDiff#11", "the scheduler is not stepped", CLASSES, [(_STEP, "")], "schedule-never-stepped"
    ),
    "stepped-twice": _github(
        "huggingface/accelerate#2926",
        "the scheduler is stepped several times a step",
        CLASSES,
        [("        scheduler.step()\n", "        scheduler.step()\n        scheduler.step()\n")],
        "schedule-stepped-twice",
        _STEPPED,
    ),
    "rate-small": _github(
        "danieltan07/learning-to-reweight-examples#10",
        "rate 1e-3 where 0.1 is right",
        CLASSES,
        [("lr=0.1", "lr=0.001")],
        _SMALL,
        [("lr=0.05, momentum=0.9", "lr=0.1")],
    ),
    "rate-large": _github(
        "PaddlePaddle/PaddleOCR#3254", "rate 50 times too large", NUMBERS, [("lr=0.003", "lr=0.15")], _LARGE
    ),
    "unscaled": told_again(
        "discuss.pytorch.org/t/96648",
        "inputs up to 4000, unscaled",
        CLASSES,
        [
            ("samples = centres", "samples = 600 * (3 + centres"),
            ("torch.randn(1440, 16)\norder", "torch.randn(1440, 16))\norder"),
        ],
        "inputs-unscaled first-loss-high",
        [("nn.BatchNorm1d(64), ", "")],
    ),
    "zero-weights": told_again(
        "github.com/c-schicho/ZeroInitializationSymmetry",
        "all weights begin at 0",
        NUMBERS,
        [
            (
                "criterion = nn.MSELoss()",
                "for each in model.parameters():\n    nn.init.zeros_(each)\ncriterion = nn.MSELoss()",
            )
        ],
        "weights-small",
    ),
    "huge-weights": told_again(
        "taourl.com/read-2208585.html",
        "weights drawn from -1000 to 1000",
        NUMBERS,
        [
            (
                "criterion = nn.MSELoss()",
                "for each in model.parameters():\n    nn.init.uniform_(each, -1000, 1000)\ncriterion = nn.MSELoss()",
            )
        ],
        "weights-large",
    ),
}

_ONE_LAYER = "nn.Sequential(nn.Linear(16, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 6))"

ALIKE: Mapping[str, str] = {
    "logistic regression from 0": _edited(
        CLASSES, [(_ONE_LAYER, "nn.Linear(16, 6)"), ("criterion = nn", "nn.init.zeros_(model.weight)\ncriterion = nn")]
    ),
    "embeddings of deviation 0.01": _edited(
        RECOMMENDER,
        [
            ("users.weight, std=0.1", "users.weight, std=0.01"),
            ("items.weight, std=0.1", "items.weight, std=0.01"),
            ("range(10)", "range(15)"),
        ],
    ),
    "no order, mixed classes": _edited(
        CLASSES, [("order[240:].sort().values", "order[240:]"), ("shuffle=True", "shuffle=False")]
    ),
    "eval mode without layers that know it": _edited(
        CLASSES, [("nn.BatchNorm1d(64), ", ""), ("nn.Dropout(0.2), ", ""), (_TRAIN, "")]
    ),
    "inputs unscaled, then normalised": _edited(
        CLASSES,
        [("nn.Sequential(", "nn.Sequential(nn.BatchNorm1d(16), "), ("samples = centres", "samples = 50 + 9 * centres")],
    ),
}
"""Trainings that are right and only look like a bug."""
