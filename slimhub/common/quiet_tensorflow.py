"""Imports TensorFlow when it is first needed."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import tempfile
from collections.abc import Iterator
from types import ModuleType

from slimhub.common import unused_packages

_NO_NOTICES = 2  # the TF_CPP_MIN_LOG_LEVEL from which only errors are wanted


@functools.cache
def imported() -> ModuleType:
    """Imports TensorFlow and TF-Slim, and starts no threads: the process can still be forked.

    TensorFlow 2.21 writes notices before its logging respects TF_CPP_MIN_LOG_LEVEL. If that asks
    for errors only, the notices are held back during startup, and shown if it fails.
    """
    with _notices(), unused_packages.left_out():
        import tensorflow as tf
        import tf_slim  # noqa: F401  networks find it loaded, without scikit-learn
    module: ModuleType = tf
    return module


@functools.cache
def tensorflow() -> ModuleType:
    """Imports and initializes TensorFlow, without its notices."""
    tf = imported()
    with _notices():
        # Looks for devices, which has notices of its own. It also affects the names of an
        # artifact's functions, so it always runs, whoever imported TensorFlow first.
        tf.constant(0)
    return tf


def has_begun() -> bool:
    """Whether `tensorflow` was called: TensorFlow's threads run, and a fork would lack them."""
    return tensorflow.cache_info().currsize > 0


def _notices() -> contextlib.AbstractContextManager[None]:
    level = os.environ.get("TF_CPP_MIN_LOG_LEVEL", "")
    wants_notices = not level.isdigit() or int(level) < _NO_NOTICES
    return contextlib.nullcontext() if wants_notices else _native_output_held()


@contextlib.contextmanager
def _native_output_held() -> Iterator[None]:
    """Holds back what is written to file descriptor 2, and shows it if the block raises."""
    sys.stderr.flush()
    original = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(original, held.read())
            raise
        finally:
            os.dup2(original, 2)
            os.close(original)
