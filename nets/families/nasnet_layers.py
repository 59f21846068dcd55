"""Layers of NASNet-A and PNASNet-5. Imports TensorFlow.

The original training also drops paths of the larger networks, with a probability that grows over
the training steps. There are no such steps here, so nothing is dropped.
"""

from __future__ import annotations

from typing import cast

import tensorflow as tf
import tf_slim as slim

from slimhub.nets.families.nasnet import Cell, CellNetwork
from slimhub.nets.layers.batch_norm import batch_norm
from slimhub.nets.spec import NetworkSpec

_POOLINGS = {"average": slim.avg_pool2d, "max": slim.max_pool2d}


def layers(spec: NetworkSpec, images: tf.Tensor, endpoints: dict[str, tf.Tensor]) -> tf.Tensor:
    """All layers up to the features.

    Args:
      spec: its definition is a `CellNetwork`.
      images: f32[batch, height, width, channels] in the network's own range.
      endpoints: filled with `Stem`, `Cell_N` and `Reduction_Cell_N`, in graph order.

    Returns:
      f32[batch, height, width, feature_depth], before the mean over height and width.
    """
    definition = cast(CellNetwork, spec.definition)
    bare = {"activation_fn": None, "normalizer_fn": None, "biases_initializer": None}
    with slim.arg_scope([slim.conv2d, slim.separable_conv2d], **bare):
        outputs = _stem(definition, images)
        endpoints["Stem"] = outputs[-1]
        width = definition.width
        for number in range(definition.cells):
            before = outputs[-2]
            is_reduction = number in definition.reductions()
            width *= 2 if is_reduction else 1
            if is_reduction and definition.reduction is not None:
                index = definition.reductions().index(number)
                scope = f"reduction_cell_{index}"
                net = _cell(definition.reduction, width, outputs[-1], before, scope, stride=2)
                endpoints[f"Reduction_Cell_{index}"] = net
                outputs.append(net)
                before = before if definition.skips_reduction else outputs[-2]
            stride = 2 if is_reduction and definition.reduction is None else 1
            net = _cell(definition.normal, width, outputs[-1], before, f"cell_{number}", stride)
            endpoints[f"Cell_{number}"] = net
            outputs.append(net)
        return tf.nn.relu(outputs[-1])


def _stem(definition: CellNetwork, images: tf.Tensor) -> list[tf.Tensor]:
    """A convolution and cells with stride 2, narrower the closer they are to the images."""
    if not definition.stem_cells:
        net = slim.conv2d(images, definition.stem_width, 3, scope="l1_stem_3x3")
        return [None, batch_norm(net, scope="l1_stem_bn")]
    net = slim.conv2d(images, definition.stem_width, 3, stride=2, padding="VALID", scope="conv0")
    outputs = [None, batch_norm(net, scope="conv0_bn")]
    cell = definition.reduction or definition.normal
    for number in range(definition.stem_cells):
        width = int(definition.width / 2 ** (definition.stem_cells - number))
        scope = f"cell_stem_{number}"
        outputs.append(_cell(cell, width, outputs[-1], outputs[-2], scope, stride=2))
    return outputs


def _cell(
    cell: Cell,
    width: int,
    net: tf.Tensor,
    before: tf.Tensor | None,
    scope: str,
    stride: int,
) -> tf.Tensor:
    with tf.compat.v1.variable_scope(scope):
        before = net if before is None else _fitted(before, net, width)
        states = [_one_by_one(tf.nn.relu(net), width, "1x1", "beginning_bn"), before]
        for number, sides in enumerate(cell.combinations):
            with tf.compat.v1.variable_scope(f"comb_iter_{number}"):
                left, right = (
                    _operation(text, states, width, side, stride)
                    for side, text in zip(("left", "right"), sides, strict=True)
                )
                states.append(left + right)
        return tf.concat([_output(states[number], number, width) for number in cell.output], 3)


def _output(state: tf.Tensor, number: int, width: int) -> tf.Tensor:
    """A state that a cell concatenates: the first cell for CIFAR has one of another width."""
    if state.shape[-1] == width:
        return state
    with tf.compat.v1.variable_scope(f"cell_output/reduction_{number}"):
        return _one_by_one(state, width, "path_conv", "path_bn")


def _operation(
    text: str, states: list[tf.Tensor], width: int, scope: str, stride: int
) -> tf.Tensor:
    """One operand of a combination; only the cell's inputs are strided."""
    operation, state = text.split()
    net, stride = states[int(state)], stride if int(state) < 2 else 1
    with tf.compat.v1.variable_scope(scope):
        if operation == "identity":
            if stride == 1 and net.shape[-1] == width:
                return net
            return _one_by_one(tf.nn.relu(net), width, "1x1", "bn_1", stride)
        if operation in _POOLINGS:
            net = _POOLINGS[operation](net, 3, stride=stride, padding="SAME")
            return net if net.shape[-1] == width else _one_by_one(net, width, "1x1", "bn_1")
        for number, step in ((1, stride), (2, 1)):
            name = f"{operation}_{number}"
            net = slim.separable_conv2d(
                tf.nn.relu(net),
                width,
                int(operation[0]),
                depth_multiplier=1,
                stride=step,
                scope=f"separable_{name}",
            )
            net = batch_norm(net, scope=f"bn_sep_{name}")
        return net


def _fitted(before: tf.Tensor, net: tf.Tensor, width: int) -> tf.Tensor:
    """The output of the cell before the last one, fitted to this cell's width and height."""
    if before.shape[2] != net.shape[2]:
        return _halved(tf.nn.relu(before), width)
    if before.shape[-1] != width:
        return _one_by_one(tf.nn.relu(before), width, "prev_1x1", "prev_bn")
    return before


def _halved(net: tf.Tensor, width: int) -> tf.Tensor:
    """Every second pixel, once without and once with an offset, each for half of the width."""
    shifted = tf.pad(net, [[0, 0], [0, 1], [0, 1], [0, 0]])[:, 1:, 1:]
    widths = (width // 2, width - width // 2)
    paths = [
        slim.conv2d(tf.nn.avg_pool2d(path, 1, 2, "VALID"), depth, 1, scope=f"path{number}_conv")
        for number, (path, depth) in enumerate(zip((net, shifted), widths, strict=True), 1)
    ]
    return batch_norm(tf.concat(paths, 3), scope="final_path_bn")


def _one_by_one(
    net: tf.Tensor, width: int, scope: str, norm_scope: str, stride: int = 1
) -> tf.Tensor:
    net = slim.conv2d(net, width, 1, stride=stride, scope=scope)
    return batch_norm(net, scope=norm_scope)
