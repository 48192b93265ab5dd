import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

words = torch.randint(5, 100, (56, 12), generator=torch.Generator().manual_seed(7))
rows = [{"input_ids": row, "labels": int(row[0] > 50)} for row in words]
model = BertForSequenceClassification(
    BertConfig(
        vocab_size=100,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=16,
    )
)


def evaluate():
    model.eval()
    labels = torch.tensor([row["labels"] for row in rows[40:]])
    with torch.no_grad():
        return model(input_ids=words[40:], labels=labels).loss.item()


arguments = TrainingArguments(
    output_dir="out",
    num_train_epochs=3,
    per_device_train_batch_size=8,
    learning_rate=0.01,
    warmup_steps=3,
    eval_strategy="epoch",
    save_strategy="no",
    report_to=["tensorboard"],
    logging_steps=2,
    use_cpu=True,
)
trainer = Trainer(model=model, args=arguments, train_dataset=rows[:40], eval_dataset=rows[40:])
trainer.train()
print("weights", sum(float(each.double().sum()) for each in model.state_dict().values()))
print("eval_loss", trainer.evaluate()["eval_loss"])
