"""An evaluation as one HTML file, with the pictures that were confused."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from slimhub.common import disks, files
from slimhub.common.errors import EvaluationError
from slimhub.evaluate import evaluation_plots
from slimhub.evaluate.evaluation import Evaluation

FILE_NAME = "evaluation.html"
_TEMPLATE = "data/evaluation.html.jinja"
_PAIRS = 12  # of the most confused, with pictures
_SIDE = 128  # pixels of a picture, at most
_SMALL = 64  # pixels up to which a picture is stored without loss


def write(folder: str, found: Evaluation) -> Path:
    """Writes a report.

    Args:
      folder: created if it does not exist; see `export.verify.report.check_folder`.
      found: of this process, which can read the data.

    Returns:
      The path of the file.

    Raises:
      EvaluationError: if it cannot be written.
    """
    path = Path(folder, FILE_NAME)
    try:
        files.write_atomically(path, render(found))
    except OSError as error:
        raise EvaluationError(f"cannot write {path}: {disks.explain(error, path)}") from error
    return path


def render(found: Evaluation) -> str:
    """The report as text. Names from the data are escaped, and pictures are encoded anew."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    template = resources.files("slimhub.evaluate").joinpath(_TEMPLATE).read_text("utf-8")
    record = found.record
    return environment.from_string(template).render(
        record=record,
        notes=found.notes,
        damaged=found.totals.damaged,
        worst=evaluation_plots.worst(record),
        pairs=list(_pairs(found)),
        dots=evaluation_plots.calibration(record),
        side=evaluation_plots.CALIBRATION,
        bars=evaluation_plots.latency(record.latency),
        longest=evaluation_plots.longest_latency(record.latency),
    )


def _pairs(found: Evaluation) -> Iterator[dict[str, Any]]:
    for pair in found.record.confusions[:_PAIRS]:
        kept = found.totals.examples.get((pair.index, pair.answer), [])
        yield {
            "name": pair.name or f"class {pair.index}",
            "answer": pair.answer_name or f"class {pair.answer}",
            "count": pair.count,
            "pictures": [
                {"name": name, "url": _picture(found, shard, index)} for shard, index, name in kept
            ],
        }


def _picture(found: Evaluation, shard: int, index: int) -> str:
    """A picture as the network sees it, as the address of an image; empty if it is gone."""
    import tensorflow as tf

    from slimhub.evaluate import image_preparation, picture_batches

    record = found.record
    side = min(_SIDE, record.image_size)
    try:
        file = picture_batches.encoded(found.dataset.shards[shard], index)
        image = image_preparation.prepare(tf.constant(file), side, record.preprocessing)
    except (OSError, tf.errors.OpError):
        return ""
    pixels = tf.image.convert_image_dtype(image, tf.uint8, saturate=True)
    is_small = side <= _SMALL
    content = tf.io.encode_png(pixels) if is_small else tf.io.encode_jpeg(pixels, quality=88)
    kind = "png" if is_small else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(content.numpy()).decode()}"
