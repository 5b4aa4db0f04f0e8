"""TensorFlow and Keras, imported once and quietly.

TensorFlow writes log lines straight to file descriptor 2 when it is imported and when it runs its first
operation; Jupyter copies them into the notebook. Here that descriptor points to nowhere for as long as
the import lasts. Everything in the course imports ``tf`` and ``keras`` from this module.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _silent_stderr() -> Iterator[None]:
    saved = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
with _silent_stderr():
    import keras
    import tensorflow as tf

    tf.constant(0.0) + 1.0  # the first operation makes the devices, and their log lines

__all__ = ["keras", "tf"]
