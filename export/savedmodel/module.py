"""The object that is saved: a network with the public interface. Imports TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from slimhub.common.tensorflow_internals import saver_context
from slimhub.export.savedmodel import graphs
from slimhub.nets import NetworkSpec

DEFAULT_MOMENTUM = 0.99  # of the moving statistics, as in the published modules


class HubModule(tf.Module):
    """A network for one task, as users of TensorFlow Hub call it.

    Attributes:
      variables: every variable that a call can use.
      trainable_variables: the same without moving statistics.
      regularization_losses: a list of one function without arguments that returns the f32 loss.
    """

    # tf.Module computes these two; here they are attributes, so that they are saved.
    variables: Sequence[tf.Variable] = ()
    trainable_variables: Sequence[tf.Variable] = ()

    def __init__(self, spec: NetworkSpec, built: graphs.Graphs, labels: str | None = None) -> None:
        """Wraps built graphs.

        Args:
          spec: the network.
          built: its graphs for the task.
          labels: path of a text file with one label per line, saved as an asset.
        """
        super().__init__()
        self._graphs = built  # of a class that tf.Module does not look into
        self.variables = built.variables.all()
        self.trainable_variables = built.variables.trainable()
        self.regularization_losses = [_regularization_loss(spec, built)]
        if labels is not None:
            self.labels = tf.saved_model.Asset(labels)
        images, momentum = graphs.input_specs(spec)
        # The saver asks for these again in its own context; functions traced outside one would be
        # traced again.
        with saver_context():
            for training in (False, True):
                for return_endpoints in (False, True):
                    self.__call__.get_concrete_function(
                        images, training, return_endpoints, momentum
                    )
            self.serve.get_concrete_function(images)
            self.train.get_concrete_function(images)

    @tf.function(autograph=False)
    def __call__(
        self,
        inputs: tf.Tensor,
        training: bool = False,
        return_endpoints: bool = False,
        batch_norm_momentum: float | tf.Tensor = DEFAULT_MOMENTUM,
    ) -> tf.Tensor | dict[str, tf.Tensor]:
        """Runs the network.

        Args:
          inputs: f32[batch, height, width, channels] in [0, 1]; three channels are RGB.
          training: whether to use batch statistics, and to update the moving statistics.
          return_endpoints: whether to return all endpoints instead of only the output.
          batch_norm_momentum: m in [0, 1]; in training, each moving statistic becomes m * old + (1
            - m) * batch.

        Returns:
          f32[batch, features] or, for classification, logits f32[batch, classes]; or a flat dict of
          all endpoints, with that output under `default`.
        """
        if training:
            endpoints = self._graphs.training(inputs, batch_norm_momentum)
        else:
            endpoints = self._graphs.inference(inputs, batch_norm_momentum)
        return endpoints if return_endpoints else endpoints[graphs.DEFAULT_KEY]

    # Keras 3 has no hub.KerasLayer; its TFSMLayer calls endpoints with one input.

    @tf.function(autograph=False)
    def serve(self, inputs: tf.Tensor) -> tf.Tensor:
        """The output of inference, for `call_endpoint` of keras.layers.TFSMLayer."""
        return self._graphs.infer(inputs)

    @tf.function(autograph=False)
    def train(self, inputs: tf.Tensor) -> tf.Tensor:
        """The output in training mode with the default momentum, for `call_training_endpoint`."""
        return self._graphs.training(inputs, tf.constant(DEFAULT_MOMENTUM))[graphs.DEFAULT_KEY]


def _regularization_loss(
    spec: NetworkSpec, built: graphs.Graphs
) -> tf.types.experimental.PolymorphicFunction:
    regularized = [
        variable for name, variable in built.variables.named().items() if spec.is_regularized(name)
    ]

    def regularization_loss() -> tf.Tensor:
        if not regularized:
            return tf.constant(0.0)
        return spec.weight_decay * tf.add_n([tf.nn.l2_loss(variable) for variable in regularized])

    return tf.function(regularization_loss, input_signature=[], autograph=False)
