"""Methods that are written in graph operations, and quick outside of a graph too."""

import functools

import tensorflow as tf

__all__ = ["graphed"]


def graphed(spec):
    """A method `(self, tensor) -> tensors` that runs as a graph of its own where it is in none.

    Operation by operation a single text costs a hundred times as much. The first call runs so all
    the same: a graph pays from the second on.

    Args:
        spec: `tf.TensorSpec` or `tf.RaggedTensorSpec` of the tensor, its sizes open.
    """

    def decorated(method):
        @functools.wraps(method)
        def call(self, x):
            if not tf.executing_eagerly():
                return method(self, x)
            if not isinstance(x, tf.RaggedTensor):
                x = tf.convert_to_tensor(x, None if hasattr(x, "dtype") else spec.dtype)
                x = x if spec.dtype == tf.string else tf.cast(x, spec.dtype)
            graphs = self.__dict__.setdefault("_graphs", {})
            if method not in graphs:
                graphs[method] = None
                return method(self, x)
            if graphs[method] is None:
                own = functools.partial(method, self)
                graphs[method] = tf.function(own, input_signature=[spec], autograph=False)
            return graphs[method](x)

        return call

    return decorated
