"""Uses an installed slimhub: every command, all formats, a hub. `scripts.release` runs it.

Needs `samples` in the working folder, and nothing of the repository beside that.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

NETWORK = "mobilenet_v3_small_100_224"
OPTIONS = ["--depth_multiplier=0.35", "--num_classes=10", "--image_size=32", "--feature_depth=128"]
CHECKPOINT = "--checkpoint=samples/digits_mobilenet_v3.tgz"
NAMES = Path("samples/digits_labels.txt").read_text("utf-8").split()
HANDLE = "local/digits/{}/1"
HUB = "hub:hub"
SLIMHUB = str(Path(sys.executable).with_name("slimhub"))
MANIFEST = f"""
[export.digits]
networks = "{NETWORK}"
tasks = ["feature_vector"]
checkpoint = "samples/digits_mobilenet_v3.tgz"
output = "zoo/features"
publish = "{HUB}"
handle = "{HANDLE.format("feature_vector")}"
depth_multiplier = 0.35
num_classes = 10
image_size = 32
feature_depth = 128
"""


def run(*arguments: str) -> str:
    """Runs slimhub; returns its output, and ends the trial if it fails."""
    finished = subprocess.run([SLIMHUB, *arguments], capture_output=True, text=True)
    if finished.returncode:
        sys.exit(f"slimhub {' '.join(arguments)}\n{finished.stdout}\n{finished.stderr}")
    return finished.stdout


def write_pictures() -> None:
    """Writes every fifth digit, which the sample was not trained on, to one folder per class."""
    import numpy as np
    import tensorflow as tf

    with np.load("samples/digits.npz") as file:
        images, labels = file["images"][::5], file["labels"][::5]
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        levels = np.kron(np.rint(image / 16.0 * 255).astype(np.uint8), np.ones((4, 4), np.uint8))
        path = Path("digits", NAMES[label], f"{number:03}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tf.io.encode_png(np.repeat(levels[..., None], 3, -1)).numpy())


def load_by_url() -> list[tuple[int, ...]]:
    """Shapes of what the hub's two models answer to hub.KerasLayer."""
    import numpy as np
    import tensorflow_hub as hub

    command = [SLIMHUB, "serve", "hub", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().split()[-1]
            tasks = ("classification", "feature_vector")
            layers = [hub.KerasLayer(address + HANDLE.format(task)) for task in tasks]
            return [tuple(layer(np.zeros([2, 32, 32, 3], np.float32)).shape) for layer in layers]
        finally:
            server.terminate()


def main() -> int:
    """Uses everything, and prints one line."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    write_pictures()
    run("--help"), run("list"), run("describe", NETWORK), run("completion", "bash")
    run("inspect", CHECKPOINT.partition("=")[2])
    labels = "--labels=samples/digits_labels.txt"
    also = [f"--also=digits.{suffix}" for suffix in ("tflite", "onnx")]
    models = ["artifact", "digits.tflite", "digits.onnx"]
    words = [NETWORK, CHECKPOINT, *OPTIONS, "--task=classification", labels, "--output=artifact"]
    run("export", *words, "--also=digits.tflite", "--also=digits.onnx")
    run("verify", "artifact", CHECKPOINT)
    run("convert", "artifact", "digits.int8.tflite", "--quantize=int8", "--calibration=digits")
    data = ["digits", "--preprocessing=resize"]
    found = [json.loads(run("evaluate", m, *data, "--format=json"))["top1"] for m in models]
    shared = run("evaluate", "artifact", *data, "--jobs=2", "--report=report", "--format=json")
    found.append(json.loads(shared)["top1"])
    assert list(Path("report").glob("*.html")), "there is no report"
    run("evaluate", "digits.int8.tflite", *data)
    run("benchmark", *models)
    handle = HANDLE.format("classification")
    run("publish", "artifact", HUB, f"--handle={handle}", *also, "--require_evaluation")
    Path("zoo.toml").write_text(MANIFEST, "utf-8")
    run("zoo", "zoo.toml", "--jobs=1")
    run("features", "zoo/features", *data[:1], "vectors.parquet", *data[1:])
    run("bundle", "artifact", "--output=artifact.tar.gz")
    run("page", "--check", f"hub/{handle}.md")
    shapes = load_by_url()
    run("unpublish", "hub", handle)
    versions = [f"{n} {importlib.metadata.version(n)}" for n in ("slimhub", "tensorflow", "numpy")]
    ways = [*models, "two processes"]
    agreed = f"top-1 {', '.join(f'{top1:.2%}' for top1 in found)} as {', '.join(ways)}"
    print(f"Python {platform.python_version()}, {', '.join(versions)}: {agreed}; {shapes}")
    return 0 if len(set(found)) == 1 and shapes == [(2, 10), (2, 128)] else 1


if __name__ == "__main__":
    sys.exit(main())
