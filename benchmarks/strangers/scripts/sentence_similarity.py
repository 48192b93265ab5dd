from pydoc_data.topics import topics

from datasets import Dataset
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
    models,
)
from sentence_transformers.losses import MultipleNegativesRankingLoss
from tokenizers import Tokenizer, pre_tokenizers, trainers
from tokenizers import models as token_models
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

lines = [" ".join(line.split()) for text in topics.values() for line in text.split(". ") if len(line.split()) > 12][
    :1800
]
bare = Tokenizer(token_models.WordLevel(unk_token="[UNK]"))
bare.pre_tokenizer = pre_tokenizers.Whitespace()
bare.train_from_iterator(
    lines, trainers.WordLevelTrainer(vocab_size=2000, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
)
PreTrainedTokenizerFast(
    tokenizer_object=bare, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
).save_pretrained("tiny")
BertModel(
    BertConfig(vocab_size=2000, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64)
).save_pretrained("tiny")

halves = [
    (" ".join(line.split()[: len(line.split()) // 2]), " ".join(line.split()[len(line.split()) // 2 :]))
    for line in lines
]
train = Dataset.from_dict({"anchor": [a for a, _ in halves[:-200]], "positive": [b for _, b in halves[:-200]]})
held = Dataset.from_dict({"anchor": [a for a, _ in halves[-200:]], "positive": [b for _, b in halves[-200:]]})
body = models.Transformer("tiny", max_seq_length=24)
model = SentenceTransformer(modules=[body, models.Pooling(32)], device="cpu")
args = SentenceTransformerTrainingArguments(
    output_dir="out",
    num_train_epochs=6,
    per_device_train_batch_size=16,
    learning_rate=2e-5,
    warmup_ratio=0.1,
    eval_strategy="epoch",
    save_strategy="no",
    logging_steps=50,
    report_to="none",
    use_cpu=True,
)
SentenceTransformerTrainer(
    model=model, args=args, train_dataset=train, eval_dataset=held, loss=MultipleNegativesRankingLoss(model)
).train()
