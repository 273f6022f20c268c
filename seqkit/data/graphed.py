"""Methods that are written in graph operations, and quick outside of a graph too."""

import functools
import threading

import tensorflow as tf

__all__ = ["as_it_is", "graphed"]

LOCK = threading.RLock()
# For functions given to tf.data: AutoGraph has nothing to do in them, and warns on Python 3.13.
as_it_is = tf.autograph.experimental.do_not_convert


def graphed(spec):
    """A method `(self, tensor) -> tensors` that runs as a graph of its own where it is in none.

    Operation by operation a single text costs tens of times as much. The first call runs so all
    the same: a graph pays from the second on.

    Args:
        spec: `tf.TensorSpec` or `tf.RaggedTensorSpec` of the tensor, its sizes open.
    """

    def decorated(method):
        @functools.wraps(method)
        def call(self, x):
            if not tf.executing_eagerly():
                return method(self, x)
            if isinstance(x, tf.RaggedTensor):
                x = x.with_row_splits_dtype(spec.row_splits_dtype)
            else:
                x = tf.convert_to_tensor(x, None if hasattr(x, "dtype") else spec.dtype)
                x = x if spec.dtype == tf.string else tf.cast(x, spec.dtype)
            graphs = self.__dict__.setdefault("_graphs", {})
            if method not in graphs:
                graphs[method] = None
                return method(self, x)
            with LOCK:  # one graph, whoever asks first
                if graphs[method] is None:
                    own = functools.partial(method, self)
                    own = tf.function(own, input_signature=[spec], autograph=False)
                    graphs[method] = own.get_concrete_function()
            return graphs[method](x)

        return call

    return decorated
