"""The translator of Keras's guides, which stands beside ours in `translation.py`.

After "English-to-Spanish translation with KerasHub": `keras_hub.layers` for embeddings and blocks,
batches of 64 pairs in one order of lengths, Adam at one rate, keras-hub's samplers with the decoder
run anew over all that is written for each piece. Larger than in the guide, as the recipe it is
compared with: 3 + 3 blocks, dropout in them. The pieces are those of `seqkit.data`, so that only
the model differs.
"""

import time

import keras
import keras_hub
import numpy as np
import tensorflow as tf
from keras import ops

from seqkit import data
from seqkit.models import TranslationReport

WIDTH, INNER, HEADS, LAYERS, LONGEST, BATCH = 256, 1024, 8, 3, 64, 64


class Tutorial:
    """Has what `translation.py` asks of a model: `report`, `count_params`, `preprocessor`."""

    def __init__(self, pairs, seed):
        keras.utils.set_random_seed(seed)
        self.preprocessor = data.Translation.learn(pairs, "pieces", size=8000)
        size, kit = self.preprocessor.target_size, keras_hub.layers

        def embedded(ids):
            options = {"mask_zero": True}
            return kit.TokenAndPositionEmbedding(size, LONGEST, WIDTH, **options)(ids)

        source = keras.Input((None,), dtype="int32")
        x = embedded(source)
        for _ in range(LAYERS):
            x = kit.TransformerEncoder(INNER, HEADS, dropout=0.1)(x)
        self.encoder = keras.Model(source, x)
        target, memory = keras.Input((None,), dtype="int32"), keras.Input((None, WIDTH))
        seen = keras.Input((None,), dtype="bool")
        y = embedded(target)
        for _ in range(LAYERS):
            y = kit.TransformerDecoder(INNER, HEADS, dropout=0.1)(
                y, memory, encoder_padding_mask=seen
            )
        y = keras.layers.Dropout(0.1)(y)
        self.decoder = keras.Model([target, memory, seen], y)
        self.head = keras.layers.Dense(size)
        self.model = keras.Model(
            [source, target], self.head(self.decoder([target, x, ops.not_equal(source, 0)]))
        )
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
        self.model.compile(keras.optimizers.Adam(5e-4), loss, jit_compile=False)
        self.samplers = {}

    def count_params(self):
        return self.model.count_params()

    def fit(self, parts, epochs, few):
        """Seconds, validation loss and greedy BLEU of `few` pairs, after each epoch."""
        curve = []

        def batches(pairs):
            made = self.preprocessor.batches(pairs, batch_size=BATCH, shuffle=pairs is train)
            return made.dataset.map(lambda x, y: ((x["source"], x["target"]), y))

        train = parts["train"]
        start = time.monotonic()
        for epoch in range(epochs):
            self.model.fit(batches(train), shuffle=False, verbose=0)
            loss = self.model.evaluate(batches(parts["validation"]), verbose=0)
            bleu = self.report(few, beams=1).bleu
            curve.append([round(time.monotonic() - start, 1), round(loss, 4), round(bleu, 2)])
            print(f"epoch {epoch + 1}: seconds, loss, BLEU {curve[-1]}", flush=True)
        return curve

    def report(self, pairs, beams):
        answers = self.translate(pairs.sources, beams)
        return TranslationReport.of(answers, pairs.targets, None)

    def translate(self, texts, beams):
        ids = np.asarray(self.preprocessor.encode(texts))
        lengths = (ids > 0).sum(axis=1)
        order, answers = np.argsort(lengths, kind="stable"), [""] * len(texts)
        if beams not in self.samplers:
            self.samplers[beams] = tf.function(
                lambda source: self.sample(source, beams),
                input_signature=[tf.TensorSpec((None, None), "int32")],
            )
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            found = self.samplers[beams](ids[rows, : max(1, lengths[rows].max())])
            for row, text in zip(rows, self.preprocessor.text(found).numpy(), strict=True):
                answers[row] = text.decode()
        return answers

    def sample(self, source, beams):
        seen = ops.not_equal(source, 0)
        memory = ops.repeat(self.encoder(source), beams, axis=0)
        seen = ops.repeat(seen, beams, axis=0)
        text, hub = self.preprocessor, keras_hub.samplers
        sampler = hub.GreedySampler() if beams == 1 else hub.BeamSampler(num_beams=beams)
        longest = ops.minimum(2 * ops.shape(source)[1] + 10, LONGEST)
        prompt = tf.fill((ops.shape(source)[0], longest), text.start)

        def next(prompt, cache, index):
            rows = ops.shape(prompt)[0]
            states = self.decoder([prompt[:, :index], memory[:rows], seen[:rows]])
            return self.head(states[:, -1]), None, cache

        ids = sampler(next, prompt, index=1, stop_token_ids=[text.end])
        return ids[:, 1:]
