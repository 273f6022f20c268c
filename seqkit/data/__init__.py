"""Raw data -> batches of tensors: readers, token units, windows, public sets and our own."""

from seqkit.data import samples, schemes
from seqkit.data.audit import Audit, Problem
from seqkit.data.bucketing import Batches, Report, batches
from seqkit.data.conll import fill_conllu, read_conll, read_conllu
from seqkit.data.examples import DataError, Examples, Splits
from seqkit.data.forecasting import Forecasting
from seqkit.data.forms import Forms, Prefixes, Shapes, Suffixes
from seqkit.data.frames import as_series, audit
from seqkit.data.frequency import season
from seqkit.data.pairs import Pairs
from seqkit.data.pieces import Pieces
from seqkit.data.preprocessor import TextClassification, class_weights, get_tokens
from seqkit.data.public import load
from seqkit.data.raw import as_examples, from_dataset, from_lists, from_pandas, read
from seqkit.data.raw_pairs import as_pairs, read_pairs, read_pairs_tsv
from seqkit.data.raw_sentences import as_sentences, split_text
from seqkit.data.readers import read_csv, read_folder, read_jsonl, read_tsv
from seqkit.data.sentences import Sentences
from seqkit.data.series import Columns, Series
from seqkit.data.subwords import Subwords
from seqkit.data.tagging import Tagging
from seqkit.data.tokens import Characters, Tokens, Words
from seqkit.data.translation import Translation
from seqkit.data.vectors import read_vectors
from seqkit.data.windows import Windows

__all__ = [
    "Audit",
    "Batches",
    "Characters",
    "Columns",
    "DataError",
    "Examples",
    "Forecasting",
    "Forms",
    "Pairs",
    "Pieces",
    "Prefixes",
    "Problem",
    "Report",
    "Sentences",
    "Series",
    "Shapes",
    "Splits",
    "Subwords",
    "Suffixes",
    "Tagging",
    "TextClassification",
    "Tokens",
    "Translation",
    "Windows",
    "Words",
    "as_examples",
    "as_pairs",
    "as_sentences",
    "as_series",
    "audit",
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
    "read_pairs",
    "read_pairs_tsv",
    "read_tsv",
    "read_vectors",
    "samples",
    "schemes",
    "season",
    "split_text",
]
