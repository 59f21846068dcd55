"""Artifacts that are evaluated by URL."""

import shutil
from pathlib import Path

from slimhub.evaluate.models import artifact_digest, model_source
from tests.fixtures import hubs
from tests.publish.hub.test_server import serving

HANDLE = "local/digits/classification/1"


def test_a_model_at_a_url_is_the_one_that_is_served_now(sample_artifact, artifact, tmp_path):
    hub = tmp_path / "hub"
    known = [sample_artifact("classification"), artifact(task="classification").path]
    found = []
    with serving_new(hub, known[0]) as (port, _):
        for path in known:
            shutil.rmtree(hub)
            hubs.put(path, hub, HANDLE)
            url = f"http://127.0.0.1:{port}/{HANDLE}"
            with model_source.opened(url) as model:
                assert model.name == url
                found.append(model.sha256)
    assert found == [artifact_digest.of(Path(path)) for path in known]


def serving_new(hub, path):
    """Serves a hub of one artifact."""
    hubs.put(path, hub, HANDLE)
    return serving(hub)
