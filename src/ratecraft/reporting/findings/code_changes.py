"""Changes of a training's code that follow an advice, as lines of a unified diff: data, one text for each advice.

Path:   `Advice` -> the text of its code, filled with its numbers -> `applying`.
Units:  rates are absolute, lengths are optimizer steps.

The texts use the names of PyTorch's own examples: `model`, `optimizer`, `scheduler`, `loss`, `loss_function`, `loader`,
`inputs`, `targets`. Where a line of code cannot fix the fault, it helps to look into it.
"""

from collections.abc import Iterator, Mapping
from string import Template
from types import MappingProxyType

from ratecraft.diagnosis.finding import Advice, Evidence
from ratecraft.reporting.findings.loop_changes import LOOP_CHANGES
from ratecraft.translations.catalogue import rate_text, sentence


def code_change(advice: Advice, language: str = "en") -> tuple[str, ...]:
    """The lines of a diff that follow an advice; empty if only a command can.

    Args:
        advice: The advice.
        language: Language of the comments.

    Example:
        >>> print(*code_change(Advice("clip-usual", {"norm": 1.0})), sep=chr(10))
         loss.backward()
        +torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
         optimizer.step()
    """
    text = _CHANGES.get(advice.code)
    if text is None:
        return ()
    values = dict(_numbers(advice.values))
    said = {name: key for name in Template(text).get_identifiers() if (key := name.replace("_", "-")) in COMMENTS}
    comments = {name: sentence(f"screen.comment.{key}", language, values) for name, key in said.items()}
    return tuple(Template(text).substitute(values | comments).strip("\n").split("\n"))


COMMENTS = frozenset(
    {
        *(
            "after-optimizer",
            "after-optimizer-head",
            "after-each-optimizer",
            "after-model",
            "after-it",
            "after-evaluation",
            "before-training",
            "before-epochs",
        ),
        *("instead", "in-place", "decay-where-none", "left-out", "checkpoint-before", "same-rate", "before-tanh"),
    }
)
"""Keys of the comments in the texts: `$after_optimizer` stands for `screen.comment.after-optimizer`."""

_RATES = frozenset({"rate", "before", "head", "decay"})
_COUNTS = frozenset({"step", "steps", "patience"})


def _numbers(values: Evidence) -> Iterator[tuple[str, str]]:
    """The numbers of an advice as Python writes them, and values derived from two of them."""
    for name, value in values.items():
        number = float(value)
        if name in _RATES:
            yield name, rate_text(number)
        elif name in _COUNTS:
            yield name, str(int(number))
        else:
            yield name, repr(number) if name == "norm" else f"{number:g}"
    if "before" in values:
        yield "ratio", f"{float(values['rate']) / float(values['before']):.4g}"
    if "share" in values:
        yield "whole", str(round(float(values["steps"]) / float(values["share"])))


_RATE = """
+for group in optimizer.param_groups:  # $after_each_optimizer
+    group["lr"] *= $ratio  # $instead
"""
_CLIP = """
 loss.backward()
+torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=$norm)
 optimizer.step()
"""
_SCHEDULE = """
+scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=$steps)  # $in_place
 for inputs, targets in loader:
     ...
     optimizer.step()
+    scheduler.step()
"""
_MULTIPLIED = """
+for group in optimizer.param_groups:  # $after_each_optimizer
+    group["lr"] *= $factor
"""
_BODY_HEAD = """
+head = list(model.head.parameters())  # $after_optimizer_head
+known = {id(each) for each in head}
+body = optimizer.param_groups[0]
+body["params"] = [each for each in body["params"] if id(each) not in known]
"""

_CHANGES: Mapping[str, str] = MappingProxyType(
    {
        **LOOP_CHANGES,
        "set-rate": _RATE,
        "raise-rate": _RATE,
        "divide-rate": """
+for group in optimizer.param_groups:  # $after_each_optimizer
+    group["lr"] /= $factor
""",
        "multiply-rate": _MULTIPLIED,
        "raise-further": _MULTIPLIED,
        "usual-rate": """
+for group in optimizer.param_groups:  # $after_optimizer
+    group["lr"] = $rate
""",
        "split-rates": _BODY_HEAD
        + """\
+optimizer.add_param_group({"params": head, "lr": body["lr"]})
+body["lr"] /= $factor
""",
        "body-rate": _BODY_HEAD
        + """\
+optimizer.add_param_group({"params": head, "lr": $head})
+body["lr"] = $rate
""",
        "clip": _CLIP,
        "clip-usual": _CLIP,
        "loosen-clip": """
-torch.nn.utils.clip_grad_norm_(...)
+torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=$norm)
 optimizer.step()
""",
        "lower-decay": """
+for group in optimizer.param_groups:  # $after_optimizer
+    if group["weight_decay"]:
+        group["weight_decay"] = $decay
""",
        "regularise": """
+for group in optimizer.param_groups:  # $after_optimizer
+    group["weight_decay"] = 3 * group["weight_decay"] or 1e-4  # $decay_where_none
+for module in model.modules():
+    if isinstance(module, torch.nn.Dropout):
+        module.p = min(module.p + 0.1, 0.9)
""",
        "warm-up": """
+warmed_up = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / $steps))
 for inputs, targets in loader:
     ...
     optimizer.step()
+    warmed_up.step()
""",
        "cool-down": """
+cooled = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, max(0.0, ($whole - step) / $steps)))
 for inputs, targets in loader:
     ...
     optimizer.step()
+    cooled.step()
""",
        "lengthen-schedule": _SCHEDULE,
        "schedule-in-steps": _SCHEDULE,
        "shorten": _SCHEDULE
        + """\
+    if scheduler.last_epoch >= $steps:
+        break
""",
        "more-steps": """
+from itertools import chain, islice, repeat
+scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=$steps)  # $in_place
-for inputs, targets in loader:
+for inputs, targets in islice(chain.from_iterable(repeat(loader)), $steps):
     ...
     optimizer.step()
+    scheduler.step()
""",
        "step-every-step": """
     optimizer.step()
+    scheduler.step()
""",
        "step-when-stepped": """
+scale = scaler.get_scale()
 scaler.step(optimizer)
 scaler.update()
-scheduler.step()
+if scaler.get_scale() >= scale:  # $left_out
+    scheduler.step()
""",
        "reduce-on-plateau": """
+plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
+    optimizer, factor=$factor, patience=$patience, threshold=$threshold, threshold_mode="abs"
+)
 val_loss = validate(model)
+plateau.step(val_loss)
""",
        "stop-at": """
+best, bad = float("inf"), 0
 val_loss = validate(model)
+if val_loss < best:
+    best, bad = val_loss, 0
+    torch.save(model.state_dict(), "best.pt")
+else:
+    bad += 1
+if bad > $patience:
+    break
""",
        "stop-run": """
+step = 0  # $before_epochs
 for inputs, targets in loader:
+    if step >= $step:
+        break
+    step += 1
     ...
     optimizer.step()
""",
        "go-back": """
+checkpoint = torch.load("checkpoint.pt", weights_only=True)  # $checkpoint_before
+model.load_state_dict(checkpoint["model"])
+optimizer.load_state_dict(checkpoint["optimizer"])
""",
        "load-optimizer": """
 torch.save({
     "model": model.state_dict(),
+    "optimizer": optimizer.state_dict(),
 }, "checkpoint.pt")
 checkpoint = torch.load("checkpoint.pt", weights_only=True)
+optimizer.load_state_dict(checkpoint["optimizer"])
""",
        "load-scheduler": """
 torch.save({
     "model": model.state_dict(),
+    "scheduler": scheduler.state_dict(),
 }, "checkpoint.pt")
 checkpoint = torch.load("checkpoint.pt", weights_only=True)
+scheduler.load_state_dict(checkpoint["scheduler"])
+print(f"rate: {scheduler.get_last_lr()[0]}")  # $same_rate
""",
        "start-again": """
+for module in model.modules():  # $after_model
+    if hasattr(module, "reset_parameters"):
+        module.reset_parameters()
""",
        "initialise": """
+for module in model.modules():  # $before_training
+    if isinstance(module, (torch.nn.Linear, torch.nn.Conv1d, torch.nn.Conv2d)):
+        torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")  # $before_tanh
+        if module.bias is not None:
+            torch.nn.init.zeros_(module.bias)
""",
        "standardise": """
+mean, deviation = train_inputs.mean(0), train_inputs.std(0)
+deviation = torch.where(deviation > 0, deviation, torch.ones_like(deviation))
 for inputs, targets in loader:
+    inputs = (inputs - mean) / deviation
     loss = loss_function(model(inputs), targets)
""",
        "give-to-optimizer": """
+known = {id(each) for group in optimizer.param_groups for each in group["params"]}  # $after_it
+optimizer.add_param_group({"params": [each for each in model.parameters() if id(each) not in known]})
""",
        "other-optimizer": """
-optimizer = torch.optim.Adagrad(...)
+optimizer = torch.optim.Adam(model.parameters())
""",
        "full-precision": """
-with torch.autocast(...):
+with torch.autocast(inputs.device.type, dtype=torch.bfloat16):
     loss = loss_function(model(inputs), targets)
""",
        "look-at-batch": """
+step = 0  # $before_epochs
 for inputs, targets in loader:
+    if step == $step:
+        print(f"inputs {inputs.min()} to {inputs.max()}, targets {targets.min()} to {targets.max()}")
+        torch.save((inputs, targets), "batch.pt")
+    step += 1
     loss = loss_function(model(inputs), targets)
""",
        "look-at-graph": """
 loss.backward()
+for name, parameter in model.named_parameters():
+    if parameter.grad is None or not parameter.grad.any():
+        print(f"{name}: no gradient, requires_grad={parameter.requires_grad}")
""",
        "look-at-inputs": """
+inputs, targets = next(iter(loader))  # $before_training
+print(f"inputs: mean {inputs.float().mean():.3g}, deviation {inputs.float().std():.3g}")
""",
        "look-at-labels": """
+inputs, targets = next(iter(validation_loader))  # $before_training
+for sample, label in zip(inputs[:20], targets[:20]):
+    print(label, sample)
""",
        "keep-pairs": """
+order = torch.randperm(len(inputs))
+inputs, targets = inputs[order], targets[order]
""",
        "look-at-loss": """
 outputs = model(inputs)
 loss = loss_function(outputs, targets)
+for output, target in zip(outputs[:4], targets[:4]):
+    print(output, target, loss_function(output[None], target[None]).item())
""",
        "look-at-validation": """
+model.eval()
+with torch.no_grad():
+    for inputs, targets in loader:
+        print(f"training data: loss {loss_function(model(inputs), targets):.3g}")
+model.train()
""",
        "one-batch": """
+from copy import deepcopy  # $before_training
+inputs, targets = next(iter(loader))
+for rate in (factor * optimizer.param_groups[0]["lr"] for factor in (0.1, 1, 10)):
+    copied = deepcopy(model)
+    tried = type(optimizer)(copied.parameters(), lr=rate)
+    for step in range(200):
+        tried.zero_grad()
+        loss = loss_function(copied(inputs[:32]), targets[:32])
+        loss.backward()
+        tried.step()
+    print(f"rate {rate:.3g}: loss {loss.item():.3g} on one batch")
""",
    }
)
"""Code of an advice to the change of code that follows it."""
