"""Which tensor fills which variable, what is left over, and which values are refused."""

import ml_dtypes
import numpy as np
import pytest

from slimhub import checkpoints
from slimhub.checkpoints import Assignment, CheckpointError, Expectations, VariableInfo, names
from tests.checkpoints.conftest import PLAIN, SHADOW, WEIGHTS, make, wanted, with_shadows
from tests.fixtures.support import REFERENCE, needs_reference

KERNEL, VARIANCE = "Net/Conv/weights", "Net/Conv/BatchNorm/moving_variance"
STATISTICS_RAW = {**with_shadows()}
del STATISTICS_RAW[VARIANCE + SHADOW]


@pytest.fixture
def opened(tmp_path):
    """Writes and opens a checkpoint."""
    closing = []

    def write(values, folder="training"):
        closing.append(checkpoints.open(make(tmp_path / folder / "model-7", values).parent))
        return closing[-1]

    yield write
    for checkpoint in closing:
        checkpoint.close()


def sources(plan):
    return {a.variable: (a.tensor, a.reason) for a in plan.assignments}


def loaded(plan, checkpoint):
    values = plan.load(checkpoint)
    assert all(value.dtype == np.float32 for value in values.values())
    return values


@pytest.mark.parametrize("averages", ["auto", "raw"])
def test_plain_names_fill_variables_where_there_are_no_shadows(opened, averages):
    checkpoint = opened(PLAIN)
    plan = checkpoints.plan(checkpoint, wanted(), averages=averages)
    assert sources(plan) == {KERNEL: (KERNEL, "plain"), VARIANCE: (VARIANCE, "plain")}
    assert plan.averages == "unknown"
    np.testing.assert_array_equal(loaded(plan, checkpoint)[KERNEL], WEIGHTS)
    plan.require_complete()


def test_shadows_fill_variables(opened):
    checkpoint = opened(with_shadows())
    for averages in ("auto", "shadow"):
        plan = checkpoints.plan(checkpoint, wanted(), averages=averages)
        assert sources(plan) == {
            KERNEL: (KERNEL + SHADOW, "average"),
            VARIANCE: (VARIANCE + SHADOW, "average"),
        }
        np.testing.assert_array_equal(loaded(plan, checkpoint)[KERNEL], WEIGHTS + 10)
        assert plan.expected == {
            "raw values with an average": (VARIANCE, KERNEL),
            "training step": ("global_step",),
        }
        assert plan.unexpected == ()


def test_raw_values_fill_variables_when_asked(opened):
    checkpoint = opened(with_shadows())
    plan = checkpoints.plan(checkpoint, wanted(), averages="raw")
    assert sources(plan) == {KERNEL: (KERNEL, "raw"), VARIANCE: (VARIANCE, "raw")}
    np.testing.assert_array_equal(loaded(plan, checkpoint)[KERNEL], WEIGHTS)
    assert plan.expected["moving averages"] == (VARIANCE + SHADOW, KERNEL + SHADOW)
    assert plan.unexpected == ()


@pytest.mark.parametrize("averages", ["auto", "shadow"])
def test_moving_statistics_without_an_average_are_taken_raw(opened, averages):
    checkpoint = opened(STATISTICS_RAW)
    plan = checkpoints.plan(checkpoint, wanted(), averages=averages)
    assert sources(plan) == {KERNEL: (KERNEL + SHADOW, "average"), VARIANCE: (VARIANCE, "raw")}
    assert plan.counts() == {"average": 1, "raw": 1}
    assert "1 with moving averages" in plan.summary()[0]
    assert "1 with raw values that have no average" in plan.summary()[0]
    assert plan.without_average == ()  # no wonder: they are averages themselves
    np.testing.assert_array_equal(loaded(plan, checkpoint)[VARIANCE], [1, 2, 3])


def test_shadows_are_refused_when_asked_for_but_not_there(opened):
    for values, folder in ((PLAIN, "a"), (PLAIN, "ema")):
        match = (
            f"^`averages=shadow` was given, but model-7 has no moving average of {KERNEL}: leave"
        )
        with pytest.raises(CheckpointError, match=match):
            checkpoints.plan(opened(values, folder), wanted(), averages="shadow")


def test_a_trainable_variable_without_a_shadow_is_named(opened):
    late = {"Net/Late/weights": WEIGHTS}
    plan = checkpoints.plan(opened({**with_shadows(), **late}), wanted({**PLAIN, **late}))
    assert plan.without_average == ("Net/Late/weights",)
    assert "trainable, but without an average: Net/Late/weights" in plan.summary()


def test_averages_of_another_form_are_used_and_told(opened):
    twice = {name + "_1" if SHADOW in name else name: v for name, v in with_shadows().items()}
    first, *others = checkpoints.plan(opened(twice), wanted()).summary()
    assert first == "2 filled: 2 with moving averages"
    assert any("averages named in another form, such as Net/" in line for line in others)


def test_raw_values_are_not_taken_from_averages(opened):
    with pytest.raises(
        CheckpointError, match="`averages=raw` was given, but model-7 holds averages under"
    ):
        checkpoints.plan(opened(PLAIN, "ema"), wanted(), averages="raw")


def test_one_trainable_variable_without_a_shadow_is_refused_and_named(opened):
    late = {"Net/Late/weights": WEIGHTS}
    checkpoint = opened({**with_shadows(), **late})
    with pytest.raises(
        CheckpointError, match=r"model-.* has no moving average of Net/Late/weights:"
    ):
        checkpoints.plan(checkpoint, wanted({**PLAIN, **late}), averages="shadow")


@pytest.mark.parametrize(
    ("values", "folder", "averages", "words"),
    [
        (
            PLAIN,
            "x",
            "auto",
            "2 with plain values (the checkpoint does not hold separate averages)",
        ),
        (PLAIN, "ema", "auto", "2 with values from an averaged checkpoint"),
        (with_shadows(), "x", "auto", "2 with moving averages"),
        (with_shadows(), "x", "raw", "2 with raw values, as requested"),
    ],
)
def test_the_summary_says_what_was_taken(opened, tmp_path, values, folder, averages, words):
    make(tmp_path / "source" / folder / "model-7", values)
    with checkpoints.open(tmp_path / "source") as checkpoint:
        plan = checkpoints.plan(checkpoint, wanted(), averages=averages)
    assert plan.summary()[0] == f"2 filled: {words}"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (KERNEL + "/RMSProp", "optimizer slots"),
        (KERNEL + "/RMSProp_1", "optimizer slots"),
        (KERNEL + "/Momentum", "optimizer slots"),
        (KERNEL + "/Adam", "optimizer slots"),
        (KERNEL + "/Adam_1", "optimizer slots"),
        (KERNEL + "/Adagrad", "optimizer slots"),
        (KERNEL + "/Ftrl_1", "optimizer slots"),
        ("train/" + KERNEL + "/Adadelta", "optimizer slots"),
        ("beta1_power", "optimizer slots"),
        ("train/beta2_power_1", "optimizer slots"),
        ("global_step", "training step"),
        ("train/global_step", "training step"),
        (VARIANCE + "/biased", "bookkeeping of averages"),
        (VARIANCE + "/local_step", "bookkeeping of averages"),
        ("Net/Logits/weights", "tensors of layers that this task does not use"),
        ("Net/AuxLogits/Conv/weights" + SHADOW, "tensors of layers that this task does not use"),
        ("Net/Logits/weights/Momentum", "optimizer slots"),
    ],
)
def test_what_training_leaves_behind_is_expected(opened, name, kind):
    values = {**PLAIN, name: np.zeros(2, np.float32)}
    del values["global_step"]
    values[name] = np.zeros(2, np.float32)
    plan = checkpoints.plan(
        opened(values), wanted(), expectations=Expectations([r"/(Aux)?Logits/"])
    )
    assert plan.expected == {kind: (name,)}
    assert plan.unexpected == ()
    assert plan.summary()[1:] == [f"left over as expected: {names.count_kind(1, kind)}"]


@pytest.mark.parametrize(
    "name",
    [
        "Net/Other/weights",
        "Net/Conv/weights_1",
        "Net/Logits/weights",
        "Net/Other/weights" + SHADOW,
        "my_global_step",
        "Net/Conv/weights/RMSPropish",
    ],
)
def test_anything_else_left_over_is_named(opened, name):
    checkpoint = opened({**PLAIN, name: WEIGHTS})
    plan = checkpoints.plan(checkpoint, wanted(), averages="raw")
    assert plan.unexpected == (name,)
    assert f"left over unexpectedly: {name}" in plan.summary()


def test_nothing_left_over_is_said(opened):
    values = {KERNEL: WEIGHTS}
    plan = checkpoints.plan(opened(values), wanted(values))
    assert plan.summary()[1:] == ["nothing left over"]


def test_many_left_over_are_counted(opened):
    values = {**PLAIN, **{f"Other/w{i}": WEIGHTS for i in range(10)}}
    (line,) = checkpoints.plan(opened(values), wanted()).summary()[2:]
    assert line.endswith("Other/w6, Other/w7 and 2 more")


def test_missing_and_mismatched_show_both_sides(opened):
    values = {**PLAIN, "Net/conv/weights": WEIGHTS}
    variables = [
        VariableInfo("Net/Convolution/weights", (3, 4), True),
        VariableInfo(KERNEL, (3, 8), True),
        VariableInfo(VARIANCE, (3,), False),
    ]
    plan = checkpoints.plan(opened(values), variables)
    assert plan.missing == ("Net/Convolution/weights",)
    assert plan.mismatched == ((KERNEL, (3, 8), (3, 4)),)
    assert plan.assignments == (Assignment(VARIANCE, VARIANCE, "plain"),)
    with pytest.raises(CheckpointError) as caught:
        plan.require_complete()
    assert str(caught.value).splitlines() == [
        "the checkpoint does not fit the network:",
        "  expected, but not in the checkpoint: Net/Convolution/weights",
        "  with another shape:",
        f"    {KERNEL} should be [3, 8], is [3, 4]",
        "  in the checkpoint, but not expected: Net/conv/weights",
    ]


def test_a_tensor_of_another_shape_is_no_surprise_left_over(opened):
    plan = checkpoints.plan(opened({KERNEL: WEIGHTS}), [VariableInfo(KERNEL, (3, 8), True)])
    with pytest.raises(CheckpointError, match="with another shape:") as caught:
        plan.require_complete()
    assert "but not expected" not in str(caught.value)


def test_a_scalar_is_not_a_vector_of_one(opened):
    plan = checkpoints.plan(opened({"Net/w": np.float32(1)}), [VariableInfo("Net/w", (1,), True)])
    assert plan.mismatched == (("Net/w", (1,), ()),)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_refused(opened, bad):
    weights = WEIGHTS.copy()
    weights[1, 2] = weights[0, 0] = bad
    match = f"^the tensor {KERNEL} in model-7 has 2 of 12 values that are NaN or infinite: "
    assert_values_refused(opened({**PLAIN, KERNEL: weights}), match)


@pytest.mark.parametrize("dtype", [np.int32, np.uint8])
def test_what_is_no_float_is_refused(opened, dtype):
    name = np.dtype(dtype).name
    match = f"^the tensor {KERNEL} in model-7 is {name}, not a float: cast the variables"
    assert_values_refused(opened({**PLAIN, KERNEL: WEIGHTS.astype(dtype)}), match)


@pytest.mark.parametrize(
    ("dtype", "said"),
    [
        (np.float16, "1 cast from float16 to float32"),
        (ml_dtypes.bfloat16, "1 cast from bfloat16 to float32"),
        (np.float64, "1 cast from float64 to float32, which loses precision"),
    ],
)
def test_other_floats_are_cast_which_is_said(opened, dtype, said):
    kernel = (WEIGHTS / 3).astype(dtype)
    checkpoint = opened({**PLAIN, KERNEL: kernel})
    plan = checkpoints.plan(checkpoint, wanted())
    value = loaded(plan, checkpoint)[KERNEL]
    assert value.dtype == np.float32
    np.testing.assert_array_equal(value, kernel.astype(np.float32))
    assert said in plan.summary()
    assert plan.cast() == {np.dtype(dtype).name: 1}


def test_what_float32_cannot_hold_is_refused(opened):
    large = WEIGHTS.astype(np.float64)
    large[0, 0] = 1e300
    match = "has 1 of 12 values that are NaN or infinite"
    assert_values_refused(opened({**PLAIN, KERNEL: large}), match)


def test_a_negative_variance_is_refused(opened):
    values = {**PLAIN, VARIANCE: np.array([1, -0.5, 2], np.float32)}
    match = (
        rf"^the tensor {VARIANCE} in model-7 is a variance with negative values \(lowest -0\.5\)"
    )
    assert_values_refused(opened(values), match)


def test_a_negative_average_of_a_variance_is_refused_and_its_raw_value_is_not(opened):
    values = {**with_shadows(), VARIANCE + SHADOW: np.array([1, -0.5, 2], np.float32)}
    checkpoint = opened(values)
    assert_values_refused(checkpoint, f"^the tensor {VARIANCE}{SHADOW} in .* `averages=raw`")
    raw = checkpoints.plan(checkpoint, wanted(), averages="raw")
    np.testing.assert_array_equal(loaded(raw, checkpoint)[VARIANCE], [1, 2, 3])


def test_a_variance_of_zero_and_negative_weights_are_sound(opened):
    values = {KERNEL: -WEIGHTS, VARIANCE: np.zeros(3, np.float32)}
    checkpoint = opened(values)
    np.testing.assert_array_equal(
        loaded(checkpoints.plan(checkpoint, wanted()), checkpoint)[KERNEL], -WEIGHTS
    )


def assert_values_refused(checkpoint, match):
    plan = checkpoints.plan(checkpoint, wanted())
    plan.require_complete()
    with pytest.raises(CheckpointError, match=match):
        plan.load(checkpoint)


def test_bad_values_and_dtypes_that_nothing_wants_are_no_fault(opened):
    odd = {
        "counter": np.array(1 << 40, np.int64),
        "half": np.ones(2, np.float16),
        "nan": np.array([np.nan], np.float32),
        "text": "hello",
        "flag": np.array(True),
    }
    checkpoint = opened({**PLAIN, **odd})
    plan = checkpoints.plan(checkpoint, wanted())
    assert sorted(loaded(plan, checkpoint)) == sorted([KERNEL, VARIANCE])
    assert plan.unexpected == tuple(sorted(odd))


def test_every_tensor_is_read_once(opened, monkeypatch):
    checkpoint = opened(with_shadows())
    read = []
    reader = checkpoint._reader
    original = reader.read
    monkeypatch.setattr(reader, "read", lambda name: read.append(name) or original(name))
    checkpoints.plan(checkpoint, wanted()).load(checkpoint)
    assert sorted(read) == sorted([KERNEL + SHADOW, VARIANCE + SHADOW])


ARCHIVE = REFERENCE / "real" / "v3-small_224_0.75_float.tgz"


@needs_reference
def test_the_real_archives_averaged_checkpoint_is_chosen():
    with checkpoints.open(ARCHIVE) as checkpoint:
        assert checkpoint.label == "v3-small_224_0.75_float/ema/model-497500"
        assert checkpoint.choice.startswith("one of 2, preferred because it is in a folder named")
        assert (checkpoint.averages, checkpoint.format) == ("stored", "V2")


@needs_reference
def test_the_real_archives_shadows_are_its_averages_bit_for_bit():
    with (
        checkpoints.open(ARCHIVE) as averaged,
        checkpoints.open(ARCHIVE, name="pristine") as pristine,
    ):
        assert pristine.averages == "shadows"
        variables = [
            VariableInfo(name, info.shape, not name.rpartition("/")[2].startswith("moving_"))
            for name, info in averaged.tensors.items()
            if name.startswith("MobilenetV3/")
        ]
        assert len(variables) > 100
        expected = checkpoints.plan(averaged, variables).load(averaged)
        shadows = checkpoints.plan(pristine, variables)
        raw = checkpoints.plan(pristine, variables, averages="raw").load(pristine)
        values = shadows.load(pristine)
        assert shadows.unexpected == ()
    assert all(value.tobytes() == expected[name].tobytes() for name, value in values.items())
    different = [name for name in raw if not np.array_equal(raw[name], expected[name])]
    assert len(different) > len(variables) / 2
