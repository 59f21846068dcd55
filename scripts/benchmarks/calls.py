"""Calls an artifact and Keras' export, in turn in one process. Imports TensorFlow."""

from __future__ import annotations

import functools
import os
import re
import time
from pathlib import Path

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # before TensorFlow: hub.KerasLayer uses that Keras

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from scripts.benchmarks.costs import in_turn

_SIZE = 224  # pixels
_CLASSES = 1001
_WARMING = 5  # calls before those that are measured
_STEP_BATCH = 16  # images
_IS_CALL = re.compile(r" = (Stateful)?PartitionedCall\(")


def inference(ours: str, theirs: str, batch: str) -> dict[str, float]:
    """Median seconds of one call of the endpoint `serve` of each, and of our `__call__`."""
    images = _images(int(batch))
    module, peer = tf.saved_model.load(ours), tf.saved_model.load(theirs)
    calls = {
        "ours": lambda: module.serve(images).numpy(),
        "theirs": lambda: peer.serve(images).numpy(),
        "call": lambda: module(images).numpy(),
    }
    in_turn(calls, _WARMING)
    return in_turn(calls, 200 if int(batch) == 1 else 60)


def fine_tuning(ours: str, steps: str = "60") -> dict[str, float]:
    """Median seconds of one gradient descent step on 16 images that trains all variables.

    The artifact has an L2 loss, which Keras adds; the peer is measured both with the same loss
    (`theirs`) and without any (`bare`).

    Args:
      ours: folder of the artifact.
      steps: of each model, in turn.
    """
    import tensorflow_hub as hub
    import tf_keras

    def peer() -> tf_keras.Model:
        return tf_keras.applications.MobileNetV3Small(
            alpha=0.75, weights=None, classes=_CLASSES, classifier_activation=None
        )

    layer = hub.KerasLayer(ours, trainable=True, input_shape=[_SIZE, _SIZE, 3])
    models = {"ours": tf_keras.Sequential([layer]), "theirs": peer(), "bare": peer()}
    kernels = [v for v in models["theirs"].trainable_variables if "/kernel" in v.name]
    models["theirs"].add_loss(lambda: 4e-5 * tf.add_n([tf.nn.l2_loss(v) for v in kernels]))
    images, labels = _images(_STEP_BATCH), np.arange(_STEP_BATCH)
    for model in models.values():
        model.compile("sgd", tf_keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    calls = {
        name: lambda model=model: model.train_on_batch(images, labels)
        for name, model in models.items()
    }
    in_turn(calls, _WARMING)
    return in_turn(calls, int(steps))


def kernel_share(ours: str, batch: str) -> float:
    """Share of a call's time in which a TensorFlow kernel runs.

    The rest goes to the caller, the dispatch of the function and the executor.
    """
    images = _images(int(batch))
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        graph = tf.compat.v1.saved_model.load(session, ["serve"], ours)
        signature = graph.signature_def["serving_default"]
        output = signature.outputs["logits"].name
        feed = {signature.inputs["inputs"].name: images}
        for _ in range(_WARMING):
            session.run(output, feed)
        options = tf.compat.v1.RunOptions(trace_level=tf.compat.v1.RunOptions.FULL_TRACE)
        shares = []
        for _ in range(2 * _WARMING):
            told = tf.compat.v1.RunMetadata()
            start = time.perf_counter()
            session.run(output, feed, options, told)
            shares.append(_busy(told.step_stats) / (time.perf_counter() - start))
    return float(np.median(shares))


def _busy(stats: tf.compat.v1.RunMetadata) -> float:
    """Seconds in which at least one kernel ran."""
    spans = sorted(
        (
            node.all_start_micros + node.op_start_rel_micros,
            node.all_start_micros + node.op_end_rel_micros,
        )
        for device in stats.dev_stats
        for node in device.node_stats
        if not _IS_CALL.search(node.timeline_label)  # it lasts as long as what it calls
    )
    total, end = 0, 0
    for start, stop in spans:
        total += max(0, stop - max(start, end))
        end = max(end, stop)
    return total / 1e6


def count_nodes(path: str) -> int:
    """Nodes of a `saved_model.pb`, in the main graph and in all functions."""
    saved = saved_model_pb2.SavedModel.FromString(Path(path).read_bytes())
    graphs = [meta_graph.graph_def for meta_graph in saved.meta_graphs]
    functions = [function for graph in graphs for function in graph.library.function]
    return sum(len(g.node) for g in graphs) + sum(len(f.node_def) for f in functions)


def _images(batch: int) -> np.ndarray:
    return np.random.RandomState(0).uniform(0, 1, (batch, _SIZE, _SIZE, 3)).astype(np.float32)


def formats(artifact: str, batch: str, rounds: str, *files: str) -> list[float]:
    """Median CPU seconds of a call of an artifact, and of files in LiteRT and ONNX Runtime.

    With one thread that is the latency of a quiet machine, whatever else this one does.

    Args:
      artifact: folder of a SavedModel.
      batch: images in a call.
      rounds: calls of each, in turn.
      files: paths.
    """
    from slimhub.export.formats import file_formats

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    images = _images(int(batch))
    pixels = np.asarray(images)
    signature = tf.saved_model.load(artifact).signatures["serving_default"]
    calls = {artifact: lambda: signature(inputs=images)["logits"].numpy()}
    for path in files:
        module = file_formats.of_path(path).load_module()
        loaded = module.load(Path(path), threads=1, is_optimized=True)
        calls[path] = functools.partial(loaded, pixels)
    in_turn(calls, _WARMING)
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(int(rounds)):
        for name, call in list(calls.items())[:: -1 if number % 2 else 1]:
            start = time.process_time()
            call()
            times[name].append(time.process_time() - start)
    return [float(np.median(each)) for each in times.values()]
