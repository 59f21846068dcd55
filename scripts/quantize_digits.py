"""Trains small MobileNets on the digits of the sample, and says what 8 bits cost them.

Run it from the repository, after installing with the extra `test`:

    python -m scripts.quantize_digits

It takes about ten CPU minutes, and prints a table: for the LiteRT and ONNX file of each network,
with the default floors, the worst cosine, agreement of top-1, the accuracy of file and artifact on
pictures that were not trained on, and the size beside that of the file in float.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from scripts import digits, train_digits
from slimhub import export, nets
from slimhub.cli.argument_refusals import RefusingParser
from slimhub.common.errors import ExportError
from slimhub.export.formats import FORMATS, Conversion, ConversionRequest, convert

NETWORKS = (
    "mobilenet_v1_025_128",
    "mobilenet_v2_035_96",
    "mobilenet_v3_small_100_224",
    "mobilenet_v3_large_minimalistic_100_224",
    "mobilenet_edgetpu_075_224",
)
_SIZE = 32  # pixels
_OPTIONS = {"num_classes": len(digits.NAMES), "image_size": _SIZE}
_HEADS = (
    "format",
    "stored as",
    "cosine",
    "top-1",
    "accuracy",
    "artifact",
    "MB",
    "of float",
    "in float",
)
_WIDTH = 13  # of a column


def main() -> None:
    """Trains, converts and prints."""
    parser = RefusingParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", default=NETWORKS, metavar="NAME")
    parser.add_argument("--steps", type=int, default=300, help="of training")
    arguments = parser.parse_args()
    print(f"{'network':40}" + "".join(f"{head:>{_WIDTH}}" for head in _HEADS))
    for network in arguments.networks:
        with tempfile.TemporaryDirectory() as scratch:
            for row in _rows(network, Path(scratch), arguments):
                print(f"{network:40}" + "".join(f"{cell:>{_WIDTH}}" for cell in row), flush=True)


def _rows(network: str, folder: Path, arguments: argparse.Namespace) -> Iterator[tuple[str, ...]]:
    artifact, pictures = folder / "artifact", folder / "digits"
    spec = nets.get(network).customized(**_OPTIONS)
    train_digits.train(folder, arguments.steps, 0, spec)
    labels = folder / "labels.txt"
    labels.write_text("".join(f"{name}\n" for name in digits.NAMES))
    export.export(
        export.Request(
            network,
            str(folder),
            str(artifact),
            task="classification",
            labels=str(labels),
            proof="none",
            **_OPTIONS,
        )
    )
    _write_pictures(pictures)
    for suffix in FORMATS:
        whole = convert(ConversionRequest(str(artifact), str(folder / f"float{suffix}")))
        yield _row(_in_8_bits(artifact, folder / f"small{suffix}", pictures), whole)


def _in_8_bits(artifact: Path, output: Path, pictures: Path) -> Conversion:
    """With activations in 8 bits, or with weights alone if that is refused."""
    request = ConversionRequest(str(artifact), str(output), "int8", str(pictures))
    try:
        return convert(request)
    except ExportError as error:
        print(error)
        return convert(dataclasses.replace(request, quantize="int8_weights"))


def _row(made: Conversion, whole: Conversion) -> tuple[str, ...]:
    usual, accuracy, mixture = made.proof.usual, made.proof.accuracy, made.mixture
    assert usual.top1 is not None
    assert accuracy is not None
    assert mixture is not None
    operations = mixture.integers + mixture.weights + len(mixture.floats)
    return (
        made.form.name,
        made.quantize,
        f"{usual.cosine:.4f}",
        f"{usual.top1:.1%}",
        f"{accuracy.file:.1%}",
        f"{accuracy.artifact:.1%}",
        f"{made.bytes / 1e6:.2f}",
        f"{made.bytes / whole.bytes:.0%}",
        f"{len(mixture.floats)}/{operations}",
    )


def _write_pictures(folder: Path) -> None:
    """The digits that were not trained on, one folder per class."""
    import tensorflow as tf

    data = digits.load(_SIZE)
    for number, (image, label) in enumerate(zip(data.test_images, data.test_labels, strict=True)):
        place = folder / digits.NAMES[label]
        place.mkdir(parents=True, exist_ok=True)
        pixels = np.round(image * 255).astype(np.uint8)
        (place / f"{number:03}.png").write_bytes(tf.io.encode_png(pixels).numpy())


if __name__ == "__main__":
    main()
