"""Uses an artifact like a stranger's program, on the TensorFlow that runs it.

    python compatibility_consumer.py ARTIFACT EXPECTED.npz [--write]

With --write it stores what this TensorFlow computes as expected values; without, it compares and
prints one JSON line {check: {"status", "difference", "detail"}}. Works with Python 3.7 and
TensorFlow 1.15 or newer; `scripts/compatibility.py` runs it.
"""

import json
import sys
import tempfile

import numpy as np
import tensorflow as tf

MOMENTUM = 0.9
# Smallest number of values for a batch norm to average: with fewer it outputs little more than
# signs, which rounding flips. The last layers have 1/32 of the image's height and width.
AVERAGED = 64
# Relative to the largest magnitude; other releases have other convolution kernels, and the batch
# statistics of a few images amplify rounding.
CALL, ENDPOINTS, TRAINING, STATISTICS = 2e-5, 1e-4, 2e-3, 5e-4

if tf.__version__.startswith("1."):
    tf.compat.v1.enable_v2_behavior()


class Case:
    """An artifact, images for it, and what the exporting machine computes."""

    def __init__(self, path, expected):
        self.path = path
        self.expected = expected
        # for calls that do not change variables: loading takes a second
        self.unchanged = self.load()
        self._trained = {}
        size = self.unchanged.signatures["serving_default"].inputs[0].shape.as_list()[1] or 224
        batch = max(2, -(-AVERAGED // max(1, size // 32) ** 2))
        rng = np.random.RandomState(0)
        self.images = rng.uniform(0, 1, (batch, size, size, 3)).astype(np.float32)

    def load(self):
        """A fresh copy."""
        return tf.compat.v2.saved_model.load(self.path)

    def names(self):
        """Labels in UTF-8, in the order of the logits; None without any."""
        asset = getattr(self.unchanged, "labels", None)
        return tf.io.read_file(asset.asset_path).numpy().splitlines() if asset else None

    def inference(self):
        """All endpoints by name, without training."""
        endpoints = self.unchanged(tf.constant(self.images), return_endpoints=True)
        return {"inference " + name: value.numpy() for name, value in endpoints.items()}

    def training(self, momentum=MOMENTUM):
        """Endpoints of a fresh copy's training call, and all variables before and after it.

        Only endpoints with an image's height and width: others may come after a classification's
        dropout, which is random. One call for each momentum.
        """
        if momentum not in self._trained:
            self._trained[momentum] = self._train(momentum)
        return self._trained[momentum]

    def _train(self, momentum):
        module = self.load()
        before = values(module.variables)
        endpoints = module(
            tf.constant(self.images),
            training=True,
            return_endpoints=True,
            batch_norm_momentum=momentum,
        )
        images = {
            "training " + name: value.numpy()
            for name, value in endpoints.items()
            if len(value.shape) == 4
        }
        return images, before, values(module.variables)

    def moved(self):
        """Moving statistics after that call on the exporting machine, by name."""
        names = [name for name in self.expected.files if name.startswith("moved ")]
        return {name[len("moved ") :]: self.expected[name] for name in names}

    def gradients(self):
        """Gradients of the sum of squared outputs for all trainable variables, by name."""
        module = self.unchanged
        with tf.GradientTape() as tape:
            target = tf.reduce_sum(module(tf.constant(self.images)) ** 2)
        found = tape.gradient(target, list(module.trainable_variables))
        pairs = zip(module.trainable_variables, found)
        return {"gradient " + variable.name: value.numpy() for variable, value in pairs}


def values(variables):
    """Variables as arrays, by name."""
    return {variable.name: variable.numpy() for variable in variables}


def difference(actual, expected, scale=1e-30):
    """Largest difference relative to the largest magnitude, or to `scale` if that is larger."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    require(actual.shape == expected.shape, "shape %s, not %s" % (actual.shape, expected.shape))
    # NaN is neither above nor below a bound, and max() may skip it.
    require(np.isfinite(actual).all() and np.isfinite(expected).all(), "values are not finite")
    return float(np.abs(actual - expected).max() / max(np.abs(expected).max(), scale))


def of_statistics(actual, expected):
    """Largest difference of moving statistics, by name; of means relative to the spread.

    The mean of values that the previous layer has centered is zero except for rounding, which grows
    with the values and not with their mean.
    """
    found = 0.0
    for name in moving(actual):
        spread = np.sqrt(expected[name.replace("/moving_mean", "/moving_variance")].max())
        scale = spread if "/moving_mean" in name else 1e-30
        found = max(found, difference(actual[name], expected[name], scale))
    return found


def require(condition, message):
    """Fails a check."""
    if not condition:
        raise AssertionError(message)


def below(found, bound):
    """Returns a difference below the bound, otherwise fails the check."""
    require(found < bound, "difference %.1e, bound %.0e" % (found, bound))
    return found


def changed(old, new):
    """Names of the variables that are not identical to the bit."""
    return [name for name in old if (old[name] != new[name]).any()]


def moving(names):
    """Those that are moving statistics."""
    return [name for name in names if "/moving_" in name]


def check_call(case):
    """Compares a call and a keyword call with the exporting machine."""
    module = case.unchanged
    output = module(tf.constant(case.images)).numpy()
    require((module(inputs=tf.constant(case.images)).numpy() == output).all(), "inputs= differs")
    return below(difference(output, case.expected["inference default"]), CALL)


def check_endpoints(case):
    """Compares every endpoint with the exporting machine."""
    actual = case.inference()
    wanted = {name for name in case.expected.files if name.startswith("inference ")}
    require(set(actual) == wanted, "other endpoints")
    return below(max(difference(actual[name], case.expected[name]) for name in actual), ENDPOINTS)


def check_training(case):
    """Compares a training call with the exporting machine."""
    actual, _, _ = case.training()
    return below(max(difference(actual[name], case.expected[name]) for name in actual), TRAINING)


def check_gradients(case):
    """Compares gradients of all trainable variables with the exporting machine."""
    actual = case.gradients()
    # Relative to the largest of all: some are zero except for rounding.
    largest = max(np.abs(case.expected[name]).max() for name in actual)
    ratios = [
        difference(actual[name], case.expected[name]) * np.abs(case.expected[name]).max() / largest
        for name in actual
    ]
    return below(float(max(ratios)), TRAINING)


def check_statistics(case):
    """Compares moving statistics with formula and exporting machine; nothing else changes."""
    _, old, new = case.training()
    _, _, batch = case.training(0.0)  # only the statistics of the batch
    names = moving(old)
    require(set(changed(old, new)) == set(names), "others than the moving statistics changed")
    formula = {name: MOMENTUM * old[name] + (1 - MOMENTUM) * batch[name] for name in names}
    below(of_statistics(new, formula), STATISTICS)
    _, old, same = case.training(1.0)
    require(not changed(old, same), "momentum 1 changes variables")
    return below(of_statistics(new, case.moved()), STATISTICS)


def check_regularization(case):
    """Compares the only regularization loss with the exporting machine."""
    (loss,) = case.unchanged.regularization_losses
    return below(difference(loss().numpy(), case.expected["regularization"]), 1e-5)


def keras_model(case, trainable):
    """hub.KerasLayer with a dense layer on top, and the layer."""
    import tensorflow_hub as hub

    keras = keras_of_hub()
    arguments = dict(batch_norm_momentum=MOMENTUM) if trainable else {}
    layer = hub.KerasLayer(case.path, trainable=trainable, arguments=arguments)
    model = keras.Sequential([layer, keras.layers.Dense(5, activation="softmax")])
    model.build([None] + list(case.images.shape[1:]))
    return model, layer


def keras_of_hub():
    """Keras 2: tf_keras if tf.keras is Keras 3."""
    major, minor = (int(part) for part in tf.__version__.split(".")[:2])
    if (major, minor) < (2, 16):
        return tf.keras
    import tf_keras

    return tf_keras


def fit(model, case, learning_rate):
    """One training step on the case's images."""
    optimizer = keras_of_hub().optimizers.SGD(learning_rate)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    batch = len(case.images)
    labels = np.arange(batch) % 5
    return model.fit(case.images, labels, batch_size=batch, verbose=0).history["loss"][-1]


def check_keras_frozen(case):
    """A frozen layer predicts what a call returns, and fit leaves it alone."""
    model, layer = keras_model(case, trainable=False)
    old = values(layer.variables)
    fit(model, case, 0.1)
    require(not changed(old, values(layer.variables)), "fit changed a frozen layer")
    output = layer(tf.constant(case.images)).numpy()
    return below(difference(output, case.expected["inference default"]), CALL)


def check_keras_fit(case):
    """Fine-tuning first updates the statistics by the formula, then all weights."""
    model, layer = keras_model(case, trainable=True)
    count = len(case.unchanged.trainable_variables)
    require(len(layer.trainable_weights) == count, "%d trainable weights" % count)
    require(len(layer.losses) == 1, "%d losses" % len(layer.losses))
    old = values(layer.variables)
    fit(model, case, 0.0)
    new = values(layer.variables)
    require(set(changed(old, new)) == set(moving(old)), "not just the statistics moved")
    worst = below(of_statistics(new, case.moved()), STATISTICS)
    loss = fit(model, case, 0.1)
    require(np.isfinite(loss), "loss %s" % loss)
    still = set(old) - set(changed(new, values(layer.variables)))
    # Steps below the resolution of float32 leave a weight unchanged.
    require(len(still) < 0.1 * len(old), "%d of %d did not change" % (len(still), len(old)))
    return worst


def check_save_again(case):
    """Saved inside a larger model and loaded again, it computes and trains the same."""
    module = case.unchanged

    class Larger(tf.Module):
        def __init__(self):
            super(Larger, self).__init__()
            self.inner = module

        @tf.function(input_signature=[tf.TensorSpec([None] + list(case.images.shape[1:]))])
        def __call__(self, images):
            return self.inner(images)

    with tempfile.TemporaryDirectory() as folder:
        tf.compat.v2.saved_model.save(Larger(), folder)
        again = tf.compat.v2.saved_model.load(folder)
        output = again(tf.constant(case.images)).numpy()
        require((output == module(tf.constant(case.images)).numpy()).all(), "another output")
        old = values(again.inner.variables)
        again.inner(tf.constant(case.images), training=True, batch_norm_momentum=MOMENTUM)
        moved = changed(old, values(again.inner.variables))
    require(set(moved) == set(moving(old)), "statistics do not move")
    return below(difference(output, case.expected["inference default"]), CALL)


def check_best_classes(case):
    """A classification gives the likeliest classes of image files; None for a feature vector."""
    if "classify" not in case.unchanged.signatures:
        return None
    pixels = np.round(case.images * 255)
    # PNG loses nothing, so that a call gets the same images.
    files = [tf.image.encode_png(image.astype(np.uint8)) for image in pixels]
    found = case.unchanged.signatures["classify"](encoded=tf.stack(files))
    logits = case.unchanged(tf.constant(pixels / 255)).numpy()
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = -np.sort(-odds / odds.sum(axis=1, keepdims=True))[:, :5]
    indices = found["indices"].numpy()
    require(indices.shape == expected.shape, "%d classes" % indices.shape[1])
    require((indices[:, 0] == logits.argmax(axis=1)).all(), "others are the best")
    names = case.names()
    wanted = [[names[index] for index in row] for row in indices] if names else indices.astype("S")
    require((found["classes"].numpy() == np.array(wanted, object)).all(), "other names")
    return below(difference(found["probabilities"].numpy(), expected), 1e-4)


CHECKS = [
    check_call,
    check_endpoints,
    check_training,
    check_gradients,
    check_statistics,
    check_regularization,
    check_keras_frozen,
    check_keras_fit,
    check_save_again,
    check_best_classes,
]


def attempt(check, case):
    """Result of one check; a failure does not stop the others."""
    try:
        return {"status": "pass", "difference": check(case), "detail": ""}
    except Exception as error:  # whatever a release raises fails this check
        first_line = (str(error).strip().splitlines() or [""])[0]
        detail = "%s: %s" % (type(error).__name__, first_line[:300])
        return {"status": "fail", "difference": None, "detail": detail}


def write_expected(case, path):
    """Stores what this TensorFlow computes."""
    arrays, _, moved = case.training()
    arrays.update(case.inference())
    arrays.update({"moved " + name: value for name, value in moved.items()})
    arrays.update(case.gradients())
    arrays["regularization"] = case.unchanged.regularization_losses[0]().numpy()
    np.savez(path, **arrays)


def main():
    """Runs all checks, or stores the expected values."""
    artifact, expected = sys.argv[1:3]
    if sys.argv[3:] == ["--write"]:
        write_expected(Case(artifact, None), expected)
        return
    try:
        case = Case(artifact, np.load(expected))
    except Exception as error:  # a release that cannot load the artifact fails every check
        first_line = (str(error).strip().splitlines() or [""])[0]
        detail = "does not load: %s: %s" % (type(error).__name__, first_line[:300])
        failed = {"status": "fail", "difference": None, "detail": detail}
        print(json.dumps({check.__name__[6:]: failed for check in CHECKS}))
        return
    print(json.dumps({check.__name__[6:]: attempt(check, case) for check in CHECKS}))


if __name__ == "__main__":
    main()
