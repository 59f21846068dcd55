"""The main job on the sample checkpoint, offline: export and prove, load, evaluate, publish, serve.

The export is proved against the graph that the checkpoint's owner used, and is written as a LiteRT
file as well; both are evaluated and published, and the hub's model is loaded by its URL.

Run by `python3 scripts/run.py demo`. Takes about three quarters of a minute on two cores; expect
97% of the held-out digits to be correct.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from scripts import digits
from scripts.train_digits import ARCHIVE, GRAPH, NETWORK, OPTIONS
from slimhub.cli.argument_refusals import RefusingParser
from slimhub.common import quiet_tensorflow

REPOSITORY = Path(__file__).resolve().parent.parent
CHECKPOINT = Path("build", "demo", ARCHIVE)
OUTPUT = Path("build", "demo", "digits")
LITERT = OUTPUT.with_suffix(".tflite")
DATA = Path("build", "demo", "held-out digits")
HUB = Path("build", "demo", "hub")
HANDLE = "local/digits/mobilenet_v3/classification/1"
_LEAST_ACCURACY = 0.95  # of the trained sample on held-out digits
_SHOWN = 10  # digits drawn in the terminal


def unpack() -> None:
    """Puts the checkpoint and its owner's inference graph into one folder."""
    folder = REPOSITORY / CHECKPOINT
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(REPOSITORY / "samples" / f"{ARCHIVE}.tgz") as archive:
        archive.extractall(folder.parent, filter="data")
    shutil.copy(REPOSITORY / "samples" / GRAPH, folder)
    print(f"{CHECKPOINT} has a checkpoint, and the graph that it was used in: {GRAPH}")


def export() -> None:
    """Runs the command line like a user, and shows it."""
    command = ["slimhub", "export", NETWORK, f"--checkpoint={CHECKPOINT}", "--task=classification"]
    command += [f"--{name}={value}" for name, value in OPTIONS.items()]
    command += ["--labels=samples/digits_labels.txt", f"--output={OUTPUT}", f"--also={LITERT}"]
    run(*command, "--overwrite")


def evaluate(data: digits.Digits) -> None:
    """Writes the held-out digits to one folder per class, and measures the accuracy on them."""
    import tensorflow as tf

    folder = REPOSITORY / DATA
    shutil.rmtree(folder, ignore_errors=True)
    for number, (image, label) in enumerate(zip(data.test_images, data.test_labels, strict=True)):
        path = folder / digits.NAMES[label] / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = tf.image.convert_image_dtype(image, tf.uint8, saturate=True)
        path.write_bytes(tf.io.encode_png(pixels).numpy())
    for model in (OUTPUT, LITERT):
        run("slimhub", "evaluate", str(model), str(DATA), "--preprocessing=resize")


def publish() -> None:
    """Publishes artifact and LiteRT file to a new hub; its page shows what was measured."""
    shutil.rmtree(REPOSITORY / HUB, ignore_errors=True)
    command = ["slimhub", "publish", str(OUTPUT), f"hub:{HUB}", f"--handle={HANDLE}"]
    run(*command, f"--also={LITERT}", "--require_evaluation")


def run(*command: str) -> None:
    """Shows a command, and runs it."""
    print("\n$", shlex.join(command), flush=True)
    subprocess.run([sys.executable, "-m", *command], cwd=REPOSITORY, check=True)


@contextlib.contextmanager
def served(*flags: str) -> Iterator[str]:
    """Serves the hub on loopback; gives its address.

    Args:
      flags: further ones of `slimhub serve`.
    """
    command = ["slimhub", "serve", str(HUB), "--port=0", *flags]
    print("\n$", shlex.join(command), flush=True)
    with subprocess.Popen(
        [sys.executable, "-m", *command], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            line = server.stdout.readline()
            print(line, end="")
            yield line.split()[-1]
        finally:
            server.terminate()


def main() -> int:
    """Exports, loads with hub.KerasLayer and classifies held-out digits."""
    RefusingParser(description=__doc__.splitlines()[0]).parse_args()
    unpack()
    export()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    quiet_tensorflow.tensorflow()  # without its notices
    warnings.filterwarnings("ignore", "pkg_resources", UserWarning)  # tensorflow_hub 0.16.1's
    import tensorflow_hub as hub
    import tf_keras

    data = digits.load(OPTIONS["image_size"])
    model = tf_keras.Sequential([hub.KerasLayer(str(REPOSITORY / OUTPUT))])
    model.build([None, *data.test_images.shape[1:]])
    names = (REPOSITORY / OUTPUT / "assets" / "labels.txt").read_text("utf-8").split()
    named = model.predict(data.test_images, verbose=0).argmax(1)

    print("\nheld-out digits, classified by hub.KerasLayer:\n")
    print(draw(data.test_images[:_SHOWN]))
    print(" ".join(f"{names[label]:^8}" for label in named[:_SHOWN]))
    accuracy = float((named == data.test_labels).mean())
    print(f"\n{accuracy:.1%} of {len(named)} held-out digits are correct")

    evaluate(data)
    publish()
    with served() as address, tempfile.TemporaryDirectory() as cache:
        os.environ["TFHUB_CACHE_DIR"] = cache
        os.environ["TFHUB_MODEL_LOAD_FORMAT"] = "COMPRESSED"
        by_url = hub.KerasLayer(address + HANDLE)(data.test_images[:_SHOWN]).numpy()
        print(f"\nhub.KerasLayer('{address}{HANDLE}')")
    by_folder = hub.KerasLayer(str(REPOSITORY / OUTPUT))(data.test_images[:_SHOWN]).numpy()
    is_same = by_url.tobytes() == by_folder.tobytes()
    print(f"gives {'exactly the same' if is_same else 'OTHER'} numbers as the folder")
    print(f"\nsee its page: .venv/bin/slimhub serve {HUB}, then http://localhost:8080")
    return 0 if accuracy > _LEAST_ACCURACY and is_same else 1


def draw(images: np.ndarray) -> str:
    """Images f32[n, size, size, 3] side by side as text, eight by eight characters each."""
    step = images.shape[1] // 8
    small = images[:, ::step, ::step, 0]
    shades = " .:-=+*#%@"
    rows = [
        " ".join("".join(shades[int(value * 9)] for value in image[row]) for image in small)
        for row in range(8)
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
