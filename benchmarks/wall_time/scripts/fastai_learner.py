from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from fastai.learner import Learner
from sine_net import EPOCHS, net, train, valid
from torch.nn.functional import mse_loss

loaders = DataLoaders(DataLoader(train, bs=64, shuffle=True, num_workers=0), DataLoader(valid, bs=1024, num_workers=0))
learner = Learner(loaders, net(), loss_func=mse_loss)
learner.fit(EPOCHS, 1e-3)
print("valid_loss", learner.validate()[0])
