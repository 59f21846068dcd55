"""Whole artifacts there and back, by programs of their own."""

import os
from pathlib import Path

import numpy as np
import pytest

from slimhub.common import files
from slimhub.export.record import Record
from slimhub.publish import bundle
from slimhub.publish.package import Package
from tests.fixtures import page_programs, programs, support
from tests.publish.destinations.conftest import TARGETS, TOKENS

COMPARE = """
import sys
import keras
import numpy as np
import tensorflow_hub as hub

images = np.load(sys.argv[2])
here = tf.saved_model.load(sys.argv[1])(images).numpy()
by_keras_3 = keras.layers.TFSMLayer(path, call_endpoint="serve")(images)
(by_keras_3,) = by_keras_3.values() if isinstance(by_keras_3, dict) else [by_keras_3]
for there in (module(images), hub.KerasLayer(path)(images), by_keras_3):
    np.testing.assert_array_equal(np.asarray(there), here)
print("the same")
"""


def package_of(folder, **options):
    digests = {name: files.digest_file(folder / name) for name in bundle.files_of(folder)}
    return Package(folder, Record.read(folder), digests, **options)


@pytest.mark.slow
def test_what_is_loaded_from_there_gives_the_same_numbers(hub, artifact, tmp_path):
    """The very text of the plan and of the card is run."""
    folder = Path(artifact().path)
    plan, _ = hub.publish(package_of(folder))
    load, *others = page_programs.blocks(plan.cards.get("usage") or plan.cards["README.md"])
    assert load == plan.load
    assert len(others) == 5
    np.save(tmp_path / "images.npy", support.images(2, 224))
    finished = programs.run(f"{load}\n{COMPARE}", hub, folder, tmp_path / "images.npy")
    assert finished.stdout.splitlines()[-1] == "the same", finished.stderr
    environment = os.environ | hub.environment
    if "kagglehub" in load:  # the others are the same for both places: once is enough
        others = others[1:2]
    page_programs.run([f"{load}\n{other}" for other in others], tmp_path, env=environment)


def test_nothing_that_is_said_or_written_holds_a_token(hub, artifact, tmp_path):
    hub.place.fail("", 429, times=1)
    hub.place.fail("PUT", cut=1000)
    kind = str(hub.destination).partition(":")[0]
    folder = Path(artifact().path)
    finished = programs.run(programs.PUBLISH, hub, folder, TARGETS[kind])
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == ""  # the libraries' own messages stay away
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    written += [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    for token in TOKENS.values():
        assert token not in finished.stderr
        assert not any(token.encode() in data for data in written)
    assert hub.place.tokens == {f"Bearer {TOKENS[kind]}"}


def test_a_refusal_shows_no_token_even_with_its_causes(hub, artifact):
    hub.place.fail("", 403, times=100)
    kind = str(hub.destination).partition(":")[0]
    finished = programs.run(programs.PUBLISH, hub, Path(artifact().path), TARGETS[kind])
    assert finished.returncode == 1
    assert "RefusedError" in finished.stderr
    assert finished.stdout == ""
    assert TOKENS[kind] not in finished.stderr
