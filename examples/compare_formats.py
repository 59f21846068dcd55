"""Writes a classifier as LiteRT files, and measures what each of them costs in accuracy.

    python examples/compare_formats.py ARTIFACT DATA FOLDER

ARTIFACT is a folder that `slimhub export --task=classification` wrote. DATA is a folder with one
folder of JPEG or PNG files for each class. The files are written to FOLDER. Needs the extras
`litert` and `evaluate`.
"""

import sys
from pathlib import Path

from slimhub.evaluate import EvaluationRequest, evaluate
from slimhub.export.formats import ConversionRequest, convert

FILES = {"model.tflite": "none", "model.float16.tflite": "float16"}  # "model.onnx" works as well


def main(artifact: str, data: str, folder: str) -> None:
    """Prints the accuracy and the size of an artifact and of its files.

    Args:
      artifact: folder of a classifier.
      data: folder of labeled pictures.
      folder: receives the files.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    models = [artifact]
    for name, quantization in FILES.items():
        path = str(Path(folder, name))
        # Raises an error, and writes nothing, unless the file agrees with the artifact.
        convert(ConversionRequest(artifact, path, quantize=quantization, overwrite=True))
        models.append(path)

    for model in models:
        record = evaluate(EvaluationRequest(model, data)).record  # beside the model, as JSON
        low, high = record.interval
        print(f"{model}: top-1 {record.top1:.2%} ({low:.2%} to {high:.2%}) of {record.count}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
