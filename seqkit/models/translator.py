"""A text to another text: translation, and whatever else is asked in this way.

Shapes: B texts, S steps of the source, T of the target, D features, M width of the memory, V ids
of the target, K beams, L steps of the answer.
"""

import dataclasses
import math

import keras
import numpy as np
from keras import ops

from seqkit.checks import positive_int
from seqkit.decoding import Sampling
from seqkit.decoding.beam import LOW
from seqkit.decoding.sampling import draws
from seqkit.models.seq2seq_network import Seq2SeqNetwork, blind, check_coverage
from seqkit.models.threads import side_by_side
from seqkit.models.translated import Attention, Translation, TranslationReport, Translations
from seqkit.models.wishes import Wishes

__all__ = ["Translator"]

END = "</s>"
NO_ATTENTION = "This decoder has no attention to show. Received: attention=True"
READ = 8192  # texts whose ids are looked up at a time


@keras.saving.register_keras_serializable("seqkit")
class Translator(Seq2SeqNetwork):
    """Embeddings, an encoder, a decoder, and a logit for each id that may come next.

    Called on a batch it gives logits `(B, T, V)` for the targets in it (teacher forcing);
    `translate` answers.

    Args:
        preprocessor: `seqkit.data.Translation`; holds the vocabularies.
        encoder: layer `(B, S, D) -> (B, S, M)`, or to that and its last states; gets the mask
            where it takes one.
        decoder: `seqkit.layers.Decoder`.
        embedding: int D, size of the embeddings.
        tied: whether the output layer is the embedding of the target, transposed (Press & Wolf
            2017), and the embedding of the source too where there is one vocabulary.
        dropout: on the embeddings, and on what the decoder gives.
        reverse_source: whether the source is read from its end (Sutskever et al. 2014).
        longest_ratio: float r; a source of n ids gets at most `r n + 20` in its translation.
        batch_tokens: int, most ids of a batch in training, on the wider of its two sides.
        search: `seqkit.decoding.Search`, how to translate where nothing else is said, in the
            export too.
        seed: for the order of the pairs in training.

    Raises:
        ValueError: if an argument is none of the above.

    Example:
        >>> from seqkit import data, layers, training
        >>> pairs = [("a dog", "ein Hund"), ("a cat", "eine Katze")]
        >>> words = data.Translation.learn(pairs, tokens="words")
        >>> small = {"units": 8, "layers": 1, "heads": 2}
        >>> encoder, decoder = (kind(**small) for kind in (
        ...     layers.TransformerEncoder, layers.TransformerDecoder
        ... ))
        >>> model = Translator(words, encoder, decoder, embedding=8)
        >>> model.compile("adam", training.TokenCrossentropy())
        >>> history = model.fit(pairs, verbose=0)
        >>> type(model.translate(["a dog"], beams=1)[0].text)
        <class 'str'>
    """

    def translate(
        self,
        texts,
        *,
        beams=None,
        n_best=1,
        length_penalty=None,
        coverage_penalty=None,
        no_repeat=None,
        max_length=None,
        prefix=None,
        required=None,
        forbidden=None,
        sampling=None,
        seed=None,
        attention=False,
        batch_size=None,
    ):
        """Translations, for people.

        A text of nothing but spaces is translated to nothing, unless a prefix or phrases are
        asked for it. Each way to search is compiled when it is first asked for, which takes
        seconds; after that it is quick.

        Args:
            texts: list of str, or one; or other raw data.
            beams: int K, how many sequences to follow at a time; 1 is greedy. What is left out
                of this, the penalties and `no_repeat` is as `self.search` says; see
                `seqkit.decoding.Search` for all four.
            n_best: int, how many translations of each text to give, up to K.
            length_penalty: float, how much longer translations are favoured.
            coverage_penalty: float, what it costs to leave parts of the source unread.
            no_repeat: int n, so that no n pieces in a row stand in a translation twice.
            max_length: int, most ids of a translation, if the length of the source does not allow
                for less, see `longest_ratio`. What is forced is not counted.
            prefix: str with which every translation begins, or a list with one for each text.
            required: list of str that have to stand in every translation, or a list of such
                lists, one for each text.
            forbidden: list of str that stand in no translation; of pieces, as whole words and
                however these are cut. Longer words and numbers that begin with one are possible
                where a piece goes over its end; so are, in scripts without spaces, longer pieces
                that hold one.
            sampling: `seqkit.decoding.Sampling`, to draw translations in place of a search.
            seed: int, of the draws of `sampling`; None for one drawn at random.
            attention: whether to say what each piece of the translation read.
            batch_size: texts that are translated at a time; default 64.

        Returns:
            `Translations`, a list of `Translation`: `.text`, `.score`, `.alternatives`,
            `.attention`.

        Raises:
            ValueError: an argument out of range, or arguments that do not go together.
        """
        asked = {
            "beams": beams,
            "length_penalty": length_penalty,
            "coverage_penalty": coverage_penalty,
            "no_repeat": no_repeat,
        }
        how = self.how({k: v for k, v in asked.items() if v is not None}, sampling, required)
        if not isinstance(n_best, int) or not 1 <= n_best <= how.beams:
            raise ValueError(
                f"`n_best` must be an int from 1 to the number of beams. "
                f"Received: n_best={n_best!r}, beams={how.beams}"
            )
        if seed is not None and sampling is None:
            raise ValueError(f"`seed` needs `sampling`: nothing is drawn. Received: seed={seed}")
        if max_length is not None:  # the end counts as an id
            max_length = positive_int("max_length", max_length) + 1
        if attention and blind(self.decoder):
            raise ValueError(NO_ATTENTION)
        check_coverage(how, self.decoder)
        if isinstance(texts, (list, tuple)) and not len(texts):
            return Translations()
        texts = [texts] if isinstance(texts, str) else texts
        sources = self.examples(texts, None, "texts").sources
        wishes = Wishes(self.preprocessor, len(sources), prefix, required, forbidden, how.no_repeat)
        noise = np.random.SeedSequence(seed).entropy

        def answers(batch):
            rows, ids = batch
            tensors = wishes.of(rows)
            if sampling is not None:
                width = self.longest(ids.shape[1]) + wishes.width
                tensors["draws"] = draws(noise, rows, how.beams, width)
            answer = self.respond(ids, how, max_length, forbidden=wishes.forbidden, **tensors)
            best = ops.convert_to_numpy(answer["ids"])[:, :n_best]
            scores = ops.convert_to_numpy(answer["scores"])[:, :n_best]
            words = self.preprocessor.text(best.reshape(-1, best.shape[-1])).numpy()
            words = [[text.decode() for text in each] for each in words.reshape(best.shape[:2])]
            seen = self.attention(ids, best[:, 0]) if attention else [None] * len(rows)
            made = []
            for k, row in enumerate(rows):
                pairs = zip(words[k], map(float, scores[k]), strict=True)
                first, *others = [
                    pair for n, pair in enumerate(pairs) if not n or pair[1] > LOW / 8
                ]
                made.append((row, Translation(sources[row], *first, others, seen[k])))
            return made

        found = [None] * len(sources)
        for made in side_by_side(answers, self.by_length(sources, self.size_of(batch_size))):
            for row, translation in made:
                found[row] = translation
        return Translations(found)

    def how(self, asked, sampling, required):
        """The `Search` or `Sampling` that was asked for."""
        if sampling is None:
            return dataclasses.replace(self.search, **asked)
        if not isinstance(sampling, Sampling):
            raise ValueError(
                f"`sampling` must be a seqkit.decoding.Sampling or None. Received: {sampling!r}"
            )
        if asked or required:
            wrong = [*asked, *(["required"] if required else [])]
            raise ValueError(f"`sampling` does not go with {', '.join(wrong)}")
        return sampling

    def by_length(self, texts, batch_size):
        """Batches of texts of like length: which they are, and their ids `(B, S)`."""
        for start in range(0, len(texts), READ):
            ids = np.asarray(self.preprocessor.encode(texts[start : start + READ]))
            lengths = (ids != 0).sum(axis=1)
            order = np.argsort(lengths, kind="stable")
            for at in range(0, len(order), batch_size):
                rows = order[at : at + batch_size]
                yield rows + start, rounded(ids[rows, : lengths[rows[-1]]])

    def attention(self, source, ids):
        """What each piece of a translation `(B, L)` read: list of `Attention`."""
        text, batch = self.preprocessor, len(ids)
        target = np.concatenate([np.full((batch, 1), text.start, "int32"), ids], axis=1)

        def forward(source, target):
            batch = {"source": source, "target": target}
            return self.call(batch, return_weights=True)[1]

        weights = self.graphs.get("attention", forward)(source, target)
        if weights is None:
            raise ValueError(NO_ATTENTION)
        weights, seen = ops.convert_to_numpy(weights), []
        if self.reverse_source:
            weights = weights[:, :, ::-1]
        for read, written, share in zip(source, ids, weights, strict=True):
            read, written = read[read != 0], written[written != 0]
            share = share[: len(written) + 1, : len(read)]
            read = [text.source.names[i] for i in read[:-1]]
            written = [text.target.names[i] for i in written]
            seen.append(Attention([*read, END], [*written, END], share))
        return seen

    def predict(self, x, batch_size=None, verbose="auto", **kwargs):
        """The best translations as a NumPy array of str; of ready batches the logits."""
        if not self.is_raw(x):
            return super().predict(x, batch_size, verbose, **kwargs)
        texts = self.examples(x, None, "data").bare()
        return np.array([str(t) for t in self.translate(texts, batch_size=batch_size)])

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", **kwargs):
        """Loss and metrics; of raw pairs with `return_dict` also BLEU and chrF, see `report`.

        Both come with their signatures of sacreBLEU, as `bleu_signature` and `chrf_signature`.
        """
        raw = self.is_raw(x)
        if raw:
            x, y = self.examples(x, y, "evaluation data", labelled=True), None
        results = super().evaluate(x, y, batch_size, verbose, **kwargs)
        if raw and isinstance(results, dict):
            if "perplexity" not in results:  # of which a metric may have taken care
                results["perplexity"] = self.perplexity(x)
            report = self.compared(x, results["perplexity"])
            names = ("bleu", "chrf", "bleu_signature", "chrf_signature")
            results |= {name: getattr(report, name) for name in names}
        return results

    def report(self, x, y=None, **how):
        """BLEU, chrF and perplexity on pairs.

        Args:
            x: pairs (source, target). y: the targets, where `x` holds none.
            **how: as `translate` takes it: `beams=1`, `length_penalty=0.6`.

        Returns:
            `TranslationReport`; prints as a table.
        """
        pairs = self.examples(x, y, "evaluation data", labelled=True)
        return self.compared(pairs, self.perplexity(pairs), **how)

    def compared(self, pairs, perplexity, **how):
        """The report on pairs whose perplexity is known."""
        answers = [t.text for t in self.translate(pairs.bare(), **how)]
        return TranslationReport.of(answers, pairs.targets, perplexity)

    def perplexity(self, pairs):
        """`exp` of the mean negative log-likelihood of a target's ids, the end included."""

        def losses(source, target, labels):
            logits = self.call({"source": source, "target": target})
            own = ops.take_along_axis(logits, ops.maximum(labels, 0)[..., None], axis=-1)[..., 0]
            lost = ops.logsumexp(logits, axis=-1) - own
            return ops.sum(ops.where(labels >= 0, lost, 0.0))

        graph, total, count = self.graphs.get("losses", losses), 0.0, 0
        batches = self.preprocessor.batches(pairs, **self.batching(None)).dataset
        for batch, labels in batches.as_numpy_iterator():
            total += float(graph(batch["source"], batch["target"], labels))
            count += int((labels >= 0).sum())
        return math.exp(total / count)


def rounded(ids):
    """On JAX, which compiles anew for every size, padding up to one of a few widths."""
    more = -ids.shape[1] % 16 if keras.backend.backend() == "jax" else 0
    return np.pad(ids, ((0, 0), (0, more)))
