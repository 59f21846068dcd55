"""Trying a model in the browser: what its pictures become, and that its answers are the artifact's.

ONNX Runtime for browsers is not part of the test environment: `SLIMHUB_ONNXRUNTIME_WEB` names the
folder `dist` of npm's package `onnxruntime-web`, 1.30 was tried.
"""

import base64
import os
import shutil
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from slimhub.publish.hub import browser_runtime
from tests.fixtures import hubs
from tests.publish.hub.test_server import serving

pytestmark = pytest.mark.browser


def png(seed, height, width):
    """A smooth picture as a PNG file."""
    import tensorflow as tf

    coarse = np.random.default_rng(seed).uniform(0, 255, (5, 5, 3))
    picture = tf.cast(tf.image.resize(coarse, [height, width]), tf.uint8)
    return tf.io.encode_png(picture).numpy()


@pytest.mark.parametrize(("height", "width"), [(40, 61), (200, 100)])
def test_pictures_become_what_the_signature_makes_of_them(page, height, width):
    from slimhub.export.savedmodel import signatures

    file = png(1, height, width)
    script = resources.files("slimhub.publish.hub").joinpath("static", "picture.js").read_text()
    found = page.evaluate(
        f"""async (content) => {{
          {script}
          const file = await (await fetch(`data:image/png;base64,${{content}}`)).blob();
          return [...stretch(await decode(file), 64)];
        }}""",
        base64.b64encode(file).decode(),
    )
    expected = signatures.decode(np.array([file]), 64).numpy().ravel()
    assert np.abs(np.array(found) - expected).max() < 1e-6


@pytest.mark.parametrize("task", ["classification", "feature_vector"])
def test_the_browser_answers_what_the_artifact_answers(page, sample_artifact, tmp_path, task):
    if "SLIMHUB_ONNXRUNTIME_WEB" not in os.environ:
        pytest.skip("SLIMHUB_ONNXRUNTIME_WEB names no folder")
    from slimhub.export.formats import ConversionRequest, convert

    artifact, hub = sample_artifact(task), tmp_path / "hub"
    convert(ConversionRequest(str(artifact), str(tmp_path / "digits.onnx")))
    hubs.put(artifact, hub, f"acme/digits/{task}/1")
    (hub / browser_runtime.FOLDER).mkdir()
    for name in browser_runtime.FILES:
        source = Path(os.environ["SLIMHUB_ONNXRUNTIME_WEB"], name)
        shutil.copy(source, hub / browser_runtime.FOLDER)
    hubs.put(artifact, hub, f"acme/digits/{task}/1", also=[str(tmp_path / "digits.onnx")])
    files = [png(seed, 50 + seed, 70) for seed in range(3)]
    given = [
        {"name": f"{number}.png", "mimeType": "image/png", "buffer": file}
        for number, file in enumerate(files)
    ]
    asked = []
    page.on("request", lambda request: asked.append((request.method, request.url)))
    with serving(hub) as (port, _):
        page.goto(f"http://127.0.0.1:{port}/acme/digits/{task}/1")
        page.get_by_label("Drop pictures here").set_input_files(given)
        page.locator(".tried > li:nth-child(3) data").first.wait_for()
        shown = page.locator(".tried > li").evaluate_all(
            "all => all.map(one => [...one.querySelectorAll('data')].map(d => Number(d.value)))"
        )
    for found, expected in zip(reversed(shown), answers(artifact, files, task), strict=True):
        assert np.abs(np.array(found) - np.sort(expected)[::-1][:5]).max() < 1e-4
    assert {method for method, _ in asked} == {"GET"}
    assert all(url.startswith((f"http://127.0.0.1:{port}/", "blob:", "data:")) for _, url in asked)


def answers(artifact, files, task):
    """Probabilities of each picture, or cosines with the others."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(artifact))
    (answer,) = loaded.signatures["serving_encoded_images"](encoded=tf.constant(files)).values()
    if task == "classification":
        return list(tf.nn.softmax(answer).numpy())
    unit = tf.math.l2_normalize(tf.cast(answer, tf.float64), axis=1).numpy()
    return [np.delete(row, place) for place, row in enumerate(unit @ unit.T)]
