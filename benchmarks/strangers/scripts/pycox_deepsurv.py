import numpy as np
import torchtuples as tt
from pycox.models import CoxPH
from sklearn.datasets import load_diabetes

x, risk = load_diabetes(return_X_y=True)
x, risk = np.tile(x, (4, 1)).astype("float32") * 20, np.tile(risk, 4)
rng = np.random.default_rng(0)
durations, censored = rng.exponential(300 / risk).astype("float32"), rng.exponential(4, len(risk)).astype("float32")
y = np.minimum(durations, censored), (durations <= censored).astype("float32")
train, val = (x[:1300], (y[0][:1300], y[1][:1300])), (x[1300:], (y[0][1300:], y[1][1300:]))
net = tt.practical.MLPVanilla(10, [32, 32], 1, batch_norm=True, dropout=0.1, output_bias=False)
model = CoxPH(net, tt.optim.Adam(0.01))
log = model.fit(*train, batch_size=64, epochs=30, callbacks=[tt.callbacks.EarlyStopping(patience=40)], val_data=val)
