"""Each distinct word of a corpus is looked up once: sentences of numbers, and a table of ids.

Shapes: B sentences, T words, K ids of a word, F distinct words.
"""

import numpy as np
import tensorflow as tf

__all__ = ["looked_up", "numbered_words"]

CHUNK = 8192


def numbered_words(sentences, ids_of):
    """Numbers in place of words, and what stands behind each number.

    Args:
        sentences: `Sentences`.
        ids_of: Callable, string tensor (N,) -> dict of ids, (N,) or (N, K).

    Returns:
        Numbers of all words one after the other, int32 (words,); offsets of the sentences (B + 1,);
        dict of ids (F + 1,) or (F + 1, K), of which row 0 is padding.
    """
    numbers = {}
    flat = [
        numbers.setdefault(word, len(numbers) + 1) for words in sentences.words for word in words
    ]
    distinct, parts = list(numbers), []
    for start in range(0, max(len(distinct), 1), CHUNK):
        words = tf.constant(distinct[start : start + CHUNK], tf.string)
        parts.append({name: ids.numpy() for name, ids in ids_of(words).items()})
    table = {
        name: np.concatenate([np.zeros_like(parts[0][name][:1]), *(part[name] for part in parts)])
        if distinct
        else np.zeros((1, *parts[0][name].shape[1:]), np.int32)
        for name in parts[0]
    }
    return np.array(flat, np.int32), np.cumsum([0, *map(len, sentences.words)]), table


def looked_up(table, numbers, *rest):
    """A batch of word numbers (B, T) as the ids of their words."""
    ids = {name: tf.gather(rows, numbers) for name, rows in table.items()}
    return (ids, *rest) if rest else ids
