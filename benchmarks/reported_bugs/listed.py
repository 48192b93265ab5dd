"""Faults of published lists, each told again as one small script beside its mended twin (`README.md`, "Others' lists").

The lists are DeepLocalize's thirty posts of Stack Overflow (ICSE 2021), the checks of UMLAUT (CHI 2021), the rules of
NeuraLint (TOSEM 2022) and the five problems of AUTOTRAINER (ICSE 2021). All of them are of Keras or TensorFlow, so a
case is the same pattern as PyTorch has it; what their frameworks let pass and PyTorch refuses is not here. A case
without codes is one that no finding names: what is said of it should be nothing, or a true symptom.
"""

from collections.abc import Mapping

from mended_scripts import CLASSES, NUMBERS, YES_OR_NO
from reported import Case, Edit, told_again

__all__ = ["LISTED"]

_POST = "stackoverflow.com/questions/"
_UMLAUT, _NEURALINT = "doi.org/10.1145/3411764.3445538", "doi.org/10.1145/3470006"
_AUTOTRAINER = "doi.org/10.1109/ICSE43902.2021.00043"
_LAYERS = "nn.Sequential(nn.Linear(16, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 6))"
_HEAD = "return self.head(self.body(batch))"
_ONE_TAG: list[Edit] = [("torch.randn(10, 3)", "torch.randn(10, 1)"), ("1400, 3", "1400, 1"), ("(48, 3)", "(48, 1)")]
_PLAIN: list[Edit] = [("nn.BatchNorm1d(64), ", ""), ("manual_seed(0)", "manual_seed(1)")]
_DEEP = "nn.Sequential(nn.Linear(16, 64), {between}nn.Linear(64, 6))"


def _deep(activation: str, layers: int) -> str:
    between = f"{activation}, " + f"nn.Linear(64, 64), {activation}, " * layers
    return _DEEP.format(between=between)


LISTED: Mapping[str, Case] = {
    "softmax-of-one": told_again(
        _POST + "34311586",
        "a softmax of the one output",
        YES_OR_NO,
        [("nn.BCEWithLogitsLoss()", "nn.BCELoss()"), (_HEAD, "return self.head(self.body(batch)).softmax(1)")],
        "one-choice",
        _ONE_TAG,
    ),
    "relu-last-binary": told_again(
        _POST + "44066044",
        "a ReLU behind the last layer, two classes",
        YES_OR_NO,
        [(_HEAD, "return torch.relu(self.head(self.body(batch)))")],
        "relu-before-loss",
    ),
    "relu-last": told_again(
        _POST + "47352366",
        "a ReLU behind the last layer, six classes",
        CLASSES,
        [("nn.Linear(64, 6))", "nn.Linear(64, 6), nn.ReLU())")],
        "relu-before-loss",
        _PLAIN,
    ),
    "sigmoid-last": told_again(
        _POST + "59278771",
        "a sigmoid behind the last layer, six classes",
        CLASSES,
        [("nn.Linear(64, 6))", "nn.Linear(64, 6), nn.Sigmoid())")],
        "softmax-before-loss",
    ),
    "sigmoid-for-numbers": told_again(
        _POST + "48221692",
        "a sigmoid behind the last layer of a regression",
        NUMBERS,
        [("nn.Linear(64, 1))", "nn.Linear(64, 1), nn.Sigmoid())")],
        "targets-out-of-reach",
    ),
    "classes-one-and-two": told_again(
        _POST + "50306988",
        "two classes named 1 and 2",
        YES_OR_NO,
        [("> 0.8).float()", "> 0.8).float() + 1")],
        "targets-not-binary",
        _ONE_TAG,
    ),
    "one-of-several": told_again(
        _POST + "44164749",
        "a softmax where several tags may be right",
        YES_OR_NO,
        [("criterion = nn.BCEWithLogitsLoss()", "criterion = nn.CrossEntropyLoss()")],
        "one-of-several",
    ),
    "squared-for-classes": told_again(
        _POST + "48385830",
        "a squared loss of a sigmoid, classes",
        CLASSES,
        [
            ("nn.Linear(64, 6))", "nn.Linear(64, 6), nn.Sigmoid())"),
            ("criterion(outputs, targets)", "nn.functional.mse_loss(outputs, torch.eye(6)[targets])"),
        ],
        "",
    ),
    "targets-shuffled": told_again(
        _POST + "39217567",
        "targets shuffled without their inputs",
        NUMBERS,
        [("train_loader =", "targets[:1000] = targets[:1000][torch.randperm(1000)]\ntrain_loader =")],
        "validation-at-chance",
    ),
    "no-activation": told_again(
        _UMLAUT,
        "no activation between layers",
        NUMBERS,
        [("nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)", "nn.Linear(64, 64), nn.Linear(64, 1)")],
        "layers-linear",
    ),
    "no-log-softmax": told_again(
        _UMLAUT,
        "no softmax before a loss that needs it",
        CLASSES,
        [("criterion(outputs, targets)", "nn.functional.nll_loss(outputs, targets)")],
        "not-log-probabilities",
    ),
    "high-dropout": told_again(
        _UMLAUT,
        "dropout of 0.8 behind each layer",
        CLASSES,
        [("nn.Dropout(0.2)", "nn.Dropout(0.8), nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.8)")],
        "",
        [("nn.Dropout(0.2)", "nn.Dropout(0.2), nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.2)")],
    ),
    "nan-in-inputs": told_again(
        _UMLAUT,
        "a NaN among the inputs",
        CLASSES,
        [("order = torch.randperm", "samples[7, 3] = float('nan')\norder = torch.randperm")],
        "non-finite non-finite-at-once",
        [("nn.BatchNorm1d(64), ", "")],
    ),
    "constant-weights": told_again(
        _NEURALINT,
        "all weights begin at one value",
        NUMBERS,
        [
            (
                "criterion = nn.MSELoss()",
                "for each in model.parameters():\n    nn.init.constant_(each, 0.1)\ncriterion = nn.MSELoss()",
            )
        ],
        "weights-small",
    ),
    "no-step": told_again(
        _NEURALINT,
        "the parameters are never updated",
        NUMBERS,
        [("        optimizer.step()\n", "")],
        "no-optimizer-step no-steps",
    ),
    "gradient-vanishes": told_again(
        _AUTOTRAINER,
        "twelve layers of sigmoids",
        CLASSES,
        [(_LAYERS, _deep("nn.Sigmoid()", 11))],
        "gradients-vanish",
    ),
    "gradient-explodes": told_again(
        _AUTOTRAINER,
        "twelve layers whose weights begin large",
        CLASSES,
        [("criterion = nn", "for each in model[::2]:\n    nn.init.normal_(each.weight, std=0.5)\ncriterion = nn")],
        "weights-large non-finite non-finite-after-growth non-finite-at-once first-loss-high",
        [(_LAYERS, _deep("nn.ReLU()", 11)), ("lr=0.05", "lr=0.01")],
    ),
    "units-die": told_again(
        _AUTOTRAINER,
        "ReLU units that a large rate has killed",
        CLASSES,
        [("lr=0.05", "lr=2")],
        "units-died collapsed collapsed-at-once diverged rate-far-above too-large-noise lower-rate-wins",
        [(_LAYERS, _deep("nn.ReLU()", 2))],
    ),
    "loss-oscillates": told_again(
        _AUTOTRAINER,
        "a loss that oscillates, for the rate",
        NUMBERS,
        [("lr=0.01, momentum", "lr=0.12, momentum")],
        "too-large-noise zigzag diverged collapsed collapsed-at-once rate-far-above lower-rate-wins spikes",
        [("Adam(model.parameters(), lr=0.003)", "SGD(model.parameters(), lr=0.01, momentum=0.9)")],
    ),
    "converges-slowly": told_again(
        _AUTOTRAINER,
        "accuracy that barely grows, for the rate",
        CLASSES,
        [("lr=0.05", "lr=0.0002")],
        "too-small creeping stuck updates-small rate-far-below still-learning higher-rate-wins",
    ),
}
