"""Runs commands as processes."""

import subprocess
import sys
import time

from tests.support import REPOSITORY

SAMPLE = str(REPOSITORY / "samples" / "digits_mobilenet_v3.tgz")
NETWORK = "mobilenet_v3_small_100_224"
OPTIONS = [
    "--depth_multiplier=0.35",
    "--num_classes=10",
    "--image_size=32",
    "--feature_depth=128",
]


def run(*arguments, module="slimhub", **options):
    command = [sys.executable, "-m", module, *arguments]
    options = {"cwd": REPOSITORY, "capture_output": True, "text": True, "timeout": 120} | options
    return subprocess.run(command, **options)


def best_time(*arguments):
    """Seconds and last run of the fastest of three: the machine may be busy."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        finished = run(*arguments)
        times.append(time.perf_counter() - start)
    return min(times), finished
