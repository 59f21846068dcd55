"""The notebook runs as Jupyter runs it, with a model from a hub of one's own."""

import nbformat
import pytest
from nbclient import NotebookClient

from tests.fixtures import hubs
from tests.fixtures.support import REPOSITORY
from tests.publish.hub.test_server import serving

NOTEBOOK = REPOSITORY / "examples" / "retrain.ipynb"
HANDLE = "local/digits/feature_vector/1"
pytestmark = pytest.mark.slow


def test_the_notebook_retrains_a_model_of_the_hub(sample_artifact, pictures, tmp_path, monkeypatch):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert all(not cell.outputs for cell in notebook.cells if cell.cell_type == "code")
    hubs.put(sample_artifact("feature_vector"), tmp_path / "hub", HANDLE)
    with serving(tmp_path / "hub") as (port, _):
        settings = {
            "MODEL": f"http://127.0.0.1:{port}/{HANDLE}",
            "IMAGES": str(pictures),
            "OUTPUT": str(tmp_path / "retrained"),
            "TFHUB_CACHE_DIR": str(tmp_path / "cache"),
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "IPYTHONDIR": str(tmp_path / "ipython"),
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        NotebookClient(notebook, timeout=300, kernel_name="python3").execute(cwd=str(tmp_path))
    text = "".join(o.get("text", "") for c in notebook.cells for o in c.get("outputs", []))
    accuracies = next(line for line in text.splitlines() if line.startswith("val_accuracy"))
    assert float(accuracies.split()[-1]) > 0.8, text
    assert f"saved {tmp_path / 'retrained'}" in text.splitlines()
    assert (tmp_path / "retrained" / "saved_model.pb").is_file()
