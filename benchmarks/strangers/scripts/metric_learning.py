import torch
from pytorch_metric_learning import distances, losses, miners, reducers
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset, random_split

digits = load_digits()
data = TensorDataset(torch.tensor(digits.data, dtype=torch.float32) / 16, torch.tensor(digits.target))
train_set, test_set = random_split(data, [1437, 360], generator=torch.Generator().manual_seed(0))
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16))
optimizer = optim.Adam(model.parameters(), lr=0.0003)
distance, reducer = distances.CosineSimilarity(), reducers.ThresholdReducer(low=0)
loss_func = losses.TripletMarginLoss(margin=0.2, distance=distance, reducer=reducer)
mining_func = miners.TripletMarginMiner(margin=0.2, distance=distance, type_of_triplets="semihard")
accuracy_calculator = AccuracyCalculator(include=("precision_at_1",), k=1, knn_func=None)


def train(epoch):
    model.train()
    for batch_idx, (images, labels) in enumerate(train_loader):
        optimizer.zero_grad()
        embeddings = model(images)
        indices_tuple = mining_func(embeddings, labels)
        loss = loss_func(embeddings, labels, indices_tuple)
        loss.backward()
        optimizer.step()
        if batch_idx % 20 == 0:
            print(
                f"Epoch {epoch} Iteration {batch_idx}: Loss = {loss}, Number of mined triplets = {mining_func.num_triplets}"
            )


@torch.no_grad()
def test():
    model.eval()
    embed = lambda part: (model(torch.stack([x for x, _ in part])), torch.stack([y for _, y in part]))
    (train_x, train_y), (test_x, test_y) = embed(train_set), embed(test_set)
    nearest = torch.cdist(test_x, train_x).argmin(dim=1)
    print(f"Test set accuracy (Precision@1) = {(train_y[nearest] == test_y).float().mean().item()}")


for epoch in range(1, 16):
    train(epoch)
    test()
