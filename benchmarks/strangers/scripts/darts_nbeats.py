import numpy as np
from darts import TimeSeries
from darts.models import NBEATSModel

rng, at = np.random.default_rng(0), np.arange(400)
series = TimeSeries.from_values((np.sin(at / 7) + at / 400 + 0.1 * rng.normal(size=400)).astype(np.float32))
train, val = series[:300], series[300:]
model = NBEATSModel(
    input_chunk_length=24,
    output_chunk_length=6,
    num_stacks=4,
    num_blocks=1,
    layer_widths=32,
    batch_size=16,
    n_epochs=30,
    random_state=0,
    pl_trainer_kwargs={"accelerator": "cpu"},
)
model.fit(train, val_series=val)
