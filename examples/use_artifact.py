"""Names what is in image files, with a classification artifact.

    python examples/use_artifact.py ARTIFACT IMAGE [IMAGE ...]

ARTIFACT is a folder that `slimhub export --task=classification` wrote, or the URL of a model on a
hub. IMAGE is a JPEG or PNG file of any size. Prints the three likeliest classes of each image.
"""

import sys
from pathlib import Path

import tensorflow as tf
import tensorflow_hub as hub

_SHOWN = 3  # classes of each image


def main(artifact: str, *paths: str) -> None:
    """Classifies image files.

    Args:
      artifact: folder or URL.
      paths: of JPEG or PNG files.
    """
    module = hub.load(artifact)
    labels = Path(module.labels.asset_path.numpy().decode()).read_text("utf-8").splitlines()

    # This signature decodes the files, scales them to [0, 1], and resizes them.
    classify = module.signatures["serving_encoded_images"]
    files = tf.constant([Path(path).read_bytes() for path in paths])
    logits = classify(encoded=files)["logits"]  # f32[images, classes]

    likeliest = tf.math.top_k(tf.nn.softmax(logits), min(_SHOWN, len(labels)))
    for path, values, indices in zip(paths, *likeliest, strict=True):
        named = [f"{labels[i]} {value:.0%}" for value, i in zip(values, indices, strict=True)]
        print(f"{path}: {', '.join(named)}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
