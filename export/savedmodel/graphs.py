"""Builds a network once for inference and once for training. Imports TensorFlow."""

from __future__ import annotations

import dataclasses

import tensorflow as tf

from slimhub.export.savedmodel.variables import SharedVariables
from slimhub.nets import NetworkSpec
from slimhub.nets.layers import trunk

DEFAULT_KEY = "default"  # endpoint of the task's own output


@dataclasses.dataclass(frozen=True)
class Graphs:
    """The two graphs of a network, which share their variables.

    Attributes:
      inference: concrete function of images f32[batch, height, width, channels] in [0, 1] and
        batch_norm_momentum f32[], which it does not use, to a dict of endpoints: the task's output
        under `default`, the others with the network's scope in front.
      training: the same with batch statistics and dropout; a call updates the moving statistics.
      variables: shared by both.
    """

    inference: tf.types.experimental.ConcreteFunction
    training: tf.types.experimental.ConcreteFunction
    variables: SharedVariables

    def infer(self, inputs: tf.Tensor) -> tf.Tensor:
        """The task's output for images f32[batch, height, width, channels] in [0, 1]."""
        output: tf.Tensor = self.inference(inputs, tf.constant(0.0))[DEFAULT_KEY]
        return output


def build(spec: NetworkSpec, task: str) -> Graphs:
    """Builds both graphs; the variables are zero.

    Args:
      spec: the network.
      task: one of `nets.TASKS`.
    """
    variables = SharedVariables()
    images, momentum = input_specs(spec)

    def training(inputs: tf.Tensor, batch_norm_momentum: tf.Tensor) -> dict[str, tf.Tensor]:
        return _endpoints(spec, task, variables, inputs, True, batch_norm_momentum)

    return Graphs(
        inference=build_inference(spec, task, variables),
        training=tf.function(training, autograph=False).get_concrete_function(images, momentum),
        variables=variables,
    )


def build_inference(
    spec: NetworkSpec, task: str, variables: SharedVariables
) -> tf.types.experimental.ConcreteFunction:
    """The graph of inference, see `Graphs`.

    Args:
      spec: the network.
      task: one of `nets.TASKS`.
      variables: made where they are missing.
    """

    # It takes the momentum so that it is all that the call which returns all endpoints does: then
    # `forwarders` uses it in place of that call.
    def inference(inputs: tf.Tensor, batch_norm_momentum: tf.Tensor) -> dict[str, tf.Tensor]:
        return _endpoints(spec, task, variables, inputs, False, 0.0)

    return tf.function(inference, autograph=False).get_concrete_function(*input_specs(spec))


def input_specs(spec: NetworkSpec) -> tuple[tf.TensorSpec, tf.TensorSpec]:
    """The arguments of `__call__`: `inputs` f32[batch, H, W, C] and `batch_norm_momentum` f32[]."""
    return (
        tf.TensorSpec([None, *spec.accepted_shape], tf.float32, name="inputs"),
        tf.TensorSpec([], tf.float32, name="batch_norm_momentum"),
    )


def _endpoints(
    spec: NetworkSpec,
    task: str,
    variables: SharedVariables,
    images: tf.Tensor,
    is_training: bool,
    momentum: float | tf.Tensor,
) -> dict[str, tf.Tensor]:
    with tf.compat.v1.variable_scope("", custom_getter=variables.get, use_resource=True):
        endpoints = trunk.build_network(
            spec,
            spec.input_scaling.apply(images),
            num_classes=spec.num_classes if task == "classification" else None,
            is_training=is_training,
            batch_norm_momentum=momentum,
        )
    key = spec.logits_endpoint if task == "classification" else spec.feature_endpoint
    if key not in endpoints:
        raise ValueError(f"the network has no endpoint {key!r}, only {', '.join(endpoints)}")
    output = endpoints[key]
    if output.shape.rank == 4:
        output = tf.squeeze(output, [1, 2], name=task)
    if task == "classification" and spec.drop_background:
        output = output[:, 1:]
    if output.shape[-1] != spec.output_width(task):
        raise ValueError(
            f"the {task} has width {output.shape[-1]}, but the spec says {spec.output_width(task)}"
        )
    return {DEFAULT_KEY: output} | {spec.endpoint_key(key): t for key, t in endpoints.items()}
