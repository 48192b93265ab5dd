import numpy as np
import torch
from sklearn.datasets import load_digits
from transformers import Trainer, TrainingArguments, ViTConfig, ViTForImageClassification

digits = load_digits()
pixels = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
rows = [{"pixel_values": image, "labels": int(label)} for image, label in zip(pixels, digits.target)]
config = ViTConfig(
    image_size=8,
    patch_size=2,
    num_channels=1,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=64,
    num_labels=10,
)


def compute_metrics(eval_pred):
    logits, labels = eval_pred
    return {"accuracy": float((np.argmax(logits, axis=-1) == labels).mean())}


trainer = Trainer(
    model=ViTForImageClassification(config),
    args=TrainingArguments(
        output_dir="vit-digits",
        num_train_epochs=8,
        per_device_train_batch_size=16,
        per_device_eval_batch_size=64,
        learning_rate=5e-5,
        eval_strategy="steps",
        eval_steps=150,
        logging_steps=50,
        report_to="none",
        use_cpu=True,
    ),
    train_dataset=rows[:1437],
    eval_dataset=rows[1437:],
    compute_metrics=compute_metrics,
)
trainer.train()
print(trainer.evaluate())
