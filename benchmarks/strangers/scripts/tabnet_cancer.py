import numpy as np
from pytorch_tabnet.tab_model import TabNetClassifier
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

X, y = load_breast_cancer(return_X_y=True)
X = X.astype(np.float32)
X_train, X_valid, y_train, y_valid = train_test_split(X, y, test_size=0.25, random_state=0)

clf = TabNetClassifier(seed=0, device_name="cpu")
clf.fit(
    X_train,
    y_train,
    eval_set=[(X_train, y_train), (X_valid, y_valid)],
    eval_name=["train", "valid"],
    eval_metric=["auc"],
    max_epochs=30,
    patience=30,
    batch_size=32,
    virtual_batch_size=16,
)
print("best", clf.best_cost)
