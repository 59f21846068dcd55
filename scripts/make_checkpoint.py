"""Makes a checkpoint of an untrained network, with values like those of a trained one.

    python -m scripts.make_checkpoint NETWORK PREFIX

Weights are TF-Slim's own initial values, batch norm has scales and offsets, and the moving
statistics are those of a batch of noise, so that every layer's outputs have a usual magnitude. The
values are the same in every run. Takes ten seconds; `slimhub export NETWORK --checkpoint=PREFIX`
exports it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from slimhub import nets
from slimhub.cli.argument_refusals import RefusingParser

_BATCH = 8  # images
_SEED = 0


def make(spec: nets.NetworkSpec, prefix: Path) -> None:
    """Writes a checkpoint with logits.

    Args:
      spec: the network.
      prefix: path of the files without their suffixes.
    """
    import tensorflow.compat.v1 as tf

    from slimhub.nets.layers import trunk

    shape = (_BATCH, *spec.image_shape)
    images = np.random.RandomState(_SEED).uniform(0, 1, shape).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(_SEED)
        trunk.build_network(
            spec,
            spec.input_scaling.apply(tf.constant(images)),
            num_classes=spec.num_classes,
            is_training=True,
            batch_norm_momentum=0.0,  # only the statistics of this batch
        )
        session.run(tf.global_variables_initializer())
        random = np.random.RandomState(_SEED)
        for variable in tf.trainable_variables():
            shape = variable.shape.as_list()
            if variable.op.name.endswith("/gamma"):
                variable.load(random.uniform(0.5, 1.5, shape), session)
            elif variable.op.name.endswith("/beta"):
                variable.load(random.normal(0, 0.3, shape), session)
        session.run(tf.get_collection(tf.GraphKeys.UPDATE_OPS))
        prefix.parent.mkdir(parents=True, exist_ok=True)
        tf.train.Saver().save(session, str(prefix), write_meta_graph=False)


def main() -> None:
    """Makes one."""
    parser = RefusingParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", metavar="NETWORK", help="a name, or package.module:SPEC")
    parser.add_argument("prefix", type=Path)
    arguments = parser.parse_args()
    try:
        make(nets.get(arguments.network), arguments.prefix)
    except nets.NetworkError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
