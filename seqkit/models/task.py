"""A Keras model that takes raw data: what `fit`, `evaluate` and `predict` add to Keras."""

import functools
import inspect
import pathlib
import sys

import keras
import numpy as np

from seqkit.checks import positive_int
from seqkit.configured import Configured
from seqkit.files import replacing
from seqkit.models.graphs import Graphs
from seqkit.models.raw import is_raw

__all__ = ["Task"]


class Task(Configured, keras.Model):
    """A model with its preprocessor inside: raw data in, answers out.

    A leaf says what it computes (`build`, `call` on the preprocessor's batches) and how
    it answers people; this base carries raw data through `self.preprocessor`. Numeric
    batches made before are taken as they are.

    Args:
        preprocessor: turns raw examples into batches; saved with the model.
        seed: for everything random in training: the order of the examples too.
    """

    batch_size = 32
    is_raw = staticmethod(is_raw)  # a leaf whose raw data looks otherwise says so

    def __init__(self, preprocessor, *, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.preprocessor = preprocessor
        self.seed = seed

    @classmethod
    def from_config(cls, config):
        import seqkit.data  # noqa: F401 -- registers the preprocessors that a config may hold

        return super().from_config(config)

    @functools.cached_property
    def graphs(self):
        """What is computed beside the call, compiled."""
        return Graphs(self)

    # --- training -------------------------------------------------------------

    def compile(self, *args, jit_compile="auto", **kwargs):
        """As `keras.Model.compile`; `jit_compile="auto"` is off on TensorFlow.

        XLA compiles once for each length of the buckets, seconds each time, which a
        training of minutes does not earn back. Pass `jit_compile=True` where it does.

        Raises:
            ValueError: a loss that takes the model's logits for probabilities.
        """
        check_loss(kwargs["loss"] if "loss" in kwargs else args[1] if len(args) > 1 else None)
        self._compile(*args, jit_compile=jit_compile, **kwargs)

    def _compile(self, *args, jit_compile="auto", **kwargs):
        self.__dict__.pop("graphs", None)
        self.jit_asked = jit_compile  # what a file holds: another backend has its own "auto"
        off = jit_compile == "auto" and keras.backend.backend() == "tensorflow"
        super().compile(*args, jit_compile=False if off else jit_compile, **kwargs)
        # Loading expects the optimizer of a built model to have its variables, trained or not.
        if self.built:
            self.optimizer.build(self.trainable_variables)

    def get_compile_config(self):
        config = super().get_compile_config()
        return config and {**config, "jit_compile": self.jit_asked}

    def quantize(self, *args, **kwargs):
        """As `keras.Model.quantize`; what was compiled before is forgotten."""
        super().quantize(*args, **kwargs)
        self.__dict__.pop("graphs", None)

    def compile_from_config(self, config):
        # Keras leaves models with a `compile` of their own uncompiled after loading.
        self._compile(**keras.saving.deserialize_keras_object(config))

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        **kwargs,
    ):
        """Trains on raw data or ready batches; arguments as in `keras.Model.fit`.

        With validation data and no callback that stops or restores, training stops when
        validation no longer improves and the best epoch is kept (`training.KeepBest()`).
        Ctrl-C puts the best epoch so far into the model and into a file, says where, and
        goes on its way. A loss that is NaN puts the best epoch back and raises.

        Args:
            x: raw data in any form that the preprocessor's `examples` takes, or batches.
            y: labels, where `x` holds none.
            batch_size: examples in a batch; default 32.
            epochs: passes over the data.
            verbose: "auto" is a progress bar on a terminal and a line an epoch elsewhere.
            callbacks: list of Keras callbacks.
            validation_split: share of raw data set aside, drawn at random from the seed.
            validation_data: as `x`, or a tuple `(x, y)`.
            shuffle: new order each epoch.
            class_weight: dict from label (or its place among the labels) to weight, or "balanced".
            sample_weight: array with a weight for each example.
            **kwargs: as in Keras.

        Returns:
            `keras.callbacks.History`.

        Raises:
            ValueError: if the data does not fit the model; says what and where.
            seqkit.training.DivergenceError: if the loss is NaN or infinite.
        """
        # `training` stands to the right of `models`; only this default reaches over to it.
        from seqkit.training import guarded

        if self.is_raw(x):
            if sample_weight is not None and validation_split:
                raise ValueError(
                    "`validation_split` of raw data leaves `sample_weight` behind. "
                    "Give `validation_data` instead."
                )
            examples = self.examples(x, y, "training data", labelled=True)
            if validation_split and validation_data is None:
                check_resumed(callbacks, self.seed)
                examples, validation_data = split(examples, validation_split, self.seed)
            x = self.preprocessor.batches(
                examples,
                **self.batching(batch_size),
                shuffle=shuffle,
                seed=self.seed,
                class_weight=class_weight,
                weights=sample_weight,
            ).dataset
            y, class_weight, sample_weight, validation_split = None, None, None, 0.0
        elif has_length(x):
            kwargs["batch_size"] = self.size_of(batch_size)
        if validation_data is not None:
            validation_data = self.validation_batches(validation_data, batch_size)
        callbacks = keras.tree.flatten(callbacks or [])
        validated = validation_data is not None or validation_split > 0
        with guarded(callbacks, validated=validated) as callbacks:
            return super().fit(
                x,
                y,
                epochs=epochs,
                verbose=on_terminal(verbose),
                callbacks=callbacks,
                validation_split=validation_split,
                validation_data=validation_data,
                shuffle=shuffle and has_length(x),  # Keras warns that it cannot shuffle others
                class_weight=class_weight,
                sample_weight=sample_weight,
                **kwargs,
            )

    def validation_batches(self, data, batch_size):
        pair = isinstance(data, tuple)
        if not self.is_raw(data[0] if pair else data):
            return data
        if pair and len(data) != 2:
            raise ValueError(
                "`validation_data` of raw texts must be data with labels, or a tuple of texts "
                f"and labels. Received: a tuple of {len(data)}"
            )
        examples = self.examples(
            *(data if pair else (data,)), name="validation data", labelled=True
        )
        return self.preprocessor.batches(examples, **self.measuring(batch_size)).dataset

    def batching(self, batch_size):
        """What the preprocessor's `batches` is told of their size; None is the default."""
        return {"batch_size": self.size_of(batch_size)}

    def size_of(self, batch_size):
        """Examples in a batch, where `None` stands for the model's own number."""
        return positive_int("batch_size", self.batch_size if batch_size is None else batch_size)

    def measuring(self, batch_size):
        """As `batching`, where the model is measured and not trained."""
        return self.batching(batch_size)

    # --- use ------------------------------------------------------------------

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", **kwargs):
        """Loss and metrics on raw data or ready batches; as `keras.Model.evaluate`."""
        if self.is_raw(x):
            examples = self.examples(x, y, "evaluation data", labelled=True)
            x, y = self.preprocessor.batches(examples, **self.measuring(batch_size)).dataset, None
            batch_size = None
        return super().evaluate(x, y, batch_size, on_terminal(verbose), **kwargs)

    def predict(self, x, batch_size=None, verbose="auto", **kwargs):
        """Answers as an array, in the order of `x`; as `keras.Model.predict`.

        Args:
            x: raw data (labels in it are not looked at) or ready batches.
            batch_size: examples in a batch; default 32.
            verbose: as in `fit`.
            **kwargs: as in Keras.

        Returns:
            NumPy array, a row for each example.
        """
        if not self.is_raw(x):
            return self.answer(super().predict(x, batch_size, on_terminal(verbose), **kwargs))
        # Without labels, lest one that the model has never seen stands in the way.
        examples = self.examples(x, name="data", bare=True)
        few = len(examples) <= min(self.size_of(batch_size), self.batch_size)
        if few and self.built and not kwargs:  # a pipeline takes longer than these
            graph = self.graphs.get("outputs", lambda ids: self(ids, training=False))
            ids = np.asarray(self.preprocessor.encode(examples.texts))
            return self.answer(keras.ops.convert_to_numpy(graph(ids)))
        batches = self.preprocessor.batches(examples, batch_size=self.size_of(batch_size))
        outputs = super().predict(batches.dataset, verbose=on_terminal(verbose), **kwargs)
        answers = np.empty_like(outputs)
        answers[batches.order] = outputs  # buckets mix the order; this undoes it
        return self.answer(answers)

    @staticmethod
    def masked(layer, mask):
        """The mask by name, where `layer` takes one: Keras 3.16 stops passing masks along."""
        return {"mask": mask} if "mask" in inspect.signature(layer.call).parameters else {}

    def answer(self, outputs):
        """What `predict` makes of the model's outputs. A leaf may say otherwise."""
        return outputs

    def examples(self, x, y=None, name="data", *, labelled=False, **options):
        """`x` and `y` as the preprocessor's examples, not empty, with labels where needed."""
        examples = self.preprocessor.examples(x, y, name=name, **options)
        if not len(examples):
            raise ValueError(f"The {name} must hold at least one example. Received: none")
        if labelled and examples.labels is None:
            raise ValueError(
                f"The {name} must come with labels: {examples.labelled_form}. "
                f"Received: {len(examples)} {examples.unit} alone"
            )
        return examples

    # --- files ----------------------------------------------------------------

    def save(self, filepath, overwrite=True, zipped=None, **kwargs):
        """Writes a `.keras` file, whole or not at all; everything the model needs is in it.

        Args:
            filepath: ends in `.keras`. An existing file stays as it was if writing fails.
            overwrite: False raises `FileExistsError` where there is such a file.
            zipped, **kwargs: as in Keras.
        """
        path = pathlib.Path(filepath)
        if path.exists() and not overwrite:
            raise FileExistsError(f"{path} exists. Pass `overwrite=True` to replace it.")
        if path.suffix in (".h5", ".hdf5"):
            raise ValueError(
                "The old format has no place for a vocabulary; expected a file that ends in "
                f"`.keras`. Received: {str(filepath)!r}"
            )
        if path.suffix != ".keras" or zipped is False:
            super().save(filepath, overwrite=overwrite, zipped=zipped, **kwargs)
            return
        with replacing(path) as temporary:
            super().save(temporary, zipped=zipped, **kwargs)

    def export(self, filepath, **kwargs):
        """Writes a SavedModel that takes raw strings; see `seqkit.export.saved_model`."""
        # `export` stands to the right of `models`; Keras users expect the verb here.
        from seqkit.export import saved_model

        return saved_model(self, filepath, **kwargs)


def split(examples, share, seed):
    """Sets a random `share` of the examples aside: files are often sorted by label."""
    if not 0 < share < 1:
        raise ValueError(f"`validation_split` must be in [0, 1). Received: {share!r}")
    order = np.random.default_rng(seed).permutation(len(examples))
    count = int(len(examples) * share)
    if not 0 < count < len(examples):
        raise ValueError(
            f"`validation_split={share}` of {len(examples)} examples leaves one part empty."
        )
    return (
        examples.subset(order[count:], name="training data"),
        examples.subset(order[:count], name="validation data"),
    )


def check_loss(loss):
    """The models give logits, of which Keras's losses have to be told."""
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    named = isinstance(loss, str) or loss is getattr(keras.losses, name, None)
    named = named and name.lower().endswith("crossentropy")
    config = loss.get_config() if isinstance(loss, keras.losses.Loss) else {}
    if named or config.get("from_logits") is False:
        raise ValueError(
            "`loss` must take logits, such as "
            "`keras.losses.SparseCategoricalCrossentropy(from_logits=True)` or one of "
            f"`seqkit.training`. Received: {name}, which takes probabilities"
        )


def check_resumed(callbacks, seed):
    from seqkit.training import Resume

    if seed is None and any(isinstance(c, Resume) for c in keras.tree.flatten(callbacks or [])):
        raise ValueError(
            "`validation_split` with `Resume` needs a model with a `seed`: without one other "
            "examples would be set aside after a kill. Received: seed=None"
        )


def has_length(x):
    """Whether Keras has to cut `x` into batches; a dataset or generator comes in batches."""
    return hasattr(x, "shape") or isinstance(x, (list, tuple, dict))


def on_terminal(verbose):
    """A progress bar where somebody watches it, a line an epoch in a log."""
    return (1 if sys.stdout.isatty() else 2) if verbose == "auto" else verbose
