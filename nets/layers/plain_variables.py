"""Variables of graphs that are filled from elsewhere, or only looked at. Imports TensorFlow."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import tensorflow.compat.v1 as tf


@contextlib.contextmanager
def plain_variables(
    *, reuse: bool | None = None, use_resource: bool | None = False
) -> Iterator[None]:
    """Gives the variables of a network zeros as initial values, which take one operation.

    Together with reference variables, as TensorFlow 1 had them, a graph has a third fewer
    operations. A graph with such variables that updates one must not read it in the same run, but
    for the update itself: the read may be of either value, or of a mixture.

    Args:
      reuse: as of `tf.variable_scope`.
      use_resource: likewise; None is TensorFlow's own choice.
    """
    scope = tf.get_variable_scope()
    with tf.variable_scope(scope, reuse=reuse, use_resource=use_resource, custom_getter=_zero):
        yield


def _zero(getter: Any, *arguments: Any, **options: Any) -> tf.Variable:
    if options.get("shape") is not None:  # otherwise the initial value has it
        options["initializer"] = tf.zeros_initializer()
    return getter(*arguments, **options)
