from pydoc_data.topics import topics

from datasets import Dataset
from sentence_transformers import SentenceTransformer, models
from setfit import SetFitModel, Trainer, TrainingArguments
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from tokenizers import Tokenizer, pre_tokenizers, trainers
from tokenizers import models as token_models
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

kinds = ["formatstrings", "class", "typesmapping", "import"]
rows = [
    (" ".join(part.split()), at)
    for at, kind in enumerate(kinds)
    for part in topics[kind].split("\n\n")
    if len(part.split()) > 5
]
bare = Tokenizer(token_models.WordLevel(unk_token="[UNK]"))
bare.pre_tokenizer = pre_tokenizers.Whitespace()
bare.train_from_iterator(
    (text for text, _ in rows), trainers.WordLevelTrainer(vocab_size=1000, special_tokens=["[PAD]", "[UNK]"])
)
PreTrainedTokenizerFast(tokenizer_object=bare, pad_token="[PAD]", unk_token="[UNK]").save_pretrained("tiny")
BertModel(
    BertConfig(vocab_size=1000, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64)
).save_pretrained("tiny")
body = SentenceTransformer(modules=[models.Transformer("tiny", max_seq_length=32), models.Pooling(32)], device="cpu")
model = SetFitModel(model_body=body, model_head=LogisticRegression())
train = Dataset.from_dict({"text": [text for text, _ in rows[::2]], "label": [label for _, label in rows[::2]]})
test = Dataset.from_dict({"text": [text for text, _ in rows[1::2]], "label": [label for _, label in rows[1::2]]})
args = TrainingArguments(
    batch_size=16, num_epochs=1, max_steps=600, report_to="none", eval_strategy="steps", eval_steps=150
)
trainer = Trainer(model=model, args=args, train_dataset=train, eval_dataset=test, metric=accuracy_score)
trainer.train()
print(trainer.evaluate())
