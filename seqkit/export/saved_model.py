"""A model as a SavedModel: raw data in, answers out."""

import contextlib
import functools
import os
import pathlib
import shutil
import tempfile

import keras

from seqkit.export import elsewhere, parity

__all__ = ["saved_model"]


def saved_model(model, path, *, samples=None, tolerance=1e-4, overwrite=True):
    """Writes `model` with its preprocessor as a TensorFlow SavedModel, and checks it.

    What goes in and comes out is up to the preprocessor's `signatures`; the README has the
    names for each task. Every output has a row for each input, as row-wise serving expects.
    The graph is traced for CPU and needs plain TensorFlow only.

    The folder is written beside `path` and checked against the model; only then it takes
    the place of what was there. A model on another backend is exported by a second
    process that runs TensorFlow, and checked against the model in this one.

    Args:
        model: a built model of `seqkit.models`.
        path: folder to write.
        samples: texts, or sentences, to compare on; `None` makes some from the vocabulary.
        tolerance: largest difference of a number that passes.
        overwrite: False raises `FileExistsError` where `path` exists. A folder that holds
            something other than a SavedModel is never replaced.

    Returns:
        `Parity`: on how many inputs export and model agree, and how closely.

    Raises:
        FileExistsError: if `path` is taken.
        ParityError: if the answers differ; nothing is written then.

    Example:
        >>> parity = saved_model(model, "serving/sentiment")  # doctest: +SKIP
        >>> answer = tf.saved_model.load("serving/sentiment")  # doctest: +SKIP
        >>> answer.signatures["serving_default"](texts=tf.constant(["great"]))  # doctest: +SKIP
    """
    if not model.built:
        raise ValueError("A model must be built before it is exported: train or load it first.")
    path = pathlib.Path(path).absolute()
    samples = model.preprocessor.samples(samples)
    with replacing_folder(path, overwrite=overwrite) as temporary:
        if keras.backend.backend() == "tensorflow":
            write(model, temporary)
        else:
            elsewhere.write(model, temporary)
        return parity.compare(model, temporary, samples, tolerance=tolerance)


def write(model, folder):
    """Traces each signature of `model` and writes the SavedModel; TensorFlow backend."""
    import tensorflow as tf

    # A function of its own, traced once for all signatures that ask alike.
    respond = tf.function(model.respond, autograph=False, reduce_retracing=True)
    module, signatures = tf.Module(), {}
    for name, (specs, function) in model.preprocessor.signatures(respond).items():
        signatures[name] = tf.function(on_cpu(function), input_signature=specs, autograph=False)
        setattr(module, "serve" if name == "serving_default" else name, signatures[name])
    # The values alone: tracking the model itself would write Keras's objects along.
    module.weights = [variable.value for variable in model.variables]
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    tf.saved_model.save(module, str(folder), signatures=signatures, options=options)
    forget_gradients(folder / "saved_model.pb")


def on_cpu(function):
    """For CPU, wherever it is traced: a GPU's fused kernels run nowhere else."""
    import tensorflow as tf

    @functools.wraps(function)
    def placed(*tensors):
        with tf.device("/cpu:0"):
            return function(*tensors)

    return placed


def forget_gradients(file):
    """Takes the names of custom gradients out: an export is asked, never trained.

    TensorFlow warns about each of them to everybody who loads the model.
    """
    from tensorflow.core.protobuf import saved_model_pb2

    graph = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    for meta in graph.meta_graphs:
        for function in meta.graph_def.library.function:
            for node in function.node_def:
                node.attr.pop("_gradient_op_type", None)
    file.write_bytes(graph.SerializeToString(deterministic=True))


@contextlib.contextmanager
def replacing_folder(path, *, overwrite):
    """Gives a temporary folder beside `path` that takes its place when all went well."""
    if path.exists():
        if not overwrite:
            raise FileExistsError(f"{path} exists. Pass `overwrite=True` to replace it.")
        if not (path / "saved_model.pb").exists() and (path.is_file() or any(path.iterdir())):
            raise FileExistsError(f"{path} holds something other than a SavedModel: left alone.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as around:
        new, old = pathlib.Path(around, "new"), pathlib.Path(around, "old")
        new.mkdir()
        yield new
        if path.exists():
            os.replace(path, old)
        try:
            os.replace(new, path)
        except BaseException:  # Ctrl-C too: the old one goes with the temporary folder
            if old.exists() and not path.exists():
                os.replace(old, path)
            raise
        shutil.rmtree(old, ignore_errors=True)
