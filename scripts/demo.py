"""The main job on the sample checkpoint, offline: export, load, name digits.

Run by `python3 scripts/run.py demo`. Takes about 20 seconds on two cores; expect 97 % of the
held-out digits to be named rightly.
"""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np

from checkpoints import starting
from scripts import digits
from scripts.train_digits import ARCHIVE, NETWORK, OPTIONS

REPOSITORY = Path(__file__).resolve().parent.parent
OUTPUT = Path("build", "demo", "digits")
_LEAST_ACCURACY = 0.95  # of the trained sample on held-out digits
_SHOWN = 10  # digits drawn on the terminal


def export() -> None:
    """Runs the command line as a user would, and shows it."""
    command = ["slimhub", "export", NETWORK]
    command += [f"--checkpoint=samples/{ARCHIVE}.tgz", "--task=classification"]
    command += [f"--{name}={value}" for name, value in OPTIONS.items()]
    command += ["--labels=samples/digits_labels.txt", f"--output={OUTPUT}", "--overwrite"]
    print("$", " ".join(command), flush=True)
    subprocess.run([sys.executable, "-m", *command], cwd=REPOSITORY, check=True)


def main() -> int:
    """Exports, loads with hub.KerasLayer and names held-out digits."""
    export()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    starting.tensorflow()  # without its notices
    warnings.filterwarnings("ignore", "pkg_resources", UserWarning)  # tensorflow_hub 0.16.1's
    import tensorflow_hub as hub
    import tf_keras

    data = digits.load(OPTIONS["image_size"])
    model = tf_keras.Sequential([hub.KerasLayer(str(REPOSITORY / OUTPUT))])
    model.build([None, *data.test_images.shape[1:]])
    names = (REPOSITORY / OUTPUT / "assets" / "labels.txt").read_text("utf-8").split()
    named = model.predict(data.test_images, verbose=0).argmax(1)

    print("\nheld-out digits, named by hub.KerasLayer:\n")
    print(draw(data.test_images[:_SHOWN]))
    print(" ".join(f"{names[label]:^8}" for label in named[:_SHOWN]))
    accuracy = float((named == data.test_labels).mean())
    print(f"\n{accuracy:.1%} of {len(named)} held-out digits are named rightly")
    return 0 if accuracy > _LEAST_ACCURACY else 1


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
