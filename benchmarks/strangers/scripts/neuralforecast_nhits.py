from neuralforecast import NeuralForecast
from neuralforecast.models import NHITS
from neuralforecast.utils import AirPassengersPanel

model = NHITS(
    h=12,
    input_size=24,
    max_steps=600,
    val_check_steps=50,
    learning_rate=1e-3,
    batch_size=2,
    windows_batch_size=32,
    mlp_units=3 * [[32, 32]],
    random_seed=1,
    accelerator="cpu",
)
nf = NeuralForecast(models=[model], freq="ME")
nf.fit(df=AirPassengersPanel, val_size=12)
