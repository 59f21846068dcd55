"""Options that were not given are taken from the graph of the training."""

import asyncio
import dataclasses
import json
import shutil

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from slimhub import checkpoints, export, nets
from slimhub.cli import export_command
from slimhub.common import json_process
from slimhub.common.errors import option
from slimhub.export import graph_options, network_match, record
from slimhub.export.graph_options import GraphOptions
from slimhub.export.record import Record
from slimhub.export.verify import graph_facts
from slimhub.export.verify.graph_facts import GraphFacts
from slimhub.export.verify.process import graph_process
from slimhub.export.verify.subject import Source
from slimhub.nets import NetworkOptions
from slimhub.publish import Handle
from slimhub.publish.pages import page
from slimhub.zoo import Job, state, zoo_worker
from tests.conftest import write_checkpoint
from tests.fixtures import commands, plain_mobilenet, stuck_reader, support

USUAL = "mobilenet_v1_025_224"
IMAGES = np.random.RandomState(0).randint(0, 256, (2, 32, 48, 3)).astype(np.uint8)
SHOWN = {
    "image_size": "32x48",
    "batch_norm_epsilon": 0.01,
    "output_stride": 8,
    "input_scaling": "unit",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A checkpoint with its graph, and its features."""
    folder = tmp_path_factory.mktemp("trained")
    wanted = plain_mobilenet.write(
        folder / "model.ckpt-1", IMAGES, lambda pixels: pixels / 255, epsilon=0.01, output_stride=8
    )
    return folder, wanted


@pytest.fixture(scope="module")
def exported(trained, tmp_path_factory):
    """What the command made of it, and printed."""
    output = tmp_path_factory.mktemp("exported") / "artifact"
    done = commands.run("export", "auto", f"--checkpoint={trained[0]}", f"--output={output}",
                        "--proof=quick")  # fmt: skip
    assert done.returncode == 0, done.stderr
    return output, done.stdout


def resolved(source, **options):
    request = export.Request("auto", str(source), "unused", **options)
    with checkpoints.open(str(source)) as checkpoint:
        found = network_match.resolve(request, checkpoint)
    return found, found.shown.complete(found.request)[1]


def test_what_the_graph_shows_is_printed_and_recorded(exported):
    output, printed = exported
    flags = " ".join(f"--{name}={value}" for name, value in SHOWN.items())
    assert f"the graph in model.ckpt-1.meta is that of {flags}\n" in printed
    assert "since the export has another one; the variables also match" in printed
    assert "passed: the original graph answers the same: model.ckpt-1.meta: 36 arrays" in printed
    made = Record.read(output)
    assert made.source.graph_options == tuple(SHOWN)
    options = NetworkOptions.of_record(made.network.settings())
    assert {name: getattr(options, name) for name in SHOWN} == SHOWN
    for flag in flags.split():
        assert flag in made.command
    text = page.render(made, Handle.parse("me/net/feature_vector/1"))
    assert "image size 32x48 in place of 224" in text
    assert "epsilon of batch norms 0.01 in place of 0.001" in text


def test_programs_get_what_the_graph_shows(exported):
    result = export.Result(exported[0], Record.read(exported[0]), "", "", [], 0, None)
    assert list(export_command._as_json(result, "there")) == ["output", "record"]
    shown = dataclasses.replace(result, graph_choice="the graph in a.meta was not read")
    said = export_command._as_json(shown, "there")["graph_choice"]
    assert said == "the graph in a.meta was not read"


def test_the_answer_is_that_of_plain_operations(exported, trained):
    loaded = tf.saved_model.load_v2(str(exported[0]))
    found = loaded((IMAGES / np.float32(255)).astype(np.float32)).numpy()
    assert support.relative_difference(found, trained[1]) < 1e-5


def test_a_zoo_knows_the_artifact(exported, trained):
    request = export.Request(USUAL, str(trained[0]), str(exported[0]), proof="quick")
    assert state.look(request).kind == state.UNCHANGED
    other = export.Request(USUAL, str(trained[0]), str(exported[0]), proof="quick", image_size=64)
    assert state.look(other) == state.State(state.OUTDATED, "its options differ")


def test_a_zoo_leaves_out_what_its_options_do_not_go_with(exported, trained):
    request = export.Request(
        USUAL, str(trained[0]), str(exported[0]), proof="quick", last_layer="Conv2d_3_pointwise"
    )
    assert state.look(request) == state.State(state.OUTDATED, "its options differ")


def test_a_record_that_claims_options_is_not_that_of_the_request(exported, trained, tmp_path):
    copied = shutil.copytree(exported[0], tmp_path / "artifact")
    content = json.loads((copied / record.PATH).read_text("utf-8"))
    content["network"]["num_classes"] = 7
    content["checkpoint"]["graph_options"].append("num_classes")
    (copied / record.PATH).write_text(json.dumps(content), "utf-8")
    request = export.Request(USUAL, str(trained[0]), str(copied), proof="quick")
    assert state.look(request).kind == state.OUTDATED


def test_what_is_given_goes_before_the_graph(trained):
    found, added = resolved(trained[0], image_size=160, batch_norm_epsilon=0.001)
    assert found.request.network == "mobilenet_v1_025_160"
    assert added == {"output_stride": 8, "input_scaling": "unit"}


def test_what_the_network_has_is_not_added(trained):
    shown = GraphOptions(GraphFacts((224, 224), 0.001, None, "symmetric"), ("any",))
    request = export.Request(USUAL, "unused", "unused")
    assert shown.complete(request) == (request.options, {})
    assert shown.describe({}) == ""


@pytest.mark.parametrize(
    ("network", "facts", "options"),
    [
        (USUAL, GraphFacts(image_size=(16, 16)), {}),  # too small
        (USUAL, GraphFacts(image_size=(-5, -5)), {}),  # of a damaged graph
        ("vgg_16", GraphFacts(batch_norm_epsilon=0.1, output_stride=8), {}),
        ("lenet", GraphFacts(input_scaling="mean_rgb"), {}),  # of gray images
        ("resnet_v1_50", GraphFacts(batch_norm_epsilon=1.001e-05), {}),  # of a fused norm of 1e-5
        ("resnet_v1_50", GraphFacts(output_stride=16), {"output_stride": 16}),
        ("lenet", GraphFacts(input_scaling="unit"), {"input_scaling": "unit"}),
    ],
)
def test_only_what_a_network_can_have_is_taken(network, facts, options):
    request = export.Request(network, "unused", "unused")
    assert GraphOptions(facts).complete(request)[1] == options


def test_a_size_of_any_number_of_digits_is_not_taken(trained, monkeypatch):
    facts = GraphFacts((10**10, 10**10))
    monkeypatch.setattr(graph_process, "read", lambda *_, **__: (facts, ["a.meta"]))
    found, added = resolved(trained[0])
    assert added == {}
    assert "give `image_size=10000000000` if you want it" in found.shown.describe(added)


def test_a_size_that_takes_any_amount_of_memory_is_not_taken(trained, monkeypatch):
    facts = GraphFacts((4000, 3000), 0.01)
    monkeypatch.setattr(graph_process, "read", lambda *_, **__: (facts, ["a.meta"]))
    found, added = resolved(trained[0])
    assert added == {"batch_norm_epsilon": 0.01}
    assert found.shown.describe(added) == (
        "the graph in a.meta is that of `batch_norm_epsilon=0.01`; the graph in a.meta is for "
        "images of 4000 x 3000 pixels, which is too large to be taken unasked: give "
        "`image_size=4000x3000` if you want it"
    )
    given, _ = resolved(trained[0], image_size=64)
    assert given.shown.remark == ""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("killed", "the reading of the original graph ended early (exit code -9)"),
        ("hangs", "it took more than 1 second"),
    ],
)
def test_a_graph_that_cannot_be_read_is_done_without(trained, tmp_path, monkeypatch, name, why):
    folder = shutil.copytree(trained[0], tmp_path / name)

    def start(errors, module):
        return json_process.start_python("tests.fixtures.stuck_reader", errors)

    monkeypatch.setattr(graph_process.launch, "fresh", start)
    monkeypatch.setattr(graph_process, "_LIMIT", stuck_reader.LIMIT)
    found, added = resolved(folder, image_size=32)
    assert added == {}
    assert found.shown.describe(added) == (
        f"the graph in model.ckpt-1.meta was not read: {why}. If the training differed from the "
        "network in `batch_norm_epsilon`, `output_stride` or `input_scaling`, give that yourself"
    )


def test_a_zoo_says_what_the_graph_shows(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(zoo_worker, "_stopped", set())  # other tests have runs of this name
    request = export.Request(USUAL, str(trained[0]), str(tmp_path / "artifact"), proof="none")
    outcome = zoo_worker._do(Job("out", "table", request, 1), "run", lambda phase: None)
    asyncio.run(zoo_worker.stop("run"))
    flags = " ".join(option(name, value) for name, value in SHOWN.items())
    assert outcome.result == "exported"
    assert outcome.detail == f"the graph in model.ckpt-1.meta is that of {flags}"


def test_only_what_all_graphs_show_is_taken():
    facts = [GraphFacts((32, 32), 0.01), GraphFacts((64, 64), 0.01), GraphFacts(None, None, 8)]
    assert graph_facts.agreed(facts) == GraphFacts(None, 0.01, 8)
    assert graph_facts.agreed([]) == GraphFacts()


def test_a_graph_of_several_values_contradicts():
    mixed = GraphFacts((32, 32), several=("batch_norm_epsilon",))
    assert graph_facts.agreed([mixed, GraphFacts((32, 32), 0.01)]) == GraphFacts((32, 32))


def test_graphs_with_and_without_dilation_contradict(tmp_path):
    """Both files have the same name, in folders of their own."""
    shown = []
    for stride in (32, 16):
        path = tmp_path / str(stride) / "eval.pb"
        path.parent.mkdir()
        with tf.Graph().as_default() as graph:
            fed = tf.placeholder(tf.uint8, [None, 64, 64, 3])
            plain_mobilenet.features(tf.cast(fed, tf.float32), output_stride=stride)
        path.write_bytes(graph.as_graph_def().SerializeToString())
        shown.append(str(path))
    assert stride_in(shown) is None
    assert stride_in(shown[1:]) == 16


def stride_in(graphs):
    """Read in this process."""
    source = Source("unused", "auto", "", graphs=tuple(graphs))
    network = plain_mobilenet.NETWORK
    request = {
        "source": dataclasses.asdict(source),
        "network": network,
        "shapes": nets.stored_variables(network),
        "channels": 3,
    }
    return graph_process._work(request, lambda phase: None)["facts"]["output_stride"]


def test_the_size_of_the_graph_decides_between_networks(tmp_path):
    write_with_graph(tmp_path, 160)
    (tmp_path / "model.ckpt-192.index").rename(tmp_path / "net_192.ckpt-1.index")
    shard = "data-00000-of-00001"
    (tmp_path / f"model.ckpt-192.{shard}").rename(tmp_path / f"net_192.ckpt-1.{shard}")
    (tmp_path / "model.ckpt-192.meta").rename(tmp_path / "net_192.ckpt-1.meta")
    found, added = resolved(tmp_path)
    assert found.request.network == "mobilenet_v1_025_160"
    assert found.ground.startswith("chosen for the image size of its graph")
    assert added == {}


def write_with_graph(folder, size):
    plain_mobilenet.write(folder / "model.ckpt-192", np.zeros((1, size, size, 3), np.uint8))


def test_the_scaling_of_the_graph_decides_between_networks(tmp_path):
    """Both ResNets have these variables, and neither has five classes."""
    shapes = dict(nets.stored_variables("resnet_v1_50"))
    first, head = next(iter(shapes)), nets.get("resnet_v1_50").logits_scope
    kept = {n: s if head not in n else (*s[:-1], 5) for n, s in shapes.items()}
    write_checkpoint(tmp_path / "m.ckpt-1", {n: np.zeros(s, np.float32) for n, s in kept.items()})
    with tf.Graph().as_default() as graph:
        pixels = tf.cast(tf.placeholder(tf.uint8, [None, 64, 64, 3]), tf.float32)
        weights = tf.get_variable(first, shapes[first], use_resource=False)
        mean = np.float32([123.68, 116.78, 103.94])
        net = tf.nn.conv2d(pixels - mean, weights, [1, 2, 2, 1], "SAME")
        norm = first.replace("weights", "BatchNorm/moving_")
        moving = [tf.get_variable(norm + n, 64, use_resource=False) for n in ("mean", "variance")]
        net = tf.nn.batch_normalization(net, *moving, None, None, 1e-5)
        second = "resnet_v1_50/block1/unit_1/bottleneck_v1/conv1/weights"
        tf.nn.conv2d(net, tf.get_variable(second, shapes[second], use_resource=False), 1, "SAME")
    meta = tf.MetaGraphDef(graph_def=graph.as_graph_def())
    (tmp_path / "m.ckpt-1.meta").write_bytes(meta.SerializeToString())
    found, added = resolved(tmp_path)
    assert found.request.network == "resnet_v1_50_caffe"
    assert found.ground.startswith("chosen for the input scaling of its graph")
    assert added == {"image_size": 64}


def test_its_own_graph_goes_before_others(trained, tmp_path):
    folder = shutil.copytree(trained[0], tmp_path / "both")
    shutil.copy(next(folder.glob("*.meta")), folder / "a.meta")
    with tf.Graph().as_default() as graph:
        fed = tf.placeholder(tf.uint8, [None, 64, 64, 3])
        plain_mobilenet.features(tf.cast(fed, tf.float32))
    (folder / "other.pb").write_bytes(graph.as_graph_def().SerializeToString())
    found, added = resolved(folder)
    assert found.shown.labels == ("model.ckpt-1.meta",)
    assert added == SHOWN
    (folder / "model.ckpt-1.meta").write_bytes(b"")  # cannot be read
    found, added = resolved(folder)
    assert "other.pb" in found.shown.labels
    assert added["image_size"] == 64


def test_without_a_graph_nothing_is_looked_for(trained, tmp_path, monkeypatch):
    folder = shutil.copytree(trained[0], tmp_path / "alone")
    (folder / "model.ckpt-1.meta").unlink()
    monkeypatch.setattr(graph_options.graph_process, "read", None)
    found, added = resolved(folder)
    assert (found.request.network, added) == (USUAL, {})
    assert dataclasses.asdict(found.shown.facts) == dataclasses.asdict(GraphFacts())
