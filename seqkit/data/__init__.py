"""Raw data -> batches of tensors: readers, token units, bucketing, public sets and our own."""

from seqkit.data import samples, schemes
from seqkit.data.bucketing import Batches, Report, batches
from seqkit.data.conll import fill_conllu, read_conll, read_conllu
from seqkit.data.examples import DataError, Examples, Splits
from seqkit.data.forms import Forms, Prefixes, Shapes, Suffixes
from seqkit.data.preprocessor import TextClassification, class_weights, get_tokens
from seqkit.data.public import load
from seqkit.data.raw import as_examples, from_dataset, from_lists, from_pandas, read
from seqkit.data.raw_sentences import as_sentences, split_text
from seqkit.data.readers import read_csv, read_folder, read_jsonl, read_tsv
from seqkit.data.sentences import Sentences
from seqkit.data.subwords import Subwords
from seqkit.data.tagging import Tagging
from seqkit.data.tokens import Characters, Tokens, Words
from seqkit.data.vectors import read_vectors

__all__ = [
    "Batches",
    "Characters",
    "DataError",
    "Examples",
    "Forms",
    "Prefixes",
    "Report",
    "Sentences",
    "Shapes",
    "Splits",
    "Subwords",
    "Suffixes",
    "Tagging",
    "TextClassification",
    "Tokens",
    "Words",
    "as_examples",
    "as_sentences",
    "batches",
    "class_weights",
    "fill_conllu",
    "from_dataset",
    "from_lists",
    "from_pandas",
    "get_tokens",
    "load",
    "read",
    "read_conll",
    "read_conllu",
    "read_csv",
    "read_folder",
    "read_jsonl",
    "read_tsv",
    "read_vectors",
    "samples",
    "schemes",
    "split_text",
]
