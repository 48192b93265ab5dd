"""Write a Llama from a configuration with a tokenizer of its own to `tiny/`, and Python's help texts as data sets."""

import json
from pathlib import Path
from pydoc_data.topics import topics

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, set_seed

lines = [" ".join(part.split()) for text in topics.values() for part in text.split("\n\n") if len(part.split()) > 15]
bare = Tokenizer(models.BPE(unk_token="<unk>"))
bare.pre_tokenizer, bare.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
bare.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=1000, special_tokens=["<unk>", "<s>", "</s>", "<pad>"]))
tokenizer = PreTrainedTokenizerFast(
    tokenizer_object=bare, unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="<pad>"
)
tokenizer.save_pretrained("tiny")
config = LlamaConfig(
    vocab_size=1000,
    hidden_size=32,
    intermediate_size=64,
    num_hidden_layers=2,
    num_attention_heads=2,
    max_position_embeddings=64,
    bos_token_id=1,
    eos_token_id=2,
    pad_token_id=3,
)
set_seed(0)
LlamaForCausalLM(config).save_pretrained("tiny")


def write(path, rows):
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text("\n".join(map(json.dumps, rows)))


parts = {"train": lines[:-160], "test": lines[-160:]}
for name, texts in parts.items():
    write(f"texts/{name}.jsonl", [{"text": each[:160]} for each in texts])
    words = [each.split()[:24] for each in texts]
    pairs = [(" ".join(each[:8]), " " + " ".join(each[8:]), " " + " ".join(each[:7:-1])) for each in words]
    write(f"pairs/{name}.jsonl", [{"prompt": p, "chosen": c, "rejected": r} for p, c, r in pairs])
Path("books").mkdir()
for at in range(4):
    Path(f"books/{at}.txt").write_text("\n".join(lines[at::4]))
