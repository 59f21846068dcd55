"""Fine-tunes an artifact on your own images, and saves the weights.

    python examples/fine_tune.py ARTIFACT IMAGES WEIGHTS.h5

ARTIFACT is a feature vector that `slimhub export` wrote, or the URL of one on a hub. IMAGES is a
folder with one folder of JPEG or PNG files per class. WEIGHTS.h5 is the file to write;
`slimhub export NETWORK --checkpoint=WEIGHTS.h5` exports the fine-tuned features again.
"""

import os
import sys

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")  # hub.KerasLayer is a Keras 2 layer

import tensorflow as tf
import tensorflow_hub as hub
import tf_keras

_EPOCHS = 4
_BATCH = 16  # images
_MOMENTUM = 0.9  # of the moving statistics; the default of 0.99 suits longer trainings


def image_size(artifact: str) -> int:
    """Height and width in pixels of the images that an artifact takes."""
    signature = hub.load(artifact).signatures["serving_default"]
    shape = signature.structured_input_signature[1]["inputs"].shape  # (batch, height, width, 3)
    return int(shape[1])


def read(folder: str, subset: str, size: int) -> tuple[tf.data.Dataset, list[str]]:
    """Batches of images f32[batch, size, size, 3] in [0, 1] with labels, and the class names."""
    data = tf_keras.utils.image_dataset_from_directory(
        folder,
        validation_split=0.2,
        subset=subset,
        seed=1,  # the same split for both subsets
        image_size=(size, size),
        batch_size=_BATCH,
    )
    return data.map(lambda images, labels: (images / 255, labels)), data.class_names


def main(artifact: str, images: str, output: str) -> None:
    """Trains all layers together with a new head.

    Args:
      artifact: folder or URL of a feature vector.
      images: folder with a folder per class.
      output: HDF5 file to write.
    """
    tf_keras.utils.set_random_seed(1)  # the same run each time
    size = image_size(artifact)
    training, names = read(images, "training", size)
    validation, _ = read(images, "validation", size)
    layer = hub.KerasLayer(
        artifact, trainable=True, arguments={"batch_norm_momentum": _MOMENTUM}, name="features"
    )
    model = tf_keras.Sequential([layer, tf_keras.layers.Dense(len(names), activation="softmax")])
    model.build([None, size, size, 3])
    model.compile(
        tf_keras.optimizers.Adam(5e-4), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.fit(training, validation_data=validation, epochs=_EPOCHS, verbose=2)
    print(f"accuracy {model.evaluate(validation, verbose=0)[1]:.3f}")
    model.save_weights(output)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
