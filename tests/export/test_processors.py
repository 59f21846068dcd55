"""An export has the same bytes on a processor with other instructions."""

import json
import os

import numpy as np
import pytest
import tensorflow as tf

from slimhub.common import files
from slimhub.export.savedmodel import exact_answer
from tests.fixtures import commands


def export_with(folder, **environment):
    """Exports the sample in a process of its own: names in a graph depend on what ran before."""
    words = ["export", commands.NETWORK, f"--checkpoint={commands.SAMPLE}", *commands.OPTIONS]
    words += ["--proof=none", f"--output={folder}"]
    run = commands.run_fresh if environment else commands.run
    finished = run(*words, **({"env": os.environ | environment} if environment else {}))
    assert finished.returncode == 0, finished.stderr
    return folder


def test_other_kernels_give_the_same_artifact(tmp_path):
    """Without oneDNN's optimizations and with the instructions of a processor of 2008."""
    here = export_with(tmp_path / "here")
    there = export_with(tmp_path / "there", TF_ENABLE_ONEDNN_OPTS="0", ONEDNN_MAX_CPU_ISA="SSE41")
    assert files.differing(files.digest_folder(here), files.digest_folder(there)) == []


def test_the_answer_is_that_of_the_artifact(sample_artifact):
    folder = sample_artifact("feature_vector")
    answer = np.load(folder / "assets.extra" / "golden_output.npy")
    record = json.loads((folder / "assets.extra" / "slimhub.json").read_text())
    shape = record["golden"]["input"]["shape"]
    images = np.random.RandomState(0).uniform(0, 1, shape).astype(np.float32)
    found = tf.saved_model.load(str(folder))(images).numpy()
    # Single precision keeps 24 bits, of which a network of 50 layers loses a few.
    np.testing.assert_allclose(found, answer, rtol=0, atol=2e-5 * np.abs(answer).max())


def test_rounding_keeps_eighteen_bits():
    output = np.array([[1.0, 0.5 + 1e-9, -0.3, 0.0]])
    rounded = exact_answer.rounded(output)
    assert rounded.dtype == np.float32
    np.testing.assert_allclose(rounded, output, rtol=0, atol=2.0**-18)
    assert np.array_equal(rounded, exact_answer.rounded(output * (1 + 1e-12)))
    assert np.array_equal(exact_answer.rounded(np.zeros([1, 2])), np.zeros([1, 2]))


def test_what_has_no_double_precision_is_refused():
    variable = tf.Variable([1.0])

    @tf.function(input_signature=[tf.TensorSpec([None, 2, 2, 3], tf.float32)])
    def network(images):
        quantized = tf.quantization.fake_quant_with_min_max_args(images)
        return {"default": tf.reduce_sum(quantized, [1, 2, 3]) * variable}

    with pytest.raises(ValueError, match="double"):
        exact_answer.compute(
            network.get_concrete_function(), "default", np.zeros([1, 2, 2, 3], np.float32)
        )
