"""Pages of artifacts."""

import dataclasses
import itertools
import re
import sys
from pathlib import Path

import markdown_it
import pytest

from slimhub import export, nets
from slimhub.export.record import Record
from slimhub.export.record_parts import RecordedFigures
from slimhub.nets import Paper
from slimhub.publish import Handle, PublishError
from slimhub.publish.pages import bibtex, family_texts, markdown, other_pages, page, task_texts
from slimhub.publish.pages.checker import linter
from slimhub.publish.pages.publisher_texts import PublisherTexts
from tests.fixtures import records

MODES = itertools.cycle(records.PROOFS)
RUNS = [(network, task, next(MODES)) for network in nets.names() for task in nets.TASKS]
HEADINGS = (
    "Overview",
    "Usage",
    "Variants",
    "Accuracy",
    "Fine-tuning",
    "Endpoints",
    "Size and cost",
    "Training",
    "Provenance",
    "Proof",
    "License",
    "Citation",
    "Changelog",
)
LINKS = (
    "https://github.com/google-research/tf-slim",
    "https://www.tensorflow.org/hub/common_signatures/images",
    "https://www.tensorflow.org/hub/reusable_saved_models",
)
ALONE = (
    *("Inception V1", "Inception V2", "Inception V3", "Inception V4", "Inception-ResNet V2"),
    *("Inception-ResNet V1", "AlexNet", "OverFeat", "CifarNet", "LeNet"),
)
# Of these, nobody published an accuracy on ImageNet.
UNPUBLISHED = ("Xception", "Inception-ResNet V1", "AlexNet", "OverFeat", "CifarNet", "LeNet")


def handle(network="net", task="feature_vector"):
    return Handle.parse(f"google/imagenet/{network}/{task}/5")


def render(record=None, **options):
    record = record or records.make()
    return page.render(record, handle(task=record.task), **options)


def sections(text):
    return dict(part.split("\n", 1) for part in text.split("\n## ")[1:])


def tokens(text):
    return markdown_it.MarkdownIt("commonmark").enable("table").parse(text)


def accuracy_heading(spec):
    family = [nets.get(name) for name in nets.names()]
    is_timed = any(one.published.latency for one in family if one.family == spec.family)
    return "Accuracy and latency" if is_timed else "Accuracy"


@pytest.mark.parametrize(("network", "task", "proof"), RUNS, ids=lambda value: str(value))
def test_every_network_has_a_page(network, task, proof):
    record = records.make(network, task, proof)
    spec, name = nets.get(network), handle(network, task)
    text = page.render(record, name)
    path = f"assets/docs/google/models/{name.name}/5.md"
    assert linter.check(text, path) == []
    parts = sections(text)
    is_alone = spec.family in ALONE
    left_out = {"Variants"} if is_alone else set()
    left_out |= {"Accuracy"} if spec.family in UNPUBLISHED else set()
    headings = [h for h in HEADINGS if h not in left_out]
    assert list(parts) == [accuracy_heading(spec) if h == "Accuracy" else h for h in headings]
    assert is_alone or f"**`{network}`**" in parts["Variants"]
    figures = (spec.published.top1, *(spec.published.latency or ()))
    row = re.search(rf"^\| `{network}` \|(.*)$", parts.get(accuracy_heading(spec), ""), re.M)
    assert spec.published.top1 is None or set(map(str, figures)) <= set(row[1].split())
    assert family_texts.text(spec) in parts["Overview"]
    for url in (spec.paper.url, family_texts.checkpoint_list(spec).url, *LINKS):
        assert f"({url})" in parts["Overview"]
    assert task_texts.INTRODUCTIONS[task] in parts["Overview"]
    assert "google/imagenet" not in parts["Overview"]  # who knows whether there is another model
    assert "TensorFlow Hub 0.7.0 or newer" in parts["Usage"]
    assert "tfhub.dev" not in text
    assert ("<!-- dataset: imagenet-ilsvrc-2012-cls -->" in text) == bool(spec.checkpoint)
    assert (f"`{spec.checkpoint}`" in parts["Training"]) == bool(spec.checkpoint)
    assert str(name) in parts["Usage"]
    counts = nets.count_parameters(network)
    trainable = counts["trainable" if task == "classification" else "headless"]
    assert f"| trainable parameters | {trainable:,} |" in parts["Size and cost"]
    if task == "classification":
        assert f"| {nets.count_macs(network):,} |" in parts["Size and cost"]
    assert f"batch x {record.output.width} |" in parts["Endpoints"]
    assert ("is unverified" in parts["Proof"]) == (proof == "none")
    assert ("| passed |" in parts["Proof"]) == (proof != "none")
    assert "None" not in text.replace("[None, ", "")
    assert "{" not in text.replace(parts["Citation"], "")
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_the_checkpoint_is_named_as_in_the_public_pages():
    assert "`v3-small_224_0.75_float/ema/model-497500`" in sections(render())["Training"]


@pytest.mark.parametrize(
    ("network", "label", "source", "is_public"),
    [
        ("mobilenet_v1_025_128", "mobilenet_v1_0.25_128.ckpt", "mobilenet_v1_0.25_128.tgz", True),
        (
            "mobilenet_v1_025_128",
            "mobilenet_v1_0.25_128.ckpt",
            "http://download.tensorflow.org/models/mobilenet_v1_2018_02_22/mobilenet_v1_0.25_128.tgz",
            True,
        ),
        ("nasnet_mobile", "model.ckpt", "nasnet-a_mobile_04_10_2017.tar.gz", True),
        ("nasnet_mobile", "model.ckpt", "flowers.tar.gz", False),
        ("nasnet_mobile", "model.ckpt", "model.ckpt", False),
        ("inception_v1", "inception_v1.ckpt", "inception_v1_2016_08_28.tar.gz", True),
        ("inception_v1", "inception_v1.ckpt-100", "inception_v1_2016_08_28.tar.gz", False),
        ("mobilenet_v3_small_075_224", "ema/model-497500", "v3-small_224_0.75_float", True),
        ("mobilenet_v3_small_075_224", "ema/model-497500", "flowers", False),
        ("resnet_v1_50", "resnet_v1_50.ckpt", "resnet_v1_50_2016_08_28.tar.gz", False),
    ],
)
def test_only_the_public_checkpoint_claims_imagenet(network, label, source, is_public):
    text = render(records.make(network, source=(label, source)))
    assert ("dataset: imagenet" in text) == is_public
    assert ("ILSVRC" in text) == is_public
    assert ("says what they were trained on" in text) == (not is_public)


def test_a_publisher_may_name_the_data():
    private = records.make(source=("model.ckpt-1", "mine.tgz"))
    text = render(private, dataset="plant-village")
    assert "<!-- dataset: plant-village -->" in text
    assert "on the data set `plant-village`" in sections(text)["Training"]
    assert "ILSVRC" not in text


def test_only_caffe_weights_are_called_converted():
    for network in (*nets.names("resnet_v1*"), *nets.names("vgg*"), "inception_v1"):
        training = sections(render(records.make(network)))["Training"]
        is_converted = network.endswith("_caffe") or network.startswith("vgg_1")
        assert ("trained in Caffe" in training) == is_converted, network


def test_options_are_told_and_what_they_change_is_left_out():
    content = records.make(
        "mobilenet_v1_100_224",
        "classification",
        source=("model.ckpt-1", "mine.tgz"),
        num_classes=10,
        image_size=96,
    )
    parts = sections(render(content))
    assert "image size 96 in place of 224; classes 10 in place of 1001" in parts["Overview"]
    assert "Multiply-adds were not counted" in parts["Size and cost"]
    assert "batch x" not in parts["Endpoints"]
    assert "does not include the names" in parts["Usage"]


def with_figures(record):
    """The record of an export that counted its own figures."""
    shapes = {"MobilenetV1/layer_1": (48, 48, 8), "MobilenetV1/AvgPool_1a": (1, 1, 256)}
    figures = RecordedFigures(macs=1_234_567, endpoints=shapes)
    return dataclasses.replace(record, figures=figures)


@pytest.mark.parametrize("is_own", [True, False])
def test_a_network_with_options_states_its_own_figures(is_own):
    private = ("model.ckpt-1", "mine.tgz")
    made = records.make("mobilenet_v1_025_128", image_size=96, source=private)
    text = render(with_figures(records.own() if is_own else made))
    parts = sections(text)
    assert "pixels | 1,234,567 |" in parts["Size and cost"]
    assert "| `MobilenetV1/layer_1` | batch x 48 x 48 x 8 |" in parts["Endpoints"]
    assert f"| `default` | batch x {1024 if is_own else 256} |" in parts["Endpoints"]
    if not is_own:
        row = f"| **this model** | 0.25 | 96 | 256 | {made.variables.parameters / 1e6:.2f} | 1.23 |"
        assert row in parts["Variants"]
        assert row.replace("1.23", "not counted") in sections(render(made))["Variants"]


def test_classes_of_ones_own_change_the_last_layers_only():
    content = records.make("mobilenet_v1_100_224", "classification", num_classes=10)
    parts = sections(render(content))
    assert "| `MobilenetV1/Predictions` | batch x 10 |" in parts["Endpoints"]
    assert "| `MobilenetV1/AvgPool_1a` | batch x 1 x 1 x 1024 |" in parts["Endpoints"]
    macs = nets.count_macs("mobilenet_v1_100_224") - 1024 * (1001 - 10)
    assert f"| {macs:,} |" in parts["Size and cost"]


def test_the_size_is_free_where_it_is():
    assert "Images may have any size from 32 by 32 pixels up" in render(
        records.make("inception_v1")
    )
    assert "must be 224 by 224 pixels" in render(records.make())
    assert "Images may have any size" in render(records.make(free_size=True))


def test_background_is_told():
    dropped = records.make("inception_v1", "classification", drop_background=True)
    assert "was removed: logit 0 is the first real class" in render(dropped)
    assert "Class 0 is background." in render(records.make("inception_v1", "classification"))
    assert "no background class" in render(records.make("vgg_16", "classification"))


def test_without_batch_norm_no_momentum_is_advised():
    parts = sections(render(records.make("vgg_16")))
    assert "no batch normalization" in parts["Fine-tuning"]
    assert "0.997" not in parts["Fine-tuning"]


@pytest.mark.parametrize(("network", "steps"), [("inception_v1", "3,333"), ("resnet_v2_50", "333")])
def test_the_momentum_is_explained(network, steps):
    text = sections(render(records.make(network)))["Fine-tuning"]
    assert "default of 0.99 averages over about 100 steps" in text
    assert (
        f"trained with {nets.get(network).batch_norm_decay}, which averages over about {steps} "
        in text
    )


def test_no_training_is_claimed_of_other_checkpoints():
    private = records.make("resnet_v2_50", source=("model.ckpt-7", "model.ckpt-7"))
    text = render(private)
    assert "TF-Slim trains this network with 0.997" in text
    assert "was trained" not in text
    assert "original training" not in text
    assert "the checkpoint `model.ckpt-7`.\n" in text
    assert "hold the value that the checkpoint stores, which has no separate moving ave" in text
    assert "original training" in render(records.make("resnet_v2_50"))


def test_a_description_stands_once_and_in_front():
    described = render(records.make(), texts=PublisherTexts(description="Tells roses apart."))
    assert described.count("Tells roses apart.") == 1
    assert described.splitlines()[1:3] == ["Tells roses apart.", ""]


def test_what_was_not_run_is_no_row_of_the_proof():
    proof = sections(render())["Proof"]
    assert "| not run |" not in proof
    assert "1 more check was left out" in proof
    unproved = sections(render(records.make(proof="none")))["Proof"]
    assert "repeat the comparison" not in unproved
    assert "compare it with the checkpoint yourself" in unproved


def test_every_family_has_a_text_of_its_own():
    families = {nets.get(name).family for name in nets.names()}
    texts = {family_texts.text(nets.get(name)) for name in nets.names()}
    assert len(texts) == len(families)
    folder = Path(family_texts.__file__).parent / "data"
    assert {path.stem for path in folder.iterdir()} == set(map(family_texts.slug, families))


def test_examples_load_what_can_be_loaded():
    asset = "https://example.org/models/net.tar.gz"
    text = render(asset_path=asset)
    assert f"<!-- asset-path: {asset} -->" in text
    assert f'hub.KerasLayer("{asset}")' in text
    assert "No address is known" not in text
    text = render(load_url="http://127.0.0.1:8000/hub/google/imagenet/net/feature_vector/5")
    assert 'hub.resolve("http://127.0.0.1:8000/hub/google/imagenet/net/feature_vector/5")' in text
    assert "No address is known" not in text


def test_without_an_address_a_placeholder_says_so():
    text = render()
    assert "No address is known for this model yet: replace `https://your-hub.example`" in text
    assert 'hub.KerasLayer("https://your-hub.example/google/imagenet/net/feature_vector/5")' in text
    assert "tfhub.dev" not in text
    assert not [url for url in links(text) if "your-hub" in url]


def test_every_python_example_compiles():
    for network, task in itertools.product(("inception_v1", "vgg_16"), nets.TASKS):
        text = render(records.make(network, task), load_url='http://x/"````\n#\\')
        blocks = [t.content for t in tokens(text) if t.type == "fence" and t.info == "python"]
        assert len(blocks) == (7 if task == "classification" else 5)
        for block in blocks:
            compile(block, "example", "exec")


def test_a_network_of_ones_own_needs_no_module_of_its_user():
    assert "shallow" not in sys.modules
    text = render(records.own())
    assert linter.check(text) == []
    assert "network-architecture" not in text
    parts = sections(text)
    assert "`shallow` is a custom network" in parts["Overview"]
    assert "`Shallow`" in parts["Endpoints"]
    assert "Citation" not in parts


NASTY = (
    "\n# Pwned\n\n<!-- task: x -->\n\n## Pwned\n",
    "a | b || \\| \\\\|",
    "``` \n```\n~~~\n`",
    "`a` ``b`` ```c",
    "](javascript:alert(1)) ![x](http://evil)",
    "<script>alert(1)</script> --> <!-- <b>",
    "{{ 7 * 7 }} {% raw %}",
    "\u2028# x\u2029\x85\x0b\x0c\x1b[0m\u202e\x00",
    "[a]: http://evil\n===\n- x\n1. y\n&lt; &#35; *x* _y_ ~~z~~ http://evil",
    "",
)


def with_strings(value, nasty, key=""):
    """A record with other strings, but for the few that are looked up."""
    if isinstance(value, dict):
        tail = nasty if key in ("files", "proof") else ""
        return {
            name if name == "mode" else f"{name}{tail}": with_strings(inner, nasty, name)
            for name, inner in value.items()
        }
    return nasty if isinstance(value, str) and key not in ("task", "reference") else value


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
@pytest.mark.parametrize("is_own", [True, False])
def test_no_value_of_a_record_breaks_a_page(nasty, is_own):
    content = records.own() if is_own else records.make("inception_v1", "classification")
    content = content.to_json()
    changed, harmless = with_strings(content, nasty), with_strings(content, "x")
    if not is_own:
        changed["network"]["name"] = harmless["network"]["name"] = "inception_v1"
    if not nasty:
        harmless["network"]["paper"] = ""
        del changed["proof"]["not run"], harmless["proof"]["not runx"]  # no row, if named so
    text, plain = (render(Record.from_json(one)) for one in (changed, harmless))
    assert linter.check(text) == []
    assert shape(text) == shape(plain)
    assert "evil" not in "".join(links(text))


def shape(text):
    """Blocks and what is in them, but for texts."""
    return [
        (t.type, t.tag, t.level, t.markup if t.type == "heading_open" else "") for t in tokens(text)
    ] + [t.content for t in tokens(text) if t.type in ("html_block", "html_inline")]


def links(text):
    inner = [child for token in tokens(text) for child in token.children or ()]
    assert not [t for t in inner if t.type in ("html_inline", "image")]
    return [str(t.attrs["href"]) for t in inner if t.type == "link_open"]


def damage(path, value):
    content = records.make("inception_v1", "classification").to_json()
    *above, last = path.split(".")
    inner = content
    for key in above:
        inner[key] = dict(inner[key])
        inner = inner[key]
    if value is KeyError:
        del inner[last]
    else:
        inner[last] = value
    return content


DAMAGED = [
    ("format", 2, "has the format 2"),
    ("format", KeyError, "has the format None"),
    ("task", "singing", "unknown task 'singing'"),
    ("task", KeyError, "has no 'task'"),
    ("network", [], "has no 'network.name'"),
    ("network.image_size", "224", "'network.image_size' is '224'"),
    ("network.image_size", True, "'network.image_size' is True"),
    ("network.name", "nonet", "no network is named 'nonet'"),
    ("network.name", "os:path", "no network is named 'os:path'"),
    ("network.depth_multiplier", 2.0, "has no depth multiplier"),
    ("labels", {"count": "3", "source": ""}, "'labels' has no valid 'count'"),
    ("checkpoint.step", "7", "'checkpoint.step' is '7'"),
    ("versions.tf-slim", KeyError, "has no 'versions.tf-slim'"),
    ("proof", KeyError, "has no 'proof.mode'"),
    ("proof.passed", "39", "number of 'passed' is '39'"),
    ("variables.filled", {"plain": None}, "number of 'plain' is None"),
    ("files.x", {"bytes": 3}, "'files.x' has no valid 'sha256'"),
    ("golden", 3, "has no 'golden.input.generator'"),
    ("golden.output.mean", KeyError, "'golden.output' has no valid 'mean'"),
]


@pytest.mark.parametrize(("path", "value", "message"), DAMAGED)
def test_damaged_records_are_refused(path, value, message):
    with pytest.raises(PublishError, match=re.escape(message)):
        render(Record.from_json(damage(path, value)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"license": "Apache"}, "unknown license 'Apache'"),
        ({"dataset": "imagenet2012"}, "such as|as imagenet"),
        ({"asset_path": "https://x/net.zip"}, "must be a URL that ends in .tar.gz"),
        ({"asset_path": "https://x/net.tar.gz?a=b.tar.gz"}, "without a query"),
        ({"asset_path": "https://github.com/x/y/net.tar.gz"}, "not on github.com"),
        ({"asset_path": "https://x/a -->.tar.gz"}, "must be a URL"),
    ],
)
def test_what_the_hub_would_refuse_is_refused_at_once(options, message):
    with pytest.raises(export.RequestError, match=message):
        render(**options)


def test_a_handle_of_the_other_task_is_refused():
    with pytest.raises(export.RequestError, match="says classification, but the task"):
        page.render(records.make(), handle(task="classification"))


def test_without_jinja2_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(export.RequestError, match=r"pip install 'slimhub\[hub\]'"):
        render()


def test_bibtex():
    paper = nets.get("inception_v1").paper
    assert bibtex.bibtex(paper).splitlines() == [
        "@article{szegedy2014going,",
        "  title = {{Going Deeper with Convolutions}},",
        "  author = {Christian Szegedy and Wei Liu and Yangqing Jia and Pierre Sermanet and "
        "Scott Reed and Dragomir Anguelov and Dumitru Erhan and Vincent Vanhoucke and "
        "Andrew Rabinovich},",
        "  year = {2014},",
        "  url = {https://arxiv.org/abs/1409.4842},",
        "  journal = {arXiv preprint arXiv:1409.4842},",
        "}",
    ]
    elsewhere = bibtex.bibtex(Paper("Cats & Dogs", "Zoë Müller", 2020, "https://example.org/x"))
    assert elsewhere.startswith("@misc{muller2020cats,")
    assert "{{Cats \\& Dogs}}" in elsewhere
    for name in nets.names():
        entry = bibtex.bibtex(nets.get(name).paper)
        assert entry.count("{") == entry.count("}")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a`b", "``a`b``"), ("`", "`` ` ``"), ("", "` `"), ("a\nb", "`a b`"), ("``x", "``` ``x ```")],
)
def test_code_holds_what_it_is_given(value, expected):
    assert markdown.code(value) == expected


def test_pages_of_publishers_and_collections_follow_the_grammar():
    models = [handle(task=task) for task in nets.TASKS]
    publisher = other_pages.publisher_page("acme", "Maker of\n# flowers")
    assert publisher == "# Publisher acme\nMaker of \\# flowers\n"
    collection = other_pages.collection_page("acme/small", "Small ones", "Networks.", models)
    assert collection.startswith("# Collection acme/small/1\nNetworks.\n\n<!-- task: image-feat")
    for text, path in (
        (publisher, "assets/docs/acme/acme.md"),
        (collection, "assets/docs/acme/collections/small/1.md"),
    ):
        assert linter.check(text, path) == []


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: other_pages.publisher_page("Acme", "x"), "lower case"),
        (lambda: other_pages.publisher_page("acme", " \n"), "pass `description`"),
        (lambda: other_pages.collection_page("acme", "t", "d", [handle()]), "not PUBLISHER/NAME"),
        (lambda: other_pages.collection_page("acme/x", "t", "d", []), "at least one model"),
        (
            lambda: other_pages.collection_page("acme/x", "t", "d", [Handle("a", "b", 1)]),
            "name no task",
        ),
        (
            lambda: other_pages.collection_page("acme/x", "t", "d", [handle()], tasks=["cook"]),
            "unknown task 'cook'",
        ),
    ],
)
def test_other_pages_are_refused(make, message):
    with pytest.raises(export.RequestError, match=message):
        make()


def test_a_folder_without_a_record_is_no_artifact(tmp_path):
    with pytest.raises(PublishError, match="is not a slimhub artifact"):
        Record.read(tmp_path)
    (tmp_path / "assets.extra").mkdir()
    for text in ("{", "[" * 100_000, "\xff", "3", "null"):
        (tmp_path / "assets.extra" / "slimhub.json").write_text(text, "latin-1")
        with pytest.raises(PublishError, match="is damaged"):
            Record.read(tmp_path)
