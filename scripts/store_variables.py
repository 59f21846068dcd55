"""Stores the variables of every registered network in nets/data/variables.json.gz.

Run it after a change to the networks, from the repository: `python -m scripts.store_variables`.
It builds each network once (about two seconds each) and prints how many variables it has.
"""

import gzip
import json
from pathlib import Path

import tensorflow as tf

import nets
from nets import stored


def shapes_of(name: str) -> dict[str, list[int]]:
    """Shapes by name of the variables of a network with its default options and logits."""
    spec = nets.get(name)
    with tf.Graph().as_default():
        images = tf.compat.v1.placeholder(tf.float32, [None, spec.image_size, spec.image_size, 3])
        spec.builder(
            spec,
            images,
            num_classes=spec.num_classes,
            is_training=False,
            batch_norm_momentum=0.0,
        )
        return {v.op.name: v.shape.as_list() for v in tf.compat.v1.global_variables()}


def main() -> None:
    """Builds all networks and writes the file."""
    tables = {}
    for name in nets.names():
        tables[name] = shapes_of(name)
        print(f"{name}: {len(tables[name])} variables")
    text = json.dumps(tables, separators=(",", ":")).encode()
    path = Path(nets.__file__).parent / stored.DATA
    path.write_bytes(gzip.compress(text, mtime=0))
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
