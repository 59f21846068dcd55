"""The source: a network in a plain TF1 graph and session, filled from the checkpoint.

It shares only two things with the export: the networks in `nets`, and what is known about names
that a checkpoint may leave over. The graph has placeholders and no functions, `restorers` fill it,
and it computes its own gradients.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow.compat.v1 as tf

from slimhub.export.verify.reference import source_values
from slimhub.export.verify.subject import Source, Subject
from slimhub.nets import size_notation
from slimhub.nets.layers import trunk
from slimhub.nets.layers.plain_variables import plain_variables


@dataclasses.dataclass(frozen=True)
class Answer:
    """The source's answer to one batch.

    Attributes:
      endpoints: values by name with the scope prefix, in graph order, `default` last; without those
        that dropout makes random.
      statistics: moving statistics after the batch, by name; empty in inference.
    """

    endpoints: dict[str, np.ndarray]
    statistics: dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Answers:
    """The source's answers to several batches, for another process to compare with.

    Attributes:
      by_batch: answers by batch name.
      values: all variables by name, as restored; empty in training, where they are the same.
      feeding: by endpoint, names of the variables between it and the endpoints before it, in graph
        order.
      ignored: which layers of the checkpoint are left out at the user's own risk, in words.
    """

    by_batch: dict[str, Answer]
    values: dict[str, np.ndarray]
    feeding: dict[str, list[str]]
    ignored: str = ""


class SourceNetwork:
    """One network, either for inference or for training.

    Attributes:
      spec: the network.
      is_training: the mode.
      subject: which network.
      ignored: see `Answers`.
    """

    def __init__(
        self,
        subject: Subject,
        source: Source,
        *,
        is_training: bool,
        sharing: SourceNetwork | None = None,
    ) -> None:
        """Builds the graph and restores it.

        Args:
          subject: which network.
          source: the checkpoint.
          is_training: whether to use batch statistics and dropout.
          sharing: a network of the same subject whose variables and session to use.
        """
        self.subject, self._source = subject, source
        self.spec = subject.spec()
        self.is_training = is_training
        self._graph: tf.Graph = sharing._graph if sharing else tf.Graph()
        reuse = True if sharing else None
        with self._graph.as_default(), plain_variables(reuse=reuse, use_resource=None):
            self._images = tf.placeholder(tf.float32, [None, *self.spec.accepted_shape])
            self._momentum = tf.placeholder(tf.float32, [])
            endpoints = trunk.build_network(
                self.spec,
                self.spec.input_scaling.apply(self._images),
                num_classes=self.spec.num_classes if subject.is_classification else None,
                is_training=is_training,
                batch_norm_momentum=self._momentum,
            )
            self._endpoints = {self.spec.endpoint_key(key): t for key, t in endpoints.items()}
            if subject.is_classification:
                output = endpoints[self.spec.logits_endpoint]
            else:
                output = endpoints[self.spec.feature_endpoint]
            output = output if output.shape.rank == 2 else tf.squeeze(output, [1, 2])
            if subject.is_classification and self.spec.drop_background:
                output = tf.split(output, [1, -1], axis=1)[1]
            random = _random_operations(self._graph)
            self._fetches = {
                name: tensor
                for name, tensor in (self._endpoints | {"default": output}).items()
                if tensor.op not in random
            }
            self._updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
            self._variables = {v.op.name: v for v in tf.global_variables()}
            self._trainable = [v.op.name for v in tf.trainable_variables()]
            if sharing:
                self._session: tf.Session = sharing._session
                self.ignored: str = sharing.ignored
            else:
                self._session = tf.Session(graph=self._graph, config=as_written())
                self.ignored = source_values.restore(
                    self._session, self._variables, source, subject
                )

    def resized(self, size: tuple[int, int]) -> SourceNetwork:
        """The same network for images of another size, restored in a graph of its own.

        Whoever asks for it closes it.

        Args:
          size: height and width, pixels.

        Raises:
          NetworkError: if the network cannot have the size.
          ExportError: if its variables have other shapes then.
          ValueError: if it cannot be built.
        """
        value = size_notation.of_sides(*size)
        options = dataclasses.replace(self.subject.options, image_size=value)
        subject = dataclasses.replace(self.subject, options=options)
        return SourceNetwork(subject, self._source, is_training=self.is_training)

    def close(self) -> None:
        """Frees the variables, also of networks that share them."""
        self._session.close()

    def values(self) -> dict[str, np.ndarray]:
        """All variables by name."""
        values: dict[str, np.ndarray] = self._session.run(self._variables)
        return values

    def trainable(self) -> list[str]:
        """Names of the variables that optimizers change."""
        return self._trainable

    def parameters(self) -> int:
        """Number of parameters that optimizers change."""
        return sum(self._variables[name].shape.num_elements() for name in self._trainable)

    def answers(self, batches: dict[str, tuple[np.ndarray, float]]) -> Answers:
        """Runs batches in order; in training, each starts from the previous one's statistics.

        Args:
          batches: by name, images f32[batch, height, width, channels] in [0, 1] and the momentum of
            the moving statistics.
        """
        return Answers(
            values={} if self.is_training else self.values(),
            by_batch={name: self._answer(*batch) for name, batch in batches.items()},
            feeding={name: self._feeding(name) for name in self._fetches},
            ignored=self.ignored,
        )

    def _answer(self, images: np.ndarray, momentum: float) -> Answer:
        feed = {self._images: images, self._momentum: momentum}
        values, _ = self._session.run([self._fetches, self._updates], feed)
        statistics = {}
        if self._updates:
            moving = [name for name in self._variables if name not in self._trainable]
            statistics = self._session.run({name: self._variables[name] for name in moving})
        return Answer(values, statistics)

    def differentiable(self) -> str | None:
        """The endpoint to differentiate: the output, or the features if the output is random."""
        feature = self.spec.endpoint_key(self.spec.feature_endpoint)
        return next((name for name in ("default", feature) if name in self._fetches), None)

    def gradients(
        self, endpoint: str, images: np.ndarray
    ) -> tuple[dict[str, np.ndarray], dict[str, float]]:
        """Gradients of one number computed from an endpoint, by variable and by `inputs`.

        Args:
          endpoint: from `differentiable`.
          images: f32[batch, height, width, channels] in [0, 1].

        Returns:
          The gradients, and how much each changes when the last bit of every pixel does.
        """
        with self._graph.as_default(), trunk.compared_by_identity():
            variables = {name: self._variables[name] for name in self._trainable}
            targets = {"inputs": self._images} | variables
            value = weighted_sum(self._fetches[endpoint])
            gradients = tf.gradients(value, list(targets.values()))
        found = dict(zip(targets, gradients, strict=True))
        wanted = {name: gradient for name, gradient in found.items() if gradient is not None}
        values = self._session.run(wanted, {self._images: images})
        nudged = self._session.run(wanted, {self._images: np.nextafter(images, np.float32(2))})
        return values, {n: float(np.abs(nudged[n] - values[n]).max()) for n in values}

    def graph_def(self) -> tf.GraphDef:
        """The graph as a proto."""
        return self._graph.as_graph_def()

    def endpoint_tensors(self) -> dict[str, str]:
        """Tensor names of all endpoints that are not random, by endpoint."""
        return {name: t.name for name, t in self._fetches.items() if name != "default"}

    def tensor_before_dropout(self) -> str | None:
        """The tensor name of the output, or of the features if dropout follows them.

        Of a network that ends earlier than its own, the map that the features are the mean of: the
        mean is not the network's. None if dropout precedes both.
        """
        if self.spec.last_layer is not None:
            last = self._fetches.get(self.spec.endpoint_key(self.spec.last_layer))
            return None if last is None else last.name
        keys = [self.spec.endpoint_key(self.spec.logits_endpoint)]
        keys.append(self.spec.endpoint_key(self.spec.feature_endpoint))
        return next((self._fetches[key].name for key in keys if key in self._fetches), None)

    def logits_tensor(self) -> str:
        """The tensor name of the logits, which dropout may make random."""
        name: str = self._endpoints[self.spec.endpoint_key(self.spec.logits_endpoint)].name
        return name

    def shape_of_one(self, tensor: str) -> list[int]:
        """The shape of a tensor by name, without the batch dimension."""
        shape: list[int] = self._graph.get_tensor_by_name(_with_index(tensor)).shape.as_list()[1:]
        return shape

    def scale(self, images: np.ndarray, scaled: str) -> np.ndarray:
        """Images in the network's own range.

        Args:
          images: f32[batch, height, width, channels] in [0, 1].
          scaled: name of the tensor of images in that range.
        """
        value: np.ndarray = self._session.run(_with_index(scaled), {self._images: images})
        return value

    def run(self, tensors: dict[str, str], fed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Computes tensors of the graph without updating statistics.

        Args:
          tensors: tensor names by any key.
          fed: values by the names of the tensors that they replace.
        """
        fetches = {key: _with_index(name) for key, name in tensors.items()}
        feed = {_with_index(name): value for name, value in fed.items()}
        values: dict[str, np.ndarray] = self._session.run(fetches, {self._momentum: 0.0, **feed})
        return values

    def _feeding(self, endpoint: str) -> list[str]:
        others = {t.op for key, t in self._endpoints.items() if key != endpoint}
        found = {operation.name for operation in _ancestors(self._fetches[endpoint].op, others)}
        return [name for name in self._variables if name in found]


def shapes(subject: Subject) -> dict[str, tuple[int, ...]]:
    """Shapes of all variables of a network by name, without a checkpoint.

    Args:
      subject: which network.
    """
    spec = subject.spec()
    with tf.Graph().as_default(), plain_variables():
        trunk.build_network(
            spec,
            tf.placeholder(tf.float32, [None, *spec.image_shape]),
            num_classes=spec.num_classes if subject.is_classification else None,
            is_training=False,
            batch_norm_momentum=0.0,
        )
        return {v.op.name: tuple(v.shape.as_list()) for v in tf.global_variables()}


def variables_by_endpoint(network: str) -> dict[str, tuple[str, set[str]]]:
    """What each endpoint is, and which variables it depends on, without a checkpoint.

    Args:
      network: registered name.

    Returns:
      Names of a tensor and of variables, by endpoint in graph order.
    """
    spec = Subject(network, "feature_vector").spec()
    with tf.Graph().as_default(), plain_variables():
        endpoints = trunk.build_network(
            spec,
            tf.placeholder(tf.float32, [None, *spec.image_shape]),
            num_classes=None,
            is_training=False,
            batch_norm_momentum=0.0,
        )
        names = {variable.op.name for variable in tf.global_variables()}
        return {
            endpoint: (tensor.name, names & {o.name for o in _ancestors(tensor.op, set())})
            for endpoint, tensor in endpoints.items()
        }


def weighted_sum(output: tf.Tensor) -> tf.Tensor:
    """Reduces an output to one number: its channels times cos(0), cos(1), ..., all different.

    Args:
      output: f32[..., channels].
    """
    return tf.reduce_sum(output * np.cos(np.arange(int(output.shape[-1]))).astype(np.float32))


def _with_index(tensor: str) -> str:
    return tensor if ":" in tensor else f"{tensor}:0"


def _ancestors(start: tf.Operation, stop: set[tf.Operation]) -> set[tf.Operation]:
    """An operation and those it depends on, up to others that stop the search."""
    seen, queue = set(), [start]
    while queue:
        operation = queue.pop()
        if operation not in seen:
            seen.add(operation)
            queue += [t.op for t in operation.inputs if t.op not in stop]
    return seen


def _random_operations(graph: tf.Graph) -> set[tf.Operation]:
    """Operations whose value changes with every run: those of dropout, and what they feed."""
    random: set[tf.Operation] = set()
    for operation in graph.get_operations():  # inputs come before what they feed
        is_source = operation.type == "RandomUniform"
        if is_source or any(tensor.op in random for tensor in operation.inputs):
            random.add(operation)
    return random


def as_written() -> tf.ConfigProto:
    """Runs each operation as it is in the graph; the artifact's process does the same.

    TensorFlow's graph optimizer fuses operations depending on what is fetched, and fused ones round
    differently. Without it, both sides run the same kernels in the same order.
    """
    config = tf.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    return config
