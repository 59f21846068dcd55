"""Artifacts and checkpoints that many tests read; none of them may be changed."""

from __future__ import annotations

import gc
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# huggingface_hub reads this when it is imported, which any test may be the first to do.
os.environ["HF_HUB_DISABLE_XET"] = "1"

import dataclasses
import re
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from slimhub import export, nets
from slimhub.nets.catalogue import stored
from tests.fixtures import digit_data as digit_files
from tests.fixtures import proof_forks, support, weight_sources
from tests.fixtures.shared import SharedFolder


def write_checkpoint(prefix: Path, values) -> None:
    """Writes arrays by name as a TF1 checkpoint."""
    import tensorflow as tf

    names = sorted(values)
    tf.raw_ops.SaveV2(
        prefix=str(prefix),
        tensor_names=names,
        shape_and_slices=[""] * len(names),
        tensors=[values[name] for name in names],
    )


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> SharedFolder:
    """The folder that the processes of one test run have in common."""
    folder = tmp_path_factory.getbasetemp()
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    return SharedFolder((folder.parent if is_worker else folder) / "shared")


@pytest.fixture(scope="session")
def synthetic_checkpoint(shared):
    """Makes checkpoints of registered networks with the oracles' values; returns prefixes."""

    def make(network: str) -> Path:
        return shared.once(
            f"checkpoint-{network}", lambda folder: _write_synthetic(network, folder)
        )

    return make


def _write_synthetic(network: str, folder: Path) -> Path:
    values = {n: support.synthetic_value(n, s) for n, s in stored.variables(network).items()}
    write_checkpoint(folder / "checkpoint" / "model.ckpt-7", values)
    return folder / "checkpoint" / "model.ckpt-7"


def pytest_configure(config: pytest.Config) -> None:
    """Makes what all processes of this test run share: a folder of values, and heed of SIGINT.

    Tests interrupt what they start, and whoever is started in a shell's background ignores that.
    """
    if support.VALUES_FOLDER not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="slimhub-values-")
        os.environ[support.VALUES_FOLDER] = folder.name
        config.add_cleanup(folder.cleanup)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        config.add_cleanup(lambda: os.environ.pop(support.VALUES_FOLDER))
    proof_forks.install()


# Modules of half a minute and more. Begun first, so that none of them is what all others wait for.
_LONG = (
    "test_artifact_oracles.py",
    "test_parity.py",
    "test_faults.py",
    "test_compatibility.py",
    "test_cluster.py",
    "test_zoo_worker.py",
    "test_publish_command.py",
    "test_hub_folder.py",
    "test_hub_destination.py",
    "test_oracles.py",
    "test_stored.py",
    "test_wheel.py",
    "test_programs.py",
    "test_program_blocks.py",
    "test_notebook.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests of long modules in front; all others stay in their order."""
    items.sort(
        key=lambda item: _LONG.index(item.path.name) if item.path.name in _LONG else len(_LONG)
    )


@dataclasses.dataclass(frozen=True)
class WeightSource:
    """A source of one kind, the format that it is found to have, and the values in it."""

    path: Path
    format: str
    values: dict[str, np.ndarray]


@pytest.fixture(scope="session")
def weight_source(shared, artifact):
    """The network `weight_sources.NETWORK` in a source of each kind, by the kind's name."""

    def write_objects(folder: Path) -> tuple[Path, dict[str, np.ndarray]]:
        # Autograph leaves files in the folder for temporary ones, which some tests watch.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tempfile, "tempdir", str(folder))
            made = artifact(weight_sources.NETWORK)
            return folder, weight_sources.write_objects(made.path, folder)

    def write_graphs(folder: Path) -> tuple[Path, dict[str, np.ndarray]]:
        weight_sources.write_graphs(folder)
        shapes = stored.variables(weight_sources.NETWORK)
        head = re.compile(nets.get(weight_sources.NETWORK).head)
        values = {n: support.synthetic_value(n, s) for n, s in shapes.items() if not head.search(n)}
        return folder, values

    def make(kind: str) -> WeightSource:
        if kind in weight_sources.GRAPHS:
            place, form = weight_sources.GRAPHS[kind]
            folder, values = shared.once("graph-sources", write_graphs)
        else:
            place, form = weight_sources.OBJECTS[kind]
            folder, values = shared.once("object-sources", write_objects)
        return WeightSource(folder / place, form, values)

    return make


def pytest_collection_finish() -> None:
    """Looks for garbage more rarely, and never among what is imported by now.

    Graphs are many small objects that live until their test ends: looking among them as often as
    Python does by default takes a tenth of the time of all tests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


@pytest.fixture
def freed() -> Iterator[None]:
    """Frees a large network's graphs when its test ends: several of them would take gigabytes."""
    yield
    gc.collect()


@dataclasses.dataclass(frozen=True)
class Artifact:
    """An exported network."""

    path: str
    network: str
    task: str
    result: export.Result

    @property
    def spec(self) -> nets.NetworkSpec:
        return nets.get(self.network)

    @property
    def num_classes(self):
        return self.spec.num_classes if self.task == "classification" else None

    def load(self):
        import tensorflow as tf

        return tf.saved_model.load(self.path)


@pytest.fixture(scope="session")
def artifact(shared, synthetic_checkpoint):
    """Exports registered networks with the oracles' values, each once."""

    def make(network="mobilenet_v1_025_128", task="feature_vector") -> Artifact:
        def export_into(folder: Path) -> Artifact:
            output = folder / f"{network}-{task}"
            request = export.Request(
                network, str(synthetic_checkpoint(network)), str(output), task=task, proof="none"
            )
            return Artifact(str(output), network, task, export.export(request))

        return shared.once(f"artifact-{network}-{task}", export_into)

    return make


@pytest.fixture(scope="session")
def sample_artifact(shared):
    """Exports the sample of the repository, digits of 32x32 pixels, each task once."""

    def make(task: str) -> Path:
        def export_into(folder: Path) -> Path:
            from scripts import train_digits

            samples = support.REPOSITORY / "samples"
            labels = str(samples / "digits_labels.txt") if task == "classification" else None
            request = export.Request(
                train_digits.NETWORK,
                str(samples / f"{train_digits.ARCHIVE}.tgz"),
                str(folder / "artifact"),
                task=task,
                labels=labels,
                proof="none",
                **train_digits.OPTIONS,
            )
            return export.export(request).output

        return shared.once(f"sample-{task}", export_into)

    return make


@pytest.fixture(scope="session")
def digit_data(shared, sample_artifact) -> digit_files.DigitData:
    """The digits that the sample has not seen, as data sets of every kind."""
    artifact = sample_artifact("classification")
    return shared.once("digit-data", lambda folder: digit_files.write(folder, artifact))
