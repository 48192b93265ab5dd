import torch
from torch import nn
from torch.utils.data import DataLoader
from toy import data, digest, loss_of, net


class Sharpness(torch.optim.Optimizer):
    """Sharpness-aware minimisation around another optimizer: two passes a batch, the second from above the slope."""

    def __init__(self, parameters, base, rho=0.05, **settings):
        super().__init__(parameters, {"rho": rho, **settings})
        self.base = base(self.param_groups, **settings)
        self.param_groups = self.base.param_groups

    @torch.no_grad()
    def first_step(self):
        parameters = [each for group in self.param_groups for each in group["params"] if each.grad is not None]
        norm = torch.stack([each.grad.norm() for each in parameters]).norm()
        for each in parameters:
            self.state[each]["before"] = each.clone()
            each.add_(each.grad * (self.param_groups[0]["rho"] / (norm + 1e-12)))
        self.zero_grad()

    @torch.no_grad()
    def second_step(self):
        for group in self.param_groups:
            for each in group["params"]:
                if "before" in self.state[each]:
                    each.copy_(self.state[each]["before"])
        self.base.step()
        self.zero_grad()

    @torch.no_grad()
    def step(self, closure):
        self.first_step()
        with torch.enable_grad():
            closure()
        self.second_step()


import sys  # noqa: E402 - the wrapper stands first, as in a script that was pasted together

model, valid = net(), data(16, 2)
optimizer = Sharpness(model.parameters(), torch.optim.SGD, lr=0.05, momentum=0.9)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer.base, 4)


def evaluate():
    return loss_of(model, valid)


for _ in range(4):
    for x, y in DataLoader(data(40, 1), batch_size=8, shuffle=True):

        def closure(x=x, y=y):
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            return loss

        if "closure" in sys.argv:
            loss = closure()
            optimizer.step(closure)
        else:
            loss = closure()
            optimizer.first_step()
            closure()
            optimizer.second_step()
    schedule.step()
    print("train", loss.item(), "val_loss", evaluate())
print(digest(model))
