"""Words cut into learned pieces: byte-pair merges name the pieces, the longest match cuts.

Shapes: B texts, W distinct words, N characters of those words, V ids.
"""

import functools
import unicodedata

import keras
import numpy as np
import tensorflow as tf

from seqkit.data.tokens import UNKNOWN, Tokens, Words, check_learning, composed, count, ranked

__all__ = ["Subwords"]

# Stands before the first piece of each word, as in SentencePiece: spaces survive the way back.
START = "\u2581"
LONGEST_PIECE = 16
# A longer "word" is no word; as one unknown unit it costs no loop of its length.
LONGEST_WORD = 64
NO_WORD = "\uffff"
CODE_BITS = 21  # a Unicode code point


@keras.saving.register_keras_serializable("seqkit")
class Subwords(Tokens):
    """Pieces of words as units, each word cut greedily into the longest known pieces.

    Words are found as `Words` finds them. A character that no piece begins with is one unknown
    unit, and so is a word of more than 63 characters.

    Args:
        vocabulary: The known pieces; one that begins with U+2581 begins a word.
        lowercase: Whether case is folded before the text is cut.
        max_length: Longest row of ids, or `None`; the head of a longer text is kept.

    Example:
        >>> pieces = Subwords(["\u2581", "\u2581un", "like", "ly"])
        >>> pieces.ids(["unlikely"]).to_list(), pieces.text([3, 4, 5])
        ([[3, 4, 5]], 'unlikely')
    """

    @classmethod
    def learn(cls, texts, *, size=8000, min_count=1, lowercase=True, max_length=None):
        """Learns byte-pair merges over the words of the texts (Sennrich et al. 2016).

        Args:
            texts: The training texts: anything `as_examples` takes.
            size: Most ids to use, padding and unknown included.
            min_count: A pair of pieces seen less often is not merged.
            lowercase: As in the constructor.
            max_length: As in the constructor.

        Returns:
            `Subwords` with the learned pieces, the same for the same texts.

        Raises:
            ValueError: `size` or `min_count` is out of range, or the texts hold no word.
        """
        check_learning(size, min_count)
        counts = count(functools.partial(Words.cut, lowercase=lowercase), texts)
        words = [(START + word, n) for word, n in ranked(counts)]
        pieces = merged(words, size - 2, min_count)
        return cls(map(composed, pieces), lowercase=lowercase, max_length=max_length)

    @staticmethod
    def cut(texts, *, lowercase=True):
        """Words of texts (B,), before they are cut into pieces: ragged strings (B, None)."""
        return Words.cut(texts, lowercase=lowercase)

    def ids(self, texts):
        words = self.cut(tf.convert_to_tensor(texts, tf.string), lowercase=self.lowercase)
        distinct, place = tf.unique(words.flat_values)
        pieces = tf.gather(self._pieces(distinct), place)
        return self._head(words.with_flat_values(pieces).merge_dims(1, 2))

    def units(self, texts):
        symbols = self.symbols
        return [[symbols[i] for i in row] for row in self.ids(texts).to_list()]

    @functools.cached_property
    def spelling(self):
        shown = (symbol.replace(START, " ") for symbol in self.symbols)
        return [symbol.encode("utf-8", "surrogateescape") for symbol in shown]

    def _join(self, units):
        joined = "".join(units).replace(START, " ").strip()
        return unicodedata.normalize("NFC", joined)

    def _shown(self, texts):
        return tf.strings.strip(tf.strings.regex_replace(texts, START, " "))

    def _pieces(self, words):
        """Ids of the pieces of words (W,): ragged int32 (W, None)."""
        codes = tf.strings.unicode_decode(self._marked(words), "UTF-8")
        codes = codes.with_row_splits_dtype(tf.int32)
        ends = codes.row_splits[1:]
        lengths, ids = self._longest(codes.flat_values, tf.gather(ends, codes.value_rowids()))

        # From the first character of every word at once: emit the longest piece, jump behind it.
        def emit(step, at, found):
            here = tf.minimum(at, tf.size(ids) - 1)
            inside = at < ends
            found = found.write(step, tf.where(inside, tf.gather(ids, here), 0))
            return step + 1, tf.where(inside, at + tf.gather(lengths, here), at), found

        found = tf.TensorArray(tf.int32, 0, dynamic_size=True, element_shape=[None])
        found = found.write(0, tf.zeros_like(ends))  # so that no words stack too
        _, _, found = tf.while_loop(
            lambda _, at, __: tf.reduce_any(at < ends), emit, (1, codes.row_splits[:-1], found)
        )
        found = tf.transpose(found.stack())  # (W, pieces), 0 where a word is over
        return tf.ragged.boolean_mask(found, found != 0).with_row_splits_dtype(tf.int64)

    def _marked(self, words):
        long = tf.strings.length(words, unit="UTF8_CHAR") >= LONGEST_WORD
        return tf.where(long, NO_WORD, START + words)

    def _unknown(self, codes):
        """What stands for each of N characters (code points) where no piece begins with it."""
        return tf.fill(tf.shape(codes), UNKNOWN)

    def _longest(self, codes, ends):
        """Length and id of the longest piece at each of N characters; (1, unknown) where none."""
        edges, children, accepted = self._trie
        unknown = self._unknown(codes)
        codes = tf.cast(codes, tf.int64)
        place = tf.range(tf.size(ends))

        def deeper(depth, node, lengths, ids):
            at = place + depth
            inside = (node >= 0) & (at < ends)
            key = node * 2**CODE_BITS + tf.gather(codes, tf.minimum(at, tf.size(codes) - 1))
            edge = tf.minimum(tf.searchsorted(edges, key), len(edges) - 1)
            known = inside & (tf.gather(edges, edge) == key)
            node = tf.where(known, tf.gather(children, edge), -1)
            piece = tf.where(known, tf.gather(accepted, tf.maximum(node, 0)), 0)
            lengths = tf.where(piece > 0, depth + 1, lengths)
            return depth + 1, node, lengths, tf.where(piece > 0, piece, ids)

        start = (
            tf.constant(0),
            tf.zeros_like(codes),
            tf.ones_like(place),
            unknown,
        )
        _, _, lengths, ids = tf.while_loop(
            lambda _, node, *__: tf.reduce_any(node >= 0), deeper, start
        )
        return lengths, ids

    @functools.cached_property
    def _trie(self):
        """Sorted edges (node, code point), the node each leads to, and the id of each node or 0."""
        edges, accepted = {}, [0]
        for i, piece in enumerate(self._units):
            node = 0
            for character in piece:
                key = node * 2**CODE_BITS + ord(character)
                if key not in edges:
                    edges[key] = len(accepted)
                    accepted.append(0)
                node = edges[key]
            accepted[node] = i + 2
        keys = np.array(sorted(edges), np.int64)
        return keys, np.array([edges[k] for k in keys], np.int64), np.array(accepted, np.int32)


def merged(words, most, min_count):
    """Byte-pair merges: at most so many pieces of words, given as (word, how often) pairs."""
    import tokenizers

    if not words:
        raise ValueError("`texts` must hold at least one word. Received: none")
    learner = tokenizers.Tokenizer(tokenizers.models.BPE())
    learner.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=most,
        min_frequency=min_count,
        limit_alphabet=max(1, most // 2),
        max_token_length=LONGEST_PIECE,
        show_progress=False,
    )
    learner.train_from_iterator((" ".join([word] * n) for word, n in words), trainer)
    pieces = learner.get_vocab()
    return sorted(pieces, key=pieces.get)[:most]
