"""Who translates in `decoding.py`: each has a `name` and `translate(texts) -> list of str`.

Shapes: B texts, S steps of the source, L steps of the answer, K beams, R = B * K rows.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from keras_hub.samplers import BeamSampler, GreedySampler

from seqkit.models.seq2seq_network import Stepper

BATCH = 64


class Ours:
    """Raw strings in, strings out."""

    def __init__(self, model, beams, **options):
        self.model, self.options = model, {"beams": beams, **options}
        self.name = f"seqkit, {kind(beams)}"

    def translate(self, texts):
        return [str(t) for t in self.model.translate(texts, **self.options)]


class CTranslate:
    """The same weights in CTranslate2; `prepare` looks up the tokens, which takes none of its time.

    Args:
        translator: `ctranslate2.Translator` of `decoding_conversion.convert`.
    """

    def __init__(self, model, translator, beams, length_penalty=1.0):
        self.text, self.translator = model.preprocessor, translator
        self.longest_ratio = model.longest_ratio
        self.options = {"beam_size": beams, "length_penalty": length_penalty}
        self.name = f"CTranslate2, {kind(beams)}"

    def prepare(self, texts):
        ids = np.asarray(self.text.encode(texts))
        self.tokens = [[str(i) for i in row if i] for row in ids]

    def run(self):
        """Tokens in, tokens out."""
        longest = int(self.longest_ratio * max(map(len, self.tokens))) + 20
        return self.translator.translate_batch(
            self.tokens, max_batch_size=BATCH, max_decoding_length=longest, **self.options
        )

    def translate(self, texts):
        self.prepare(texts)
        answers = [[int(i) for i in answer.hypotheses[0]] for answer in self.run()]
        ids = keras.utils.pad_sequences(answers, padding="post")
        return [text.decode() for text in self.text.text(ids).numpy()]


class Hub:
    """keras-hub's sampler, driving the decoder step that ours takes, with its cache."""

    def __init__(self, model, beams):
        self.model = model
        self.sampler = GreedySampler() if beams == 1 else BeamSampler(num_beams=beams)
        self.graph = tf.function(self.ids, autograph=False)  # one for each shape, as in keras-hub
        self.beams, self.name = beams, f"keras-hub sampler, {kind(beams)}"

    def translate(self, texts):
        return in_batches(self.model, texts, BATCH, self.graph)

    def ids(self, source):
        model, text = self.model, self.model.preprocessor
        memory, mask, states = model.encode(source)
        read, state = model.decoder.begin(memory, mask, states=states)
        length = model.longest(source.shape[1])
        state = model.decoder.grow(state, length)
        stepper = Stepper(model, never=(0, 1, text.start))
        prompt = ops.full((source.shape[0], 1 + length), text.start, "int32")

        def next(prompt, cache, index):
            logits, cache, _ = stepper.step(prompt[:, index - 1], read, cache, index - 1)
            return logits, None, cache

        ids = self.sampler(next, prompt, state, index=1, stop_token_ids=[text.end])
        return ids[:, 1:]


class Naive:
    """Runs the whole model anew for each id, as Keras's guides do, with `predict_on_batch`.

    The targets are padded to the longest that an answer may be: one shape, one graph.
    """

    def __init__(self, model, batch):
        self.model, self.batch = model, batch
        self.name = f"naive loop, greedy, {batch} at a time"

    def translate(self, texts):
        return in_batches(self.model, texts, self.batch, self.ids)

    def ids(self, source):
        model, text = self.model, self.model.preprocessor
        target = np.zeros((len(source), 1 + model.longest(source.shape[1])), "int32")
        target[:, 0] = text.start
        for at in range(target.shape[1] - 1):
            logits = model.predict_on_batch({"source": source, "target": target})[:, at]
            logits[:, [0, 1, text.start]] = -np.inf
            target[:, at + 1] = logits.argmax(axis=-1)
            if (target == text.end).any(axis=1).all():
                break
        return target[:, 1:]


def in_batches(model, texts, size, find):
    """The answers of `find(ids (B, S)) -> ids (B, L)` for batches of texts of like length."""
    answers = [None] * len(texts)
    for rows, ids in model.by_length(texts, size):
        for row, text in zip(rows, model.preprocessor.text(find(ids)).numpy(), strict=True):
            answers[row] = text.decode()
    return answers


def kind(beams):
    return "greedy" if beams == 1 else f"beam {beams}"
