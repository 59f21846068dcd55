"""Checks the contract, line by line, on the saved object graph and the loaded object."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from slimhub.common import files
from slimhub.common.tensorflow_internals import concrete_functions
from slimhub.common.text import count
from slimhub.export import signature_names
from slimhub.export.savedmodel import portable
from slimhub.export.signature_names import ENCODED_IMAGES, IMAGES
from slimhub.export.verify.checks import best_classes_check, distribution, main_graph
from slimhub.export.verify.proof import Check, passed_or_failed
from slimhub.export.verify.reference import pictures
from slimhub.export.verify.reference.artifact import Artifact
from slimhub.export.verify.subject import Subject

_ARGUMENTS = ["inputs", "training", "return_endpoints", "batch_norm_momentum"]
_DEFAULTS = (False, False, 0.99)
_PUBLISHED_CHILDREN = {
    "__call__",
    "variables",
    "trainable_variables",
    "regularization_losses",
    "signatures",
}
_OWN_CHILDREN = {"serve", "train"}  # in addition to the published modules
_OPTIONAL_CHILDREN = {"labels"}

# Takes artifact and subject, returns complaints.
Line = Callable[[Artifact, Subject], Iterator[str]]


def check(artifact: Artifact, subject: Subject) -> list[Check]:
    """Checks every line that does not need the source.

    Args:
      artifact: what is checked.
      subject: the network it claims to be.
    """
    checks = [_run(name, line, artifact, subject) for name, line in LINES.items()]
    checks += [
        _run(name, line, artifact, subject)
        if _has_own_endpoints(artifact)
        else Check("contract", name, "not run", "not written by slimhub")
        for name, line in OWN_LINES.items()
    ]
    checks += best_classes_check.check(artifact, subject)
    return [*checks, distribution.check(artifact)]


def _run(name: str, line: Line, artifact: Artifact, subject: Subject) -> Check:
    try:
        return passed_or_failed("contract", name, list(line(artifact, subject)))
    except Exception as error:  # whatever a strange artifact makes TensorFlow raise
        return Check("contract", name, "failed", f"{type(error).__name__}: {error}")


def _has_own_endpoints(artifact: Artifact) -> bool:
    return artifact.record is not None or set(artifact.children()) >= _OWN_CHILDREN


def _one_meta_graph(artifact: Artifact, subject: Subject) -> Iterator[str]:
    tags = [list(meta_graph.meta_info_def.tags) for meta_graph in artifact.proto.meta_graphs]
    if tags != [["serve"]]:
        yield f"MetaGraphs with tags {tags}, expected one with the tag serve"


def _children(artifact: Artifact, subject: Subject) -> Iterator[str]:
    found = {name for name in artifact.children() if "/" not in name}
    wanted = _PUBLISHED_CHILDREN | (_OWN_CHILDREN if artifact.record is not None else set())
    if missing := wanted - found:
        yield f"the object lacks {', '.join(sorted(missing))}"
    if more := found - wanted - _OWN_CHILDREN - _OPTIONAL_CHILDREN:
        yield f"the object also has {', '.join(sorted(more))}"


def _arguments(artifact: Artifact, subject: Subject) -> Iterator[str]:
    spec = inspect.getfullargspec(artifact.loaded.__call__)
    found = [name for name in spec.args if name != "self"]
    if found != _ARGUMENTS:
        yield f"__call__ takes {found}, expected {_ARGUMENTS}"
    if spec.defaults != _DEFAULTS:
        yield f"their defaults are {spec.defaults}, expected {_DEFAULTS}"


def _concrete_functions(artifact: Artifact, subject: Subject) -> Iterator[str]:
    images = tf.TensorSpec((None, *subject.spec().accepted_shape), tf.float32, name="inputs")
    momentum = tf.TensorSpec((), tf.float32, name="batch_norm_momentum")
    functions = concrete_functions(artifact.loaded.__call__)
    signatures = [function.structured_input_signature for function in functions]
    if len(signatures) != 4:
        yield f"__call__ has {count(len(signatures), 'concrete function')}, expected 4"
    for training in (False, True):
        for return_endpoints in (False, True):
            wanted = (images, training, return_endpoints, momentum)
            if (wanted, {}) not in signatures:
                yield f"no concrete function for {wanted}"


def _variables(artifact: Artifact, subject: Subject) -> Iterator[str]:
    listed = {id(variable) for variable in artifact.loaded.variables}
    touched = {
        id(variable): variable.name
        for function in concrete_functions(artifact.loaded.__call__)
        for variable in function.graph.variables
    }
    if unlisted := [name for key, name in touched.items() if key not in listed]:
        yield f"variables lacks {', '.join(sorted(unlisted)[:3])}"
    if len(listed - set(touched)) > 0:
        yield f"variables has {len(listed - set(touched))} that no call uses"


def _trainable_variables(artifact: Artifact, subject: Subject) -> Iterator[str]:
    trainable = {id(variable) for variable in artifact.loaded.trainable_variables}
    for variable in artifact.loaded.variables:
        is_statistic = "/moving_" in variable.name
        if (id(variable) in trainable) == is_statistic:
            listed = "is" if is_statistic else "is not"
            yield f"{variable.name} {listed} in trainable_variables"
        elif variable.trainable == is_statistic:
            yield f"{variable.name} has trainable={variable.trainable}"


def _regularization(artifact: Artifact, subject: Subject) -> Iterator[str]:
    losses = artifact.loaded.regularization_losses
    if len(losses) != 1:
        yield f"{count(len(losses), 'regularization loss', 'regularization losses')}, expected one"
        return
    loss = losses[0]()
    if loss.dtype != tf.float32 or loss.shape != ():
        yield f"the regularization loss is {loss.dtype.name}{loss.shape}, expected a float32 scalar"


def _regularization_gradients(artifact: Artifact, subject: Subject) -> Iterator[str]:
    """That of weight_decay * sum(w**2) / 2 is weight_decay * w."""
    spec, variables = subject.spec(), artifact.values()
    with tf.GradientTape() as tape:
        losses = [loss() for loss in artifact.loaded.regularization_losses]
    found = tape.gradient(losses, variables)
    for name, variable in variables.items():
        if not spec.is_regularized(name):
            if found[name] is not None and np.any(found[name]):
                yield f"{name} has a gradient of the loss, but is not regularized"
        elif found[name] is None:
            yield f"{name} has no gradient of the loss"
        elif not np.allclose(found[name], spec.weight_decay * variable.numpy(), rtol=1e-6, atol=0):
            yield f"the gradient of the loss for {name} is not weight decay times its value"


def _output(artifact: Artifact, subject: Subject) -> Iterator[str]:
    width = subject.spec().output_width(subject.task)
    for function in concrete_functions(artifact.loaded.__call__):
        outputs = function.structured_outputs
        output = outputs["default"] if isinstance(outputs, dict) else outputs
        if output.dtype != tf.float32 or output.shape.as_list() != [None, width]:
            found = f"{output.dtype.name}{output.shape}"
            yield f"the output is {found}, expected float32(None, {width})"


def _refusals(artifact: Artifact, subject: Subject) -> Iterator[str]:
    spec = subject.spec()
    height, width, channels = spec.image_shape
    wrong = {
        "float64 images": np.zeros((1, height, width, channels)),
        "images of other channels": np.zeros((1, height, width, channels + 1), np.float32),
    }
    if not spec.size_is_free:
        wrong["images of another size"] = np.zeros((1, height + 1, width, channels), np.float32)
    for what, batch in wrong.items():
        try:
            artifact.loaded(tf.constant(batch))
        except ValueError as error:
            if "TensorSpec(shape=" not in str(error):
                yield f"{what} are refused without listing the signatures: {error}"
        else:
            yield f"{what} are not refused"


def _signatures(artifact: Artifact, subject: Subject) -> Iterator[str]:
    signatures = artifact.proto.meta_graphs[0].signature_def
    known = {*signature_names.of_network(subject.spec(), subject.task), "__saved_model_init_op"}
    more = sorted(set(signatures) - known)
    if more and artifact.record is not None:
        yield f"also {', '.join(more)}, which is not part of the contract"
    recorded = artifact.record.output.signatures if artifact.record is not None else None
    for name in sorted({IMAGES, *(recorded or ())} - set(signatures)):
        yield f"the signature {name} is missing"
    if IMAGES not in signatures:
        return
    signature = signatures[IMAGES]
    output = "logits" if subject.is_classification else "feature_vector"
    for found, wanted in (
        (signature.inputs, {"inputs": "serving_default_inputs:0"}),
        (signature.outputs, {output: "StatefulPartitionedCall:0"}),
    ):
        names = {key: info.name for key, info in found.items()}
        if names != wanted:
            yield f"serving_default has {names}, expected {wanted}"
        types = {info.dtype for info in found.values()} - {tf.float32.as_datatype_enum}
        if types:
            yield f"serving_default has tensors of type {[tf.as_dtype(t).name for t in types]}"


def _encoded(artifact: Artifact, subject: Subject) -> Iterator[str]:
    if not subject.spec().takes_encoded_images:
        return  # `_signatures` refuses it
    signature = artifact.loaded.signatures[ENCODED_IMAGES]
    (served,) = signature(encoded=tf.constant([pictures.photograph_file()])).values()
    expected = artifact.loaded(tf.constant(pictures.photograph(subject.spec().image_shape)))
    if not np.array_equal(served, expected):
        yield f"{ENCODED_IMAGES} does not return the same as decoding, resizing and calling"


def _serve_and_train(artifact: Artifact, subject: Subject) -> Iterator[str]:
    for name in sorted(_OWN_CHILDREN):
        functions = concrete_functions(getattr(artifact.loaded, name))
        if [len(f.structured_input_signature[0]) for f in functions] != [1]:
            yield f"{name} is not a single function of only the images"


def _labels(artifact: Artifact, subject: Subject) -> Iterator[str]:
    expected = artifact.record.labels if artifact.record else None
    asset = getattr(artifact.loaded, "labels", None)
    if (asset is None) != (expected is None):
        yield f"labels are {'in' if asset else 'not in'} the object, contrary to the record"
    elif asset is not None and expected is not None:
        text = tf.io.gfile.GFile(asset.asset_path.numpy().decode()).read()
        labels, width = len(text.splitlines()), subject.spec().output_width(subject.task)
        if labels != width:
            yield f"{count(labels, 'label')} for {count(width, 'logit')}"
        if expected.sha256 not in (None, files.digest_text(text).sha256):
            yield "the labels do not match the record: their sha256 differs"


def _portable(artifact: Artifact, subject: Subject) -> Iterator[str]:
    again = saved_model_pb2.SavedModel()
    again.CopyFrom(artifact.proto)
    for step in portable.STEPS:
        step(again)
        if again != artifact.proto:
            yield f"the step {step.__name__} was not applied: older releases fail without it"
            again.CopyFrom(artifact.proto)


def _main_graph(artifact: Artifact, subject: Subject) -> Iterator[str]:
    yield from main_graph.complaints(artifact)


LINES: dict[str, Line] = {
    "one MetaGraph with the tag serve": _one_meta_graph,
    "children of the object": _children,
    "arguments of __call__ and their defaults": _arguments,
    "four concrete functions": _concrete_functions,
    "variables are all that a call touches": _variables,
    "trainable variables, without moving statistics": _trainable_variables,
    "one regularization loss": _regularization,
    "gradients of the regularization loss": _regularization_gradients,
    "type and width of the output": _output,
    "wrong images are refused": _refusals,
    "signatures, and the tensors of serving_default": _signatures,
}
OWN_LINES: dict[str, Line] = {
    "endpoints serve and train": _serve_and_train,
    "encoded images": _encoded,
    "labels": _labels,
    "portable to older releases": _portable,
    "sessions call and restore the same": _main_graph,
}
