"""Changes of code that fix how a training is written rather than its numbers: clearing gradients, inputs of a loss.

Path:   code of an advice -> lines of a unified diff -> `code_changes`; they use the same names.
"""

from collections.abc import Mapping
from types import MappingProxyType

LOOP_CHANGES: Mapping[str, str] = MappingProxyType(
    {
        "clear-gradients": """
 for inputs, targets in loader:
+    optimizer.zero_grad()
     loss = loss_function(model(inputs), targets)
     loss.backward()
     optimizer.step()
""",
        "step-optimizer": """
 loss.backward()
+optimizer.step()
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
        "binary-loss": """
 outputs = model(inputs)[:, :1]
-loss = torch.nn.functional.cross_entropy(outputs, targets.float().view_as(outputs))
+loss = torch.nn.functional.binary_cross_entropy_with_logits(outputs, targets.float().view_as(outputs))
""",
        "binary-for-each": """
 outputs = model(inputs)
 wanted = torch.nn.functional.one_hot(targets, outputs.shape[1]).float()
-loss = torch.nn.functional.cross_entropy(outputs, wanted)
+loss = torch.nn.functional.binary_cross_entropy_with_logits(outputs, wanted)
""",
        "drop-last-relu": """
-outputs = torch.relu(model(inputs))
+outputs = model(inputs)
 loss = loss_function(outputs, targets)
""",
        "unbound-outputs": """
-outputs = torch.sigmoid(model(inputs))[:, 0]
+outputs = model(inputs)[:, 0]
 loss = torch.nn.functional.mse_loss(outputs, targets.float())
""",
        "zero-and-one": """
+targets = (targets == 1).long()
 outputs = model(inputs)[:, 0]
 loss = torch.nn.functional.binary_cross_entropy_with_logits(outputs, targets.float())
""",
        "add-activation": """
-model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Linear(8, 2))
+model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
""",
        "pass-gradients": """
-model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Sigmoid(), torch.nn.Linear(8, 2))
+model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
""",
        "drop-less": """
-model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Dropout(0.8), torch.nn.Linear(8, 2))
+model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Dropout(0.2), torch.nn.Linear(8, 2))
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
        "train-this-model": """
+optimizer = type(optimizer)(model.parameters(), lr=optimizer.param_groups[0]["lr"])  # $after_model
""",
        "iterate-loader": """
-for step in range(steps):
-    inputs, targets = next(iter(loader))
+for inputs, targets in loader:
     loss = loss_function(model(inputs), targets)
""",
        "shuffle": """
 train_set = torch.utils.data.TensorDataset(train_inputs, train_targets)
-loader = torch.utils.data.DataLoader(train_set, batch_size=4)
+loader = torch.utils.data.DataLoader(train_set, batch_size=4, shuffle=True)
""",
        "step-everywhere": """
-if torch.distributed.get_rank() == 0:
-    optimizer.step()
+optimizer.step()
""",
        "begin-alike": """
+for tensor in model.state_dict().values():  # $before_training
+    torch.distributed.broadcast(tensor, 0)
""",
        "wrap-the-whole": """
-model.body = torch.nn.parallel.DistributedDataParallel(model.body)
+model = torch.nn.parallel.DistributedDataParallel(model)
""",
        "wrap-the-model": """
+model = torch.nn.parallel.DistributedDataParallel(model)  # $after_model
""",
        "divide-the-data": """
 train_set = torch.utils.data.TensorDataset(train_inputs, train_targets)
-loader = torch.utils.data.DataLoader(train_set, batch_size=4, shuffle=True)
+sampler = torch.utils.data.DistributedSampler(train_set)
+loader = torch.utils.data.DataLoader(train_set, batch_size=4, sampler=sampler)
""",
        "set-epoch": """
 for epoch in range(epochs):
+    sampler.set_epoch(epoch)
     for inputs, targets in loader:
         ...
""",
        "find-unused": """
-model = torch.nn.parallel.DistributedDataParallel(model)
+model = torch.nn.parallel.DistributedDataParallel(model, find_unused_parameters=True)
""",
        "step-scheduler": """
 optimizer.step()
+scheduler.step()
""",
        "schedule-this-optimizer": """
-scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=30)
 optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
+scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=30)
""",
        "step-once": """
 optimizer.step()
-scheduler.step()
-scheduler.step()
+scheduler.step()
""",
    }
)
"""Code of an advice to the change of code that follows it."""
