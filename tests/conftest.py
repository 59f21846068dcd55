"""Artifacts and checkpoints that many tests read; none of them may be changed."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import dataclasses
from pathlib import Path

import pytest

from slimhub import export, nets
from slimhub.nets.catalogue import stored
from tests.fixtures import support


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
def synthetic_checkpoint(tmp_path_factory):
    """Makes checkpoints of registered networks with the oracles' values; returns prefixes."""
    made = {}

    def make(network: str) -> Path:
        if network not in made:
            made[network] = tmp_path_factory.mktemp(network) / "model.ckpt-7"
            shapes = stored.variables(network)
            write_checkpoint(
                made[network], {n: support.synthetic_value(n, s) for n, s in shapes.items()}
            )
        return made[network]

    return make


@dataclasses.dataclass(frozen=True)
class Artifact:
    """An exported network."""

    path: str
    spec: nets.NetworkSpec
    task: str
    result: export.Result

    @property
    def num_classes(self):
        return self.spec.num_classes if self.task == "classification" else None

    def load(self):
        import tensorflow as tf

        return tf.saved_model.load(self.path)


@pytest.fixture(scope="session")
def artifact(tmp_path_factory, synthetic_checkpoint):
    """Exports registered networks with the oracles' values, each once."""
    made = {}

    def make(network="mobilenet_v3_small_075_224", task="feature_vector") -> Artifact:
        if (network, task) not in made:
            folder = tmp_path_factory.mktemp("artifacts") / f"{network}-{task}"
            request = export.Request(
                network, str(synthetic_checkpoint(network)), str(folder), task=task, proof="none"
            )
            result = export.export(request)
            made[network, task] = Artifact(str(folder), request.spec(), task, result)
        return made[network, task]

    return make
