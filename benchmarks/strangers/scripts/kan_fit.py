import torch
from kan import KAN, create_dataset

model = KAN(width=[2, 3, 1], grid=3, k=3, seed=0, auto_save=False)
dataset = create_dataset(lambda x: torch.exp(torch.sin(torch.pi * x[:, [0]]) + x[:, [1]] ** 2), n_var=2, train_num=500)
results = model.fit(dataset, opt="Adam", lr=1e-3, steps=500, lamb=0.0, update_grid=False)
print("test_loss", float(results["test_loss"][-1]))
