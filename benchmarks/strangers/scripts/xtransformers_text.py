import random
from pydoc_data.topics import topics

import torch
import tqdm
from torch.utils.data import DataLoader, Dataset
from x_transformers import Decoder, TransformerWrapper
from x_transformers.autoregressive_wrapper import AutoregressiveWrapper

NUM_BATCHES, BATCH_SIZE, ACCUMULATE, VALIDATE_EVERY, SEQ_LEN = 500, 4, 2, 50, 64
model = TransformerWrapper(
    num_tokens=256, max_seq_len=SEQ_LEN, attn_layers=Decoder(dim=32, depth=2, heads=2, rotary_pos_emb=True)
)
model = AutoregressiveWrapper(model)
data = torch.tensor(list("".join(topics.values()).encode()), dtype=torch.uint8)
data_train, data_val = data[:-40_000], data[-40_000:]


class TextSamplerDataset(Dataset):
    def __init__(self, data):
        self.data = data

    def __getitem__(self, index):
        start = random.randint(0, len(self.data) - SEQ_LEN - 2)
        return self.data[start : start + SEQ_LEN + 1].long()

    def __len__(self):
        return len(self.data) // SEQ_LEN


def cycle(loader):
    while True:
        yield from loader


train_loader = cycle(DataLoader(TextSamplerDataset(data_train), batch_size=BATCH_SIZE, drop_last=True))
val_loader = cycle(DataLoader(TextSamplerDataset(data_val), batch_size=BATCH_SIZE, drop_last=True))
optim = torch.optim.Adam(model.parameters(), lr=1e-4)
for i in tqdm.tqdm(range(NUM_BATCHES), mininterval=10.0, desc="training"):
    model.train()
    for _ in range(ACCUMULATE):
        loss = model(next(train_loader))
        (loss / ACCUMULATE).backward()
    print(f"training loss: {loss.item()}")
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
    optim.step()
    optim.zero_grad()
    if i % VALIDATE_EVERY == 0:
        model.eval()
        with torch.no_grad():
            print(f"validation loss: {model(next(val_loader)).item()}")
