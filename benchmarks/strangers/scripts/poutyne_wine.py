import torch
from poutyne import Model
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import scale

wine = load_wine()
x, y = scale(wine.data).astype("float32"), wine.target.astype("int64")
x_train, x_valid, y_train, y_valid = train_test_split(x, y, test_size=0.3, random_state=0)
network = torch.nn.Sequential(torch.nn.Linear(13, 32), torch.nn.ReLU(), torch.nn.Linear(32, 3))
model = Model(network, "sgd", "cross_entropy", batch_metrics=["accuracy"], device="cpu")
model.fit(x_train, y_train, validation_data=(x_valid, y_valid), epochs=60, batch_size=8)
