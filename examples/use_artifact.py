"""Names what is in image files, with a classification artifact.

    python examples/use_artifact.py ARTIFACT IMAGE [IMAGE ...]

ARTIFACT is a folder that `slimhub export --task=classification` wrote, or the URL of a model on a
hub. IMAGE is a JPEG or PNG file of any size. Prints the likeliest classes of each image.
"""

import sys
from pathlib import Path

import tensorflow as tf
import tensorflow_hub as hub


def main(artifact: str, *paths: str) -> None:
    """Classifies image files.

    Args:
      artifact: folder or URL.
      paths: of JPEG or PNG files.
    """
    # This signature decodes the files, scales them to [0, 1], and resizes them.
    classify = hub.load(artifact).signatures["classify"]
    found = classify(encoded=tf.constant([Path(path).read_bytes() for path in paths]))

    # Five columns, the best class first; fewer for a network with fewer classes.
    names, probabilities = found["classes"].numpy(), found["probabilities"].numpy()
    for path, *best in zip(paths, names, probabilities, strict=True):
        named = [f"{name.decode()} {value:.0%}" for name, value in zip(*best, strict=True)]
        print(f"{path}: {', '.join(named)}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
