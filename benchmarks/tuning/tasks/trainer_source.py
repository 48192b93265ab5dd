"""The next letter of source code, a small Llama from scratch in the Trainer of transformers, a warm-up and a cosine."""

import basics
import data
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset
from transformers import LlamaConfig, LlamaForCausalLM, Trainer, TrainingArguments

RATE, STEPS, BATCH = 3e-4, 250, 12
LENGTH = 32


class Windows(Dataset[dict[str, Tensor]]):
    """Pieces of a text as the Trainer takes them."""

    def __init__(self, text: Tensor, most: int | None = None) -> None:
        self.pieces = text.unfold(0, LENGTH, LENGTH)[:most]

    def __len__(self) -> int:
        return len(self.pieces)

    def __getitem__(self, place: int) -> dict[str, Tensor]:
        return {"input_ids": self.pieces[place], "labels": self.pieces[place]}


def build() -> nn.Module:
    """The model, untrained."""
    sizes = {"hidden_size": 32, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 2}
    return LlamaForCausalLM(LlamaConfig(vocab_size=128, max_position_embeddings=LENGTH, use_cache=False, **sizes))


@torch.no_grad()
def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    model.eval()
    held = Windows(data.source()[1], 256)
    loss = model(input_ids=held.pieces, labels=held.pieces).loss.item()
    model.train()
    return loss


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS, own=True)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.rate, weight_decay=0.1)
    schedule = basics.scheduler(optimizer, args.schedule, args.steps, warm_up=args.warm_up, own=basics.warm_cosine)
    Trainer(
        model,
        TrainingArguments(
            output_dir="out",
            max_steps=args.steps,
            per_device_train_batch_size=BATCH,
            per_device_eval_batch_size=256,
            eval_strategy="steps",
            eval_steps=max(1, args.steps // 20),
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            seed=args.seed,
            use_cpu=True,
        ),
        train_dataset=Windows(data.source()[0]),
        eval_dataset=Windows(data.source()[1], 256),
        optimizers=(optimizer, schedule),
    ).train()


if __name__ == "__main__":
    main()
