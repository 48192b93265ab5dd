import lightning.pytorch as pl
import numpy as np
import pandas as pd
from pytorch_forecasting import TemporalFusionTransformer, TimeSeriesDataSet
from pytorch_forecasting.metrics import QuantileLoss

rng, at = np.random.default_rng(0), np.arange(120)
frames = [
    pd.DataFrame({"series": str(i), "time_idx": at, "value": np.sin(at / (3 + i)) + i + 0.1 * rng.normal(size=120)})
    for i in range(8)
]
data = pd.concat(frames, ignore_index=True)
training = TimeSeriesDataSet(
    data[data.time_idx <= 100],
    time_idx="time_idx",
    target="value",
    group_ids=["series"],
    max_encoder_length=24,
    max_prediction_length=6,
    time_varying_unknown_reals=["value"],
    time_varying_known_reals=["time_idx"],
)
validation = TimeSeriesDataSet.from_dataset(training, data, min_prediction_idx=101, stop_randomization=True)
train_dataloader = training.to_dataloader(train=True, batch_size=32, num_workers=0)
val_dataloader = validation.to_dataloader(train=False, batch_size=64, num_workers=0)
trainer = pl.Trainer(max_epochs=20, accelerator="cpu", gradient_clip_val=0.1, limit_train_batches=20)
tft = TemporalFusionTransformer.from_dataset(
    training,
    learning_rate=0.003,
    hidden_size=8,
    attention_head_size=1,
    hidden_continuous_size=4,
    loss=QuantileLoss(),
    optimizer="adam",
    reduce_on_plateau_patience=4,
)
trainer.fit(tft, train_dataloaders=train_dataloader, val_dataloaders=val_dataloader)
