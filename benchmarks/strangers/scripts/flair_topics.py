from pydoc_data.topics import topics

from flair.data import Corpus, Sentence
from flair.datasets import FlairDatapointDataset
from flair.embeddings import DocumentRNNEmbeddings, OneHotEmbeddings
from flair.models import TextClassifier
from flair.trainers import ModelTrainer

kinds = ["formatstrings", "class", "typesmapping", "import"]
rows = [
    (" ".join(part.split()[:30]), kind)
    for kind in kinds
    for part in topics[kind].split("\n\n")
    if len(part.split()) > 5
]
sentences = [Sentence(text).add_label("topic", kind) for text, kind in rows]
parts = [
    FlairDatapointDataset([each for at, each in enumerate(sentences) if at % 5 in which])
    for which in ((0, 1, 2), (3,), (4,))
]
corpus = Corpus(*parts)
labels = corpus.make_label_dictionary(label_type="topic")
words = OneHotEmbeddings.from_corpus(corpus, embedding_length=32, min_freq=1)
embeddings = DocumentRNNEmbeddings([words], hidden_size=32)
classifier = TextClassifier(embeddings, label_dictionary=labels, label_type="topic")
ModelTrainer(classifier, corpus).train("taggers/topics", learning_rate=0.1, mini_batch_size=4, max_epochs=20)
