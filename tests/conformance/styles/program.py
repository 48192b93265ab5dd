import argparse
import csv

import torch
from torch import nn
from torch.utils.data import DataLoader
from toy import data, digest, loss_of, net

valid = data(16, 2)
model = net()


def evaluate():
    return loss_of(model, valid)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--context", default=None)
    arguments = parser.parse_args()
    loader = DataLoader(
        data(40, 1),
        batch_size=8,
        shuffle=True,
        num_workers=arguments.workers,
        persistent_workers=arguments.workers > 0,
        multiprocessing_context=arguments.context,
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    best = float("inf")
    with open("log.csv", "w", newline="") as file:  # noqa: PTH123
        log = csv.writer(file)
        log.writerow(["epoch", "val_loss"])
        for epoch in range(arguments.epochs):
            for x, y in loader:
                optimizer.zero_grad()
                nn.functional.mse_loss(model(x), y).backward()
                optimizer.step()
            loss = evaluate()
            log.writerow([epoch, loss])
            print("Epoch", epoch, "Validation Loss:", loss)
            if loss < best:
                best = loss
                torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, "best.pt")
    print(digest(model))


if __name__ == "__main__":
    main()
