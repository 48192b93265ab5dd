from datasets import load_dataset
from peft import LoraConfig, TaskType, get_peft_model
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    Trainer,
    TrainingArguments,
)

tokenizer = AutoTokenizer.from_pretrained("tiny")
texts = load_dataset("texts")
tokens = texts.map(lambda row: tokenizer(row["text"], truncation=True, max_length=48), remove_columns=["text"])
config = LoraConfig(
    task_type=TaskType.CAUSAL_LM, r=8, lora_alpha=16, lora_dropout=0.1, target_modules=["q_proj", "v_proj"]
)
model = get_peft_model(AutoModelForCausalLM.from_pretrained("tiny"), config)
model.print_trainable_parameters()
args = TrainingArguments(
    output_dir="lora",
    num_train_epochs=4,
    per_device_train_batch_size=8,
    learning_rate=2e-4,
    weight_decay=0.01,
    eval_strategy="epoch",
    save_strategy="epoch",
    load_best_model_at_end=True,
    report_to="none",
    use_cpu=True,
)
collator = DataCollatorForLanguageModeling(tokenizer, mlm=False)
Trainer(
    model=model, args=args, train_dataset=tokens["train"], eval_dataset=tokens["test"], data_collator=collator
).train()
