"""Writes artifacts as the hub published them, without anything that slimhub adds."""

import tensorflow as tf

from slimhub import nets
from slimhub.export.savedmodel import graphs


def write_published(network, checkpoint, folder, default_momentum=0.99, regularization=None):
    """A module of the published contract: TensorFlow saves it, no step makes it portable."""
    spec = nets.get(network)
    built = graphs.build(spec, "feature_vector")
    reader = tf.train.load_checkpoint(str(checkpoint))
    named = built.variables.named()
    built.variables.assign({name: reader.get_tensor(name) for name in named})
    decay = spec.weight_decay if regularization is None else regularization

    class Published(tf.Module):
        variables = ()
        trainable_variables = ()

        @tf.function(autograph=False)
        def __call__(
            self, inputs, training=False, return_endpoints=False,
            batch_norm_momentum=default_momentum,
        ):  # fmt: skip
            if training:
                endpoints = training_graph(inputs, batch_norm_momentum)
            else:
                endpoints = inference_graph(inputs)
            return endpoints if return_endpoints else endpoints["default"]

    inference_graph, training_graph = built.inference, built.training
    module = Published()
    module.variables = built.variables.all()
    module.trainable_variables = built.variables.trainable()

    @tf.function(input_signature=[])
    def loss():
        regularized = [v for name, v in named.items() if spec.is_regularized(name)]
        return decay * tf.add_n([tf.nn.l2_loss(v) for v in regularized])

    module.regularization_losses = [loss]
    images, momentum = graphs.input_specs(spec)
    for training in (False, True):
        for endpoints in (False, True):
            module.__call__.get_concrete_function(images, training, endpoints, momentum)

    def serve(inputs):
        return {"feature_vector": inference_graph(inputs)["default"]}

    signature = tf.function(serve).get_concrete_function(images)
    tf.saved_model.save(module, str(folder), signatures={"serving_default": signature})
