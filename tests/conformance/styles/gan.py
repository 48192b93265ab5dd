import argparse

import torch
from torch import nn
from toy import data, digest, net

parser = argparse.ArgumentParser()
parser.add_argument("--critic-steps", type=int, default=1)
critic_steps = parser.parse_args().critic_steps
real = data(64, 1).tensors[0]
maker, critic = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 4)), net()
maker_optimizer = torch.optim.Adam(maker.parameters(), lr=0.002, betas=(0.5, 0.999))
critic_optimizer = torch.optim.Adam(critic.parameters(), lr=0.008, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()


@torch.no_grad()
def evaluate():
    critic.eval()
    drawn = maker(torch.linspace(-1, 1, 32).reshape(16, 2))
    loss = (drawn.mean(0) - real.mean(0)).square().sum().item() + critic(real).mean().item()
    critic.train()
    return loss


for iteration in range(1, 25):
    for _ in range(critic_steps):
        chosen = real[torch.randint(64, (8,))]
        drawn = maker(torch.randn(8, 2)).detach()
        critic_optimizer.zero_grad()
        loss = bce(critic(chosen), torch.ones(8, 1)) + bce(critic(drawn), torch.zeros(8, 1))
        loss.backward()
        critic_optimizer.step()
    maker_optimizer.zero_grad()
    bce(critic(maker(torch.randn(8, 2))), torch.ones(8, 1)).backward()
    maker_optimizer.step()
    if iteration % 6 == 0:
        print("iteration", iteration, "val_loss", evaluate())
print(digest(maker, critic))
