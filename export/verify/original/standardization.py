"""Whether a graph scales each image by its own mean and deviation. Imports TensorFlow."""

from __future__ import annotations

import numpy as np
import tensorflow.compat.v1 as tf

from slimhub.export.verify.original.refusal import NotComparableError
from slimhub.export.verify.original.runnable_part import RunnablePart
from slimhub.export.verify.original.single_colors import PIXEL, SCALED, Start
from slimhub.nets.scaling import InputScaling

_TOLERANCE = 0.01  # of the range of the result
_OF_BATCH = 4  # dimensions; a single image has one less


def is_computed(part: RunnablePart, start: Start) -> bool:
    """Compares on noise, since images of one color all become zero.

    Args:
      part: of the graph, from the images to the network.
      start: where the images come from.

    Raises:
      NotComparableError: if the graph cannot be run, or does more than scale images.
    """
    pixels = np.random.RandomState(0).randint(0, PIXEL + 1, start.shape)
    unit = (pixels / PIXEL).astype(np.float32)
    batch = unit if unit.ndim == _OF_BATCH else unit[None]
    with tf.Graph().as_default(), tf.Session() as session:
        wanted = session.run(InputScaling.STANDARDIZED.apply(tf.constant(batch)))
    for images in [pixels] if start.has_bytes else [unit, pixels.astype(np.float32)]:
        found = part.run(images)[SCALED]
        if found.size != wanted.size:
            raise NotComparableError("it does more than scale images")
        difference = float(np.abs(found.reshape(wanted.shape) - wanted).max() / np.ptp(wanted))
        if difference <= _TOLERANCE:
            return True
    return False
