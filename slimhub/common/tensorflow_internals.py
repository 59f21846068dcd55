"""What slimhub needs of TensorFlow beyond its public API. Imports TensorFlow.

No other module imports from `tensorflow.python`. The names are the same in TensorFlow 2.16 to 2.21;
`tests/common/test_tensorflow_internals.py` checks each of them.

- `saved_model.save_context.save_context`: functions traced outside it are traced again by the
  saver, and no public function enters it.
- `ops.resource_variable_ops.ResourceVariable`: `tf.Variable` notifies the `tf.function` that is
  being traced, which then traces a second time. No public class creates a variable unnoticed.
- `framework.op_def_registry`: the default values of an operation's attributes. There is no public
  list of the operations that TensorFlow knows.
- `framework.convert_to_constants.convert_variables_to_constants_v2`: a function as one graph,
  without variables and calls. `tf.lite` uses it, and no public function gives the graph.
- `concrete_functions` of a function that `tf.saved_model.load` returns:
  `tf.types.experimental.PolymorphicFunction` has no such attribute.

The protos of `tensorflow.core` are file formats, which TensorFlow keeps stable; modules that read
such a file import them directly.
"""

from __future__ import annotations

import contextlib
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import convert_to_constants, op_def_registry
from tensorflow.python.ops import resource_variable_ops
from tensorflow.python.saved_model import save_context


def saver_context() -> contextlib.AbstractContextManager[None]:
    """The context in which `tf.saved_model.save` requests traces."""
    context: contextlib.AbstractContextManager[None] = save_context.save_context(
        tf.saved_model.SaveOptions()
    )
    return context


def unnoticed_variable(
    value: tf.Tensor,
    *,
    trainable: bool,
    name: str,
    synchronization: tf.VariableSynchronization = tf.VariableSynchronization.AUTO,
    aggregation: tf.VariableAggregation = tf.VariableAggregation.NONE,
) -> tf.Variable:
    """Creates a variable without notifying the `tf.function` that is being traced.

    Args:
      value: initial value.
      trainable: whether optimizers and tapes should see it.
      name: full name.
      synchronization: see `tf.Variable`.
      aggregation: see `tf.Variable`.
    """
    return resource_variable_ops.ResourceVariable(
        value,
        trainable=trainable,
        name=name,
        synchronization=synchronization,
        aggregation=aggregation,
    )


def attribute_defaults(operation: str) -> dict[str, Any]:
    """The default values of an operation's attributes, by name, as `AttrValue` protos.

    An attribute without a default has an empty value.

    Args:
      operation: its type, such as `Conv2D`.
    """
    definition = op_def_registry.get(operation)
    return {attribute.name: attribute.default_value for attribute in definition.attr}


def concrete_functions(
    function: tf.types.experimental.PolymorphicFunction,
) -> list[tf.types.experimental.ConcreteFunction]:
    """Every trace that a SavedModel holds of a function.

    Args:
      function: of an object returned by `tf.saved_model.load`.
    """
    return list(function.concrete_functions)


def frozen(function: Any) -> Any:
    """A function without variables, which are constants, and without calls, which are inlined.

    Args:
      function: a concrete function.

    Returns:
      A concrete function with flat `inputs` and `outputs`.
    """
    return convert_to_constants.convert_variables_to_constants_v2(function)
