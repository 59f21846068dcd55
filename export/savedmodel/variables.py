"""The variables of a network, created once and shared by its graphs. Imports TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from slimhub.checkpoints import VariableInfo
from slimhub.common.tensorflow_internals import unnoticed_variable

# Moving statistics work as in Keras and the published modules: each replica of a distribution
# strategy updates its own, and reading or saving them gives the mean. Both attributes are saved
# with the variable, for the strategy that loads it.
_STATISTIC = {
    "synchronization": tf.VariableSynchronization.ON_READ,
    "aggregation": tf.VariableAggregation.MEAN,
}


class SharedVariables:
    """Creates each variable when a graph first requests it, and returns it to later graphs.

    TF-Slim requests variables through variable scopes, by full name; `get` is the scopes' custom
    getter.
    """

    def __init__(self) -> None:
        self._by_name: dict[str, tf.Variable] = {}

    def get(
        self,
        getter: Any,
        name: str,
        shape: Iterable[int] | None = None,
        trainable: bool | None = True,
        **options: Any,
    ) -> tf.Variable:
        """Returns the variable with a name, as the custom getter of a variable scope.

        Args:
          getter: TF1's own way to create it; not used, because its variables belong to one graph.
          name: full name.
          shape: of the variable.
          trainable: whether optimizers and tapes should see it.
          **options: initializers and collections; not used, because values come from a checkpoint.

        Returns:
          An f32 variable, zero if it is new.
        """
        if name not in self._by_name:
            with tf.init_scope():  # outside the function that is being traced
                # tf.function would notice a tf.Variable, and trace a second time.
                self._by_name[name] = unnoticed_variable(
                    tf.zeros(shape),
                    trainable=bool(trainable),
                    name=name,
                    **({} if trainable else _STATISTIC),
                )
        return self._by_name[name]

    def all(self) -> list[tf.Variable]:
        """Every variable, in the order in which the graph requested them."""
        return list(self._by_name.values())

    def trainable(self) -> list[tf.Variable]:
        """The variables that optimizers change: all but moving statistics."""
        return [variable for variable in self._by_name.values() if variable.trainable]

    def infos(self) -> list[VariableInfo]:
        """Names and shapes, for the plan that fills them."""
        return [
            VariableInfo(name, tuple(variable.shape), variable.trainable)
            for name, variable in self._by_name.items()
        ]

    def assign(self, values: Mapping[str, np.ndarray]) -> None:
        """Sets every variable, by name.

        Args:
          values: f32 arrays of the variables' shapes, one for each name.
        """
        for name, variable in self._by_name.items():
            variable.assign(values[name])

    def count(self) -> dict[str, int]:
        """Number of variables, of trainable parameters, and of other values."""
        trainable = sum(variable.shape.num_elements() for variable in self.trainable())
        total = sum(variable.shape.num_elements() for variable in self.all())
        return {
            "count": len(self._by_name),
            "parameters": trainable,
            "statistics": total - trainable,
        }

    def named(self) -> dict[str, tf.Variable]:
        """Variables by full name."""
        return dict(self._by_name)
