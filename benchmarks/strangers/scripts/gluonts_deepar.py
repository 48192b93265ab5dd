import numpy as np
from gluonts.dataset.common import ListDataset
from gluonts.torch import DeepAREstimator

rng, at = np.random.default_rng(0), np.arange(300)
series = [np.sin(at / (3 + i)) + i + 0.1 * rng.normal(size=300) for i in range(10)]
train = ListDataset([{"start": "2020-01-01", "target": each[:-24]} for each in series], freq="D")
valid = ListDataset([{"start": "2020-01-01", "target": each} for each in series], freq="D")
estimator = DeepAREstimator(
    freq="D",
    prediction_length=12,
    context_length=24,
    hidden_size=16,
    lr=1e-3,
    batch_size=16,
    num_batches_per_epoch=40,
    trainer_kwargs={"max_epochs": 12, "accelerator": "cpu"},
)
predictor = estimator.train(train, valid)
