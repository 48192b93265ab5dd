"""Whether a review is a great one, a small BERT from scratch in the Trainer of transformers, at its own rate."""

import basics
import texts
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

RATE, STEPS, BATCH = 5e-5, 300, 16


class Reviews(Dataset[dict[str, Tensor]]):
    """Reviews as the Trainer takes them."""

    def __init__(self, tokens: Tensor, labels: Tensor) -> None:
        self.tokens, self.labels = tokens[:, :24], labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, place: int) -> dict[str, Tensor]:
        tokens = self.tokens[place]
        return {"input_ids": tokens, "attention_mask": (tokens > 0).long(), "labels": self.labels[place]}


def build() -> nn.Module:
    """The model, untrained."""
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    return BertForSequenceClassification(BertConfig(vocab_size=7826, max_position_embeddings=24, **sizes))


@torch.no_grad()
def evaluate(model: nn.Module) -> float:
    """The loss on what validates."""
    model.eval()
    held = Reviews(*texts.reviews()[2:4])
    loss = model(input_ids=held.tokens, attention_mask=(held.tokens > 0).long(), labels=held.labels).loss.item()
    model.train()
    return loss


def main() -> None:
    """Train, and validate now and then."""
    args = basics.arguments(__doc__, rate=RATE, steps=STEPS, own=True)
    torch.manual_seed(args.seed)
    model = build()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.rate)
    schedule = basics.scheduler(optimizer, args.schedule, args.steps, warm_up=args.warm_up, own=basics.falling)
    parts = texts.reviews()
    Trainer(
        model,
        TrainingArguments(
            output_dir="out",
            max_steps=args.steps,
            per_device_train_batch_size=BATCH,
            per_device_eval_batch_size=200,
            eval_strategy="steps",
            eval_steps=max(1, args.steps // 20),
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            seed=args.seed,
            use_cpu=True,
        ),
        train_dataset=Reviews(*parts[:2]),
        eval_dataset=Reviews(*parts[2:4]),
        optimizers=(optimizer, schedule),
    ).train()


if __name__ == "__main__":
    main()
