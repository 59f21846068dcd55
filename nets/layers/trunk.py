"""What all networks have around their layers. Imports TensorFlow."""

from __future__ import annotations

import contextlib
import functools
import importlib
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import tensorflow as tf
import tf_slim as slim

from slimhub.nets.layers.batch_norm import batch_norm
from slimhub.nets.layers.dropout import dropout
from slimhub.nets.layers.early_end import EndpointsUpTo, LastLayerReached

if TYPE_CHECKING:
    from slimhub.nets.spec import Layers, NetworkSpec

_WEIGHTS_STDDEV = 0.09  # of the truncated normal that initializes MobileNets


def build_network(
    spec: NetworkSpec,
    images: tf.Tensor,
    *,
    num_classes: int | None,
    is_training: bool,
    batch_norm_momentum: float | tf.Tensor,
) -> dict[str, tf.Tensor]:
    """Builds the network of a spec in the current graph, with its builder or with layers and trunk.

    Arguments and result are those of `build`.
    """
    make = functools.partial(build, spec.layers) if spec.builder is None else spec.builder
    names = contextlib.nullcontext() if tf.inside_function() else compared_by_identity()
    with names, warnings.catch_warnings():
        # TF-Slim's own use of TensorFlow's layers, which cannot be changed here.
        warnings.filterwarnings("ignore", "`layer.(apply|updates)`", UserWarning)
        return make(
            spec,
            images,
            num_classes=num_classes,
            is_training=is_training,
            batch_norm_momentum=batch_norm_momentum,
        )


@contextlib.contextmanager
def compared_by_identity() -> Iterator[None]:
    """Makes TensorFlow compare tensors and variables like TF1, for work on a TF1 graph.

    TF-Slim's layers put all variables into sets for every weight. With TF2 behavior, each
    comparison enters the outermost context, which takes a fifth of the build time.
    """
    tf.compat.v1.disable_tensor_equality()
    try:
        yield
    finally:
        tf.compat.v1.enable_tensor_equality()


def build(
    layers: Layers | str,
    spec: NetworkSpec,
    images: tf.Tensor,
    *,
    num_classes: int | None,
    is_training: bool,
    batch_norm_momentum: float | tf.Tensor,
) -> dict[str, tf.Tensor]:
    """Builds a network in the current graph.

    Args:
      layers: builds the layers up to the features; a function, or its name as `module:function`,
        which is imported here.
      spec: depth multiplier, feature depth, batch norm and dropout constants, logits.
      images: f32[batch, height, width, channels] in the network's own range.
      num_classes: width of the logits, or None for a network without them.
      is_training: whether to use batch statistics and dropout, and to add updates to
        tf.GraphKeys.UPDATE_OPS.
      batch_norm_momentum: fraction of the old moving statistics that an update keeps, in [0, 1].

    Returns:
      Endpoints by name without the scope, in graph order: those of the layers, then the mean over
      height and width, f32[batch, 1, 1, feature_depth] or flat, and, with classes, the logits,
      their softmax and their sigmoid, if the spec has them.
    """
    make_layers = _imported(layers) if isinstance(layers, str) else layers
    endpoints = EndpointsUpTo(spec.last_layer)
    with (
        tf.compat.v1.variable_scope(spec.scope),
        _layer_defaults(spec, is_training, batch_norm_momentum),
    ):
        net = _last_map(make_layers, spec, images, endpoints)
        net = tf.reduce_mean(
            net, [1, 2], keepdims=not spec.features_are_flat, name=spec.feature_endpoint
        )
        endpoints[spec.feature_endpoint] = net
        if num_classes is not None:
            if spec.logits_are_full and not spec.features_are_flat:
                net = tf.squeeze(net, [1, 2], name="Flatten")
            net = dropout(net, name="Dropout")
            if spec.dropout_endpoint is not None:
                endpoints[spec.dropout_endpoint] = net
            logits = _logits(spec, net, num_classes)
            endpoints[spec.logits_endpoint] = logits
            if spec.predictions_endpoint is not None:
                name = spec.predictions_endpoint
                endpoints[name] = tf.nn.softmax(logits, name=name)
            if spec.sigmoid_endpoint is not None:
                name = spec.sigmoid_endpoint
                endpoints[name] = tf.nn.sigmoid(logits, name=name)
    return endpoints


def _last_map(
    make_layers: Layers, spec: NetworkSpec, images: tf.Tensor, endpoints: EndpointsUpTo
) -> tf.Tensor:
    """The map that the features are the mean of.

    Raises:
      ValueError: if there is no endpoint of the name that the spec ends with.
    """
    if spec.last_layer is None:
        return make_layers(spec, images, endpoints)
    with contextlib.suppress(LastLayerReached):
        make_layers(spec, images, endpoints)
    if spec.last_layer not in endpoints:
        raise ValueError(f"the network has no endpoint {spec.last_layer!r} to end with")
    return endpoints[spec.last_layer]


def _imported(reference: str) -> Layers:
    module, _, function = reference.partition(":")
    return cast("Layers", getattr(importlib.import_module(module), function))


def _logits(spec: NetworkSpec, features: tf.Tensor, num_classes: int) -> tf.Tensor:
    if spec.logits_are_full:
        return slim.fully_connected(
            features, num_classes, activation_fn=None, scope=spec.logits_scope
        )
    logits = slim.conv2d(
        features, num_classes, 1, activation_fn=None, normalizer_fn=None, scope=spec.logits_scope
    )
    return tf.squeeze(logits, [1, 2], name="SpatialSqueeze") if spec.logits_are_flat else logits


@contextlib.contextmanager
def _layer_defaults(
    spec: NetworkSpec, is_training: bool, batch_norm_momentum: float | tf.Tensor
) -> Iterator[None]:
    """Batch norm, dropout, padding and initial weights for every layer inside."""
    normalizer = {
        "decay": batch_norm_momentum,
        "rate": 1.0 - batch_norm_momentum,
        "epsilon": spec.batch_norm_epsilon,
        "scale": spec.batch_norm_scale,
        "is_training": is_training,
    }
    with (
        slim.arg_scope(
            [slim.conv2d, slim.separable_conv2d],
            padding="SAME",
            normalizer_fn=batch_norm if spec.has_batch_norm else None,
            weights_initializer=tf.compat.v1.truncated_normal_initializer(stddev=_WEIGHTS_STDDEV),
        ),
        slim.arg_scope([batch_norm], **normalizer),
        slim.arg_scope([dropout], keep=spec.dropout_keep, is_training=is_training),
    ):
        yield
