"""MobileNet V2, V3 and EdgeTPU as TF-Slim graphs. Imports TensorFlow."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, cast

import tensorflow as tf
import tf_slim as slim

from slimhub.nets.layers.dilation import Strides
from slimhub.nets.layers.rounding import round8

if TYPE_CHECKING:
    from slimhub.nets.families.inverted_residual import Block, InvertedResidualNetwork
    from slimhub.nets.spec import NetworkSpec

# The original's squeeze-excite gate uses this rounded literal, hard swish uses 1/6 in float32.
_GATE_SLOPE = 0.16667
_SWISH_SLOPE = 1.0 / 6.0
_SQUEEZE_FACTOR = 4  # the gate's hidden layer is narrower by this factor


def hard_swish(x: tf.Tensor) -> tf.Tensor:
    """X * relu6(x + 3) * (1/6) of "Searching for MobileNetV3", any shape, f32."""
    return x * tf.nn.relu6(x + 3.0) * tf.constant(_SWISH_SLOPE, tf.float32)


_ACTIVATIONS = {"relu": tf.nn.relu, "relu6": tf.nn.relu6, "hard_swish": hard_swish}


def layers(spec: NetworkSpec, net: tf.Tensor, endpoints: dict[str, tf.Tensor]) -> tf.Tensor:
    """All layers up to the features.

    Args:
      spec: its definition is an `InvertedResidualNetwork`; depth multiplier, feature depth and
        output stride.
      net: images f32[batch, height, width, channels] in the network's own range.
      endpoints: filled with `layer_1` ..., and for each block `layer_N/expansion_output`,
        `/depthwise_output` and `/output`, in graph order.

    Returns:
      f32[batch, height, width, feature_depth], before the mean over height and width.
    """
    definition = cast("InvertedResidualNetwork", spec.definition)
    activation = _ACTIVATIONS[definition.activation]
    strides = Strides(spec.output_stride)

    def next_layer() -> str:
        return f"layer_{sum('/' not in name for name in endpoints) + 1}"

    net = slim.conv2d(
        net,
        round8(definition.stem_width * spec.depth_multiplier),
        3,
        stride=strides.of(2)[0],
        activation_fn=activation,
        scope="Conv",
    )
    endpoints["layer_1"] = net
    for index, block in enumerate(definition.blocks):
        layer = next_layer()
        scope = f"expanded_conv_{index}" if index else "expanded_conv"
        stride, rate = strides.of(block.stride)
        block = dataclasses.replace(block, stride=stride)
        outputs = _expanded_conv(net, block, rate, spec.depth_multiplier, scope)
        net = outputs["output"]
        endpoints.update({f"{layer}/{name}": tensor for name, tensor in outputs.items()})
        endpoints[layer] = net

    if definition.last_width is None:
        net = slim.conv2d(net, spec.feature_depth, 1, activation_fn=activation, scope="Conv_1")
        endpoints[next_layer()] = net
        return net

    width = round8(definition.last_width * spec.depth_multiplier)
    net = slim.conv2d(net, width, 1, activation_fn=activation, scope="Conv_1")
    endpoints[next_layer()] = net
    net = tf.reduce_mean(net, [1, 2], keepdims=True, name="pool")
    endpoints[next_layer()] = net
    net = slim.conv2d(
        net, spec.feature_depth, 1, activation_fn=activation, normalizer_fn=None, scope="Conv_2"
    )
    endpoints[next_layer()] = net
    return net


def _expanded_conv(
    net: tf.Tensor, block: Block, rate: int, depth_multiplier: float, scope: str
) -> dict[str, tf.Tensor]:
    """One inverted residual block; returns its endpoints, the last of which is `output`.

    The depthwise kernel is dilated by `rate`.
    """
    inputs, width_in = net, net.shape[-1]
    width = round8(block.width * depth_multiplier)
    expanded = round8(width_in * block.expansion)
    activation = _ACTIVATIONS[block.activation]
    outputs = {}
    with tf.compat.v1.variable_scope(scope):
        if expanded > width_in:
            net = slim.conv2d(
                net,
                expanded,
                block.kernel if block.fused else 1,
                stride=block.stride if block.fused else 1,
                activation_fn=activation,
                scope="expand",
            )
            outputs["expansion_output"] = net
        if not block.fused:
            net = slim.separable_conv2d(
                net,
                None,  # depthwise only
                block.kernel,
                depth_multiplier=1,
                stride=block.stride,
                rate=rate,
                activation_fn=activation,
                scope="depthwise",
            )
            outputs["depthwise_output"] = net
        if block.squeeze_excite:
            net = _squeeze_excite(net)
        net = slim.conv2d(net, width, 1, activation_fn=None, scope="project")
        if block.residual and block.stride == 1 and width == width_in:
            net = net + inputs
        outputs["output"] = tf.identity(net, name="output")
    return outputs


def _squeeze_excite(net: tf.Tensor) -> tf.Tensor:
    """Gates each channel with a small network on the spatial means."""
    width = net.shape[-1]
    with (
        tf.compat.v1.variable_scope("squeeze_excite"),
        slim.arg_scope([slim.conv2d], normalizer_fn=None),
    ):
        squeezed = tf.reduce_mean(net, [1, 2], keepdims=True)
        hidden = slim.conv2d(
            squeezed, round8(width / _SQUEEZE_FACTOR), 1, activation_fn=tf.nn.relu, scope="Conv"
        )
        gate = slim.conv2d(hidden, width, 1, activation_fn=None, scope="Conv_1")
        return tf.nn.relu6(gate + 3.0) * _GATE_SLOPE * net
