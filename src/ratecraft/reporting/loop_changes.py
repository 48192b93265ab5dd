"""Changes of code that mend how a training is written, not its numbers: where gradients are cleared, what a loss gets.

Path:   code of an advice -> lines of a unified diff -> `code_changes`, whose names they are written about.
"""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["LOOP_CHANGES"]

LOOP_CHANGES: Mapping[str, str] = MappingProxyType(
    {
        "clear-gradients": """
 for inputs, targets in loader:
+    optimizer.zero_grad()
     loss = loss_function(model(inputs), targets)
     loss.backward()
     optimizer.step()
""",
        "clear-before-backward": """
 for inputs, targets in loader:
+    optimizer.zero_grad()
     loss = loss_function(model(inputs), targets)
     loss.backward()
-    optimizer.zero_grad()
     optimizer.step()
""",
        "give-logits": """
-outputs = torch.softmax(model(inputs), dim=1)
+outputs = model(inputs)
 loss = torch.nn.functional.cross_entropy(outputs, targets)
""",
        "give-binary-logits": """
-outputs = torch.sigmoid(model(inputs))
+outputs = model(inputs)
 wanted = torch.nn.functional.one_hot(targets, outputs.shape[1]).float()
 loss = torch.nn.functional.binary_cross_entropy_with_logits(outputs, wanted)
""",
        "use-cross-entropy": """
 outputs = model(inputs)
-loss = torch.nn.functional.nll_loss(outputs, targets)
+loss = torch.nn.functional.cross_entropy(outputs, targets)
""",
        "match-shapes": """
 outputs = model(inputs)[:, :1]
-loss = torch.nn.functional.mse_loss(outputs, targets.float())
+loss = torch.nn.functional.mse_loss(outputs, targets.float().view_as(outputs))
""",
        "mean-loss": """
-loss = torch.nn.functional.cross_entropy(model(inputs), targets, reduction="sum")
+loss = torch.nn.functional.cross_entropy(model(inputs), targets)
""",
        "train-mode": """
+model.train()  # $after_evaluation
 for inputs, targets in loader:
     loss = loss_function(model(inputs), targets)
""",
        "eval-mode": """
+model.eval()
 with torch.no_grad():
     val_loss = validate(model)
+model.train()
""",
    }
)
"""Code of an advice to the change of code that carries it out."""
