"""Evaluates pictures with slimhub, and in a bare loop of tf.data. Imports TensorFlow.

Both start the clock after TensorFlow is imported and the artifact has answered once, and stop it
after the last answer: what is measured is listing the files, building the pipeline, decoding and
computing; for slimhub also the digests of the files and all figures.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from slimhub.evaluate import EvaluationRequest, evaluation
from slimhub.evaluate.models.saved_model_runner import SavedModelRunner

_BATCH = 32  # pictures
_CROP = 0.875
_CLASSES = 10


def ours(artifact: str, data: str) -> dict[str, float]:
    """The cost of slimhub's evaluation.

    Args:
      artifact: folder of a classifier.
      data: one folder per class, called by numbers.

    Returns:
      `cpu` and `wall` in seconds; `pictures`, and the sum of the `answers`, by which the work can
      be compared.
    """
    model = SavedModelRunner(Path(artifact))
    _warm(model.answers, model.image_size)
    request = EvaluationRequest(artifact, data, label_offset=0, batch_size=_BATCH)

    def measure() -> tuple[int, int]:
        found = evaluation.measure(model, request.dataset(), request).totals
        return found.count, sum(answer * count for (_, answer), count in found.pairs.items())

    return _cost(measure)


def bare(artifact: str, data: str, size: str) -> dict[str, float]:
    """The cost of what people write by hand: the same preprocessing, AUTOTUNE, and a loop.

    Args:
      artifact: folder of a classifier.
      data: one folder per class, called by numbers.
      size: height and width of the network's images, pixels.
    """
    module, side = tf.saved_model.load(artifact), int(size)

    def prepare(path: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        pixels = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
        middle = tf.image.central_crop(tf.image.convert_image_dtype(pixels, tf.float32), _CROP)
        return tf.compat.v1.image.resize_bilinear(middle[None], [side, side])[0], label

    def measure() -> tuple[int, int]:
        files = sorted(Path(data).glob("*/*"))
        labels = [int(path.parent.name) for path in files]
        pictures = tf.data.Dataset.from_tensor_slices(([*map(str, files)], labels))
        pictures = pictures.map(prepare, num_parallel_calls=tf.data.AUTOTUNE)
        done = answered = 0
        for images, _ in pictures.batch(_BATCH).prefetch(tf.data.AUTOTUNE):
            answers = module(images).numpy().argmax(axis=1)
            done += len(answers)
            answered += int(answers.sum())
        return done, answered

    _warm(module, side)
    return _cost(measure)


def _warm(call: Callable[[tf.Tensor], object], side: int) -> None:
    call(tf.zeros([_BATCH, side, side, 3]))


def _cost(measure: Callable[[], tuple[int, int]]) -> dict[str, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    pictures, answers = measure()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"cpu": cpu, "wall": wall, "pictures": pictures, "answers": answers}


def write_pictures(folder: str, count: str, width: str, height: str) -> None:
    """Writes JPEG files of smooth shades and noise, which are as large as photographs are.

    Args:
      folder: gets one folder per class, called by its number.
      count: of pictures.
      width: of each, pixels.
      height: of each, pixels.
    """
    random, sides = np.random.RandomState(0), [int(height), int(width)]
    for number in range(int(count)):
        shades = tf.image.resize(random.uniform(0, 255, (6, 8, 3)), sides, "bicubic")
        pixels = shades + random.normal(0, 12, (*sides, 3))
        encoded = tf.io.encode_jpeg(tf.saturate_cast(pixels, tf.uint8), quality=90)
        path = Path(folder, str(number % _CLASSES), f"{number}.jpg")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded.numpy())
