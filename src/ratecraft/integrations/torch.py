"""PyTorch: `ScheduleLR`, a scheduler like any of `torch.optim.lr_scheduler`, for plain loops, Lightning and `Trainer`.

Path:   schedules -> a torch scheduler. It is defined in `training`, which hands it out for tuned tasks, too.

Example:
    >>> import torch
    >>> from ratecraft.integrations.torch import ScheduleLR
    >>> from ratecraft.schedules import bind, cosine, warmup
    >>> optimizer = torch.optim.AdamW([torch.zeros(1, requires_grad=True)], lr=0.5)
    >>> scheduler = ScheduleLR(optimizer, bind(warmup(100) >> cosine(), 10_000))
    >>> scheduler.get_last_lr()
    [0.005]
"""

from ratecraft.training.instrument.schedule_lr import ScheduleLR

__all__ = ["ScheduleLR"]
