"""Faults to plant in an artifact that is on disk: in its graph or in its variables."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

_KEY = "variables/{}/.ATTRIBUTES/VARIABLE_VALUE"
INFERENCE, TRAINING = "__inference_inference_", "__inference_training_"


def edit_graph(folder, change, functions=(INFERENCE, TRAINING)):
    """Changes functions, by default the two that compute.

    `change` takes nodes by name, and the function; `functions` are the beginnings of names.
    """
    path = Path(folder, "saved_model.pb")
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    for function in saved.meta_graphs[0].graph_def.library.function:
        if function.signature.name.startswith(functions):
            change({node.name: node for node in function.node_def}, function)
    path.write_bytes(saved.SerializeToString())


def edit_variables(folder, change):
    """Changes values; `change` takes arrays by variable name, and alters or replaces them."""
    names = variable_names(folder)
    prefix = str(Path(folder, "variables", "variables"))
    reader = tf.train.load_checkpoint(prefix)
    tensors = {key: reader.get_tensor(key) for key in reader.get_variable_to_shape_map()}
    values = {name: tensors[_KEY.format(i)] for i, name in enumerate(names)}
    change(values)
    tensors |= {_KEY.format(i): values[name] for i, name in enumerate(names)}
    for file in Path(folder, "variables").iterdir():
        file.unlink()
    keys = sorted(tensors)
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=keys,
        shape_and_slices=[""] * len(keys),
        tensors=[tensors[key] for key in keys],
    )


def variable_names(folder):
    """Names in the order of the object's list of variables."""
    saved = saved_model_pb2.SavedModel.FromString(Path(folder, "saved_model.pb").read_bytes())
    nodes = saved.meta_graphs[0].object_graph_def.nodes
    children = {child.local_name: nodes[child.node_id] for child in nodes[0].children}
    listed = {c.local_name: nodes[c.node_id] for c in children["variables"].children}
    return [listed[str(i)].variable.name for i in range(len(listed))]


def swap_beta_and_mean(values):
    layer = "MobilenetV3/expanded_conv_2/project/BatchNorm/"
    beta, mean = f"{layer}beta", f"{layer}moving_mean"
    values[beta], values[mean] = values[mean], values[beta]


def transpose_kernel(values):
    name = "MobilenetV3/Conv/weights"
    values[name] = values[name].transpose(1, 0, 2, 3)


def shift_logits(values):
    for leaf in ("weights", "biases"):
        name = f"MobilenetV3/Logits/Conv2d_1c_1x1/{leaf}"
        values[name] = np.roll(values[name], 1, axis=-1)


def flip_one_bit(values):
    name = "MobilenetV3/expanded_conv_4/expand/weights"
    bits = values[name].view(np.uint32)
    bits.flat[5] ^= 1


def change_epsilon(nodes, function):
    nodes["MobilenetV3/expanded_conv_3/depthwise/BatchNorm/FusedBatchNormV3"].attr[
        "epsilon"
    ].f = 1e-5


def drop_the_sixth(nodes, function):
    scaled = nodes["MobilenetV3/expanded_conv_5/expand/mul_1"]
    constant = nodes[scaled.input[1].split(":")[0]]
    assert np.isclose(tf.make_ndarray(constant.attr["value"].tensor), 1 / 6)
    one = function.node_def.add()  # all layers share the constant
    one.CopyFrom(constant)
    one.name = "one"
    one.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(np.float32(1)))
    scaled.input[1] = "one:output:0"


def bypass_squeeze_excite(nodes, function):
    block = "MobilenetV3/expanded_conv_6/"
    convolution = nodes[f"{block}project/Conv2D"]
    excited = nodes[f"{block}squeeze_excite/mul_1"]
    assert convolution.input[0] == f"{block}squeeze_excite/mul_1:z:0"
    convolution.input[0] = excited.input[1]


def invert_momentum(nodes, function):
    for name, node in nodes.items():
        if name.endswith(("BatchNorm/mul", "BatchNorm/mul_2")):
            which = "sub" if name.endswith("mul") else "sub_1"
            prefix = name.rsplit("/", 1)[0]
            blend = nodes[f"{prefix}/{'mul_1' if which == 'sub' else 'mul_3'}"]
            node.input[0], blend.input[0] = blend.input[0], node.input[0]


def skip_updates(nodes, function):
    """Of the last batch norm: its moving statistics are assigned what they are."""
    for name, node in nodes.items():
        if node.op == "AssignVariableOp" and "/Conv_1/BatchNorm/" in name:
            which = "mul_2" if name.endswith("_1") else "mul"
            prefix = name.rsplit("/", 1)[0]
            node.input[1] = f"{prefix}/{which}/ReadVariableOp:value:0"


def scale_input_otherwise(nodes, function):
    constant = nodes["mul/y"].attr["value"].tensor
    constant.CopyFrom(tf.make_tensor_proto(np.float32(1)))
    nodes["sub/y"].attr["value"].tensor.CopyFrom(tf.make_tensor_proto(np.float32(0)))


def move_statistics_faster(nodes, function):
    (momentum,) = (node for node in nodes.values() if node.op == "Const")
    momentum.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(np.float32(0.5)))


def stop_gradient(nodes, function):
    (output,) = function.ret.values()
    nodes[output.split(":")[0]].op = "StopGradient"


def freeze_statistics(nodes, function):
    """Of the call without endpoints alone."""
    called = {name: n.attr["f"].func.name for name, n in nodes.items() if "f" in n.attr}
    calls = [nodes[name] for name, callee in called.items() if callee.startswith(TRAINING)]
    if not calls or len(function.ret) > 1:
        return
    (call,) = calls
    one = function.node_def.add(name="one", op="Const")
    one.attr["dtype"].type = tf.float32.as_datatype_enum
    one.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(np.float32(1)))
    call.input[list(call.input).index("batch_norm_momentum")] = "one:output:0"


def restore_twice(nodes, function):
    """Assigns gamma's value to beta as well."""
    assigned = [node for node in nodes.values() if node.op == "AssignVariableOp"]
    gamma, beta = (
        next(n for n in assigned if n.input[0].endswith(f"mobilenetv3_conv_batchnorm_{leaf}"))
        for leaf in ("gamma", "beta")
    )
    beta.input[1] = gamma.input[1]


def swap_in_main_graph(folder, name):
    """Gives one call of the main graph beta for gamma: only sessions run it."""
    path = Path(folder, "saved_model.pb")
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    (call,) = (node for node in saved.meta_graphs[0].graph_def.node if node.name == name)
    layer = "MobilenetV3/Conv/BatchNorm/"
    gamma, beta = (list(call.input).index(layer + leaf) for leaf in ("gamma", "beta"))
    call.input[gamma], call.input[beta] = call.input[beta], call.input[gamma]
    path.write_bytes(saved.SerializeToString())
