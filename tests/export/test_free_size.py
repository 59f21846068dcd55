"""Images of any size, where the published modules took one size only."""

import numpy as np
import pytest

from slimhub import export, nets
from tests.fixtures import support

NETWORKS = [
    "mobilenet_v3_small_075_224",
    "mobilenet_v2_035_224",
    *(
        pytest.param(name, marks=pytest.mark.slow)
        for name in ("mobilenet_v3_large_100_224", "mobilenet_edgetpu_075_224")
    ),
]


@pytest.fixture(scope="module", params=NETWORKS)
def pair(request, artifact, synthetic_checkpoint, tmp_path_factory):
    """The artifact of one size, and that of any."""
    import tensorflow as tf

    folder = tmp_path_factory.mktemp("free") / "artifact"
    checkpoint = str(synthetic_checkpoint(request.param))
    asked = export.Request(request.param, checkpoint, str(folder), proof="none", free_size=True)
    result = export.export(asked)
    assert result.record.network.size_is_free is True
    assert "--free_size" in result.record.command
    return artifact(request.param), tf.saved_model.load(str(folder))


def test_at_its_own_size_it_answers_bit_for_bit_the_same(pair):
    fixed, free = pair
    batch = support.images(3, 224)
    expected = fixed.load()(batch, return_endpoints=True)
    found = free(batch, return_endpoints=True)
    assert found.keys() == expected.keys()
    assert all((found[name].numpy() == value.numpy()).all() for name, value in expected.items())


@pytest.mark.parametrize("size", [160, 192, 256, 320])
def test_at_other_sizes_it_answers_what_a_network_of_that_size_does(pair, size):
    fixed, free = pair
    spec = fixed.spec.customized(image_size=size)
    batch = support.images(2, size)
    source = support.SourceNetwork(spec, None)
    # The same kernels in the same order: no tolerance.
    assert np.array_equal(free(batch).numpy(), source.run(source.feature, batch))
    assert not np.array_equal(free(batch[:, 8:-8]), free(batch))  # nor need they be square


def test_what_compares_heights_cannot_be_free():
    with pytest.raises(
        nets.NetworkError, match="does not apply to nasnet_mobile, which is built for one"
    ):
        nets.get("nasnet_mobile").customized(free_size=True)
