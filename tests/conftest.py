"""Before any test imports TensorFlow: its log lines say nothing that a test reads."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
