import numpy as np
from sklearn.datasets import load_digits
from skorch import NeuralNetClassifier
from torch import nn

X, y = load_digits(return_X_y=True)
X, y = (X / 16).astype(np.float32), y.astype(np.int64)


class MyModule(nn.Module):
    def __init__(self, num_units=64, dropout=0.2):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(64, num_units), nn.ReLU(), nn.Dropout(dropout), nn.Linear(num_units, 10), nn.Softmax(dim=-1)
        )

    def forward(self, X):
        return self.layers(X)


net = NeuralNetClassifier(MyModule, max_epochs=40, lr=0.01, batch_size=32, iterator_train__shuffle=True)
net.fit(X, y)
