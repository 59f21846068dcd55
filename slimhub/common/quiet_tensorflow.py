"""Imports TensorFlow when it is first needed."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import tempfile
from collections.abc import Iterator
from types import ModuleType

_NO_NOTICES = 2  # TF_CPP_MIN_LOG_LEVEL from which on only errors are wanted


@functools.cache
def tensorflow() -> ModuleType:
    """TensorFlow, imported and started.

    TensorFlow 2.21 writes notices before its logging heeds TF_CPP_MIN_LOG_LEVEL. Where that
    asks for errors only, they are held back while it starts, and shown if it fails to.
    """
    level = os.environ.get("TF_CPP_MIN_LOG_LEVEL", "")
    wants_notices = not level.isdigit() or int(level) < _NO_NOTICES
    with contextlib.nullcontext() if wants_notices else _native_output_held():
        import tensorflow as tf

        # Looks for devices, which has notices of its own. It also counts in the names that an
        # artifact's functions get, so that it is done whoever imported TensorFlow before.
        tf.constant(0)
    started: ModuleType = tf
    return started


@contextlib.contextmanager
def _native_output_held() -> Iterator[None]:
    """Keeps what is written to file descriptor 2, and passes it on if the block raises."""
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
