"""From a manifest to exports, and what is refused before any work."""

import pytest

from slimhub import nets, zoo
from slimhub.common.errors import RequestError
from slimhub.publish.pages.publisher_texts import PublisherTexts
from slimhub.zoo import memory, placeholders
from slimhub.zoo.jobs import Publication
from tests.fixtures.support import REPOSITORY

HEAD = """
[defaults]
tasks = ["feature_vector", "classification"]
checkpoint = "made/{network}/model.ckpt-1"
output = "out/{network}/{task}"
"""
SMALL = HEAD + '[export.small]\nnetworks = ["mobilenet_v1_025_*"]\n'


@pytest.fixture
def plan(tmp_path):
    def plan(text, folder=None):
        path = tmp_path / "zoo.toml"
        path.write_text(text, "utf-8")
        return zoo.plan(path, folder)

    return plan


def test_globs_and_tasks_are_multiplied(plan, tmp_path):
    jobs = plan(SMALL)
    assert len(jobs) == 8
    first = jobs[1]
    assert first.name == "out/mobilenet_v1_025_224/classification"
    assert first.request.network == "mobilenet_v1_025_224"
    assert first.request.task == "classification"
    assert first.request.output == str(tmp_path / first.name)
    assert first.request.checkpoint == str(tmp_path / "made/mobilenet_v1_025_224/model.ckpt-1")
    assert first.publication is None
    assert len({job.name for job in jobs}) == 8


def test_paths_begin_at_the_folder_that_is_given(plan, tmp_path):
    (job, *_) = plan(SMALL, tmp_path / "elsewhere")
    assert job.request.output.startswith(str(tmp_path / "elsewhere/out"))
    assert job.name.startswith("out/")


def test_options_and_labels_go_to_the_requests(plan, tmp_path):
    (tmp_path / "labels.txt").write_text("a\nb\n")
    options = 'num_classes = 2\nimage_size = 64\nlabels = "labels.txt"\nproof = "quick"\n'
    feature, classes = plan(SMALL.replace("025_*", "025_128") + options)
    assert classes.request.options.num_classes == feature.request.options.num_classes == 2
    assert classes.request.proof == "quick"
    assert classes.request.labels == str(tmp_path / "labels.txt")
    assert feature.request.labels is None  # a feature vector has none


def test_layers_to_ignore_go_to_the_requests(plan):
    jobs = plan(SMALL + 'ignore_leftover = "/(gamma|scale)$"\n')
    assert {job.request.ignore_leftover for job in jobs} == {"/(gamma|scale)$"}


def test_a_scope_goes_to_the_requests(plan):
    assert {job.request.scope for job in plan(SMALL + 'scope = "tower_0"\n')} == {"tower_0"}


def test_a_url_is_a_pattern_too(plan):
    text = SMALL.replace("made/{network}/model.ckpt-1", "https://models.example/{archive}.tgz")
    assert plan(text)[0].request.checkpoint == (
        "https://models.example/mobilenet_v1_2018_02_22/mobilenet_v1_0.25_224.tgz"
    )


@pytest.mark.parametrize(
    ("checkpoint", "archive"),
    [
        ("v3-small_224_0.75_float/ema/model-497500", "v3-small_224_0.75_float"),
        ("inception_v1_2016_08_28/inception_v1.ckpt", "inception_v1_2016_08_28"),
        ("a/b/c.ckpt", "a/b"),
        ("c.ckpt", ""),
        ("", ""),
    ],
)
def test_the_archive_of_a_public_checkpoint(checkpoint, archive):
    assert placeholders.archive(checkpoint) == archive


def test_publications_have_absolute_targets_and_own_handles(plan, tmp_path):
    jobs = plan(
        SMALL + 'publish = "hub:hub"\nhandle = "me/{network}/{task}/1"\nlicense = "apache-2.0"\n'
    )
    assert jobs[0].publication == Publication(
        f"hub:{tmp_path}/hub",
        "me/mobilenet_v1_025_224/feature_vector/1",
        None,
        {"license": "apache-2.0"},
    )


PUBLISHED = SMALL + 'publish = "hub:hub"\n'
REFUSED = [
    (SMALL.replace("v1_025", "v9"), "no network matches 'mobilenet_v9_*' in 'networks'"),
    (SMALL.replace("{task}", "x"), "have the same output 'out/mobilenet_v1_025_224/x'"),
    (SMALL.replace("/{network}/{task}", ""), "put {network} or {task} in it"),
    (SMALL.replace("{task}", "{tusk}"), "unknown placeholder {tusk} in"),
    (SMALL + 'tasks = ["sing"]\n', "'tasks' must be feature_vector or classification, not 'sing'"),
    (SMALL + 'averages = "mean"\n', "'averages' must be one of auto, shadow, raw, not 'mean'"),
    (SMALL + 'proof = "some"\n', "the proof must be"),
    (SMALL + "image_size = 8\n", "`image_size` must be between"),
    (SMALL + 'labels = "none.txt"\n', "none.txt: No such file"),
    (SMALL + 'checkpoint = "out/{network}/{task}/x"\n', "which would be replaced"),
    (SMALL + 'output = "made/{network}"\ntasks = "classification"\n', "which would be replaced"),
    (
        SMALL + '[export.other]\nnetworks = "vgg_16"\noutput = "out"\ntasks = "classification"\n',
        "[export.other] (vgg_16, classification) and [export.small]",
    ),
    (
        HEAD + '[export.r]\nnetworks = "resnet_v1_50"\ncheckpoint = "{archive}.tgz"\n',
        "[export.r]: resnet_v1_50 has no known public checkpoint for {archive}",
    ),
    (PUBLISHED, "'publish' needs a 'handle'"),
    (
        SMALL.replace("out/", "hub/x/") + 'publish = "hub:hub"\nhandle = "me/{network}/{task}/1"\n',
        "must not contain each other: change 'output' or 'publish'",
    ),
    (PUBLISHED + 'handle = "Me/{network}/{task}/1"\n', "the publisher 'Me'"),
    (PUBLISHED + 'handle = "me/{network}/1"\n', "have the same handle 'me/mobilenet_v1_025_224/1'"),
    (PUBLISHED + 'handle = "me/{network}/classification/1"\n', "says classification, but the task"),
    (PUBLISHED + 'handle = "me/{network}/{task}/1"\nurl = "x"\n', "the address x must start"),
    (PUBLISHED + 'handle = "me/{network}/{task}/1"\nlicense = "mine"\n', "'mine'"),
    (SMALL + 'ignore_leftover = "("\n', "`ignore_leftover` is not a regular expression: '('"),
    (SMALL + 'publish = "ftp:x"\nhandle = "me/{network}/{task}/1"\n', "is neither hub:FOLDER"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=lambda value: value[-50:])
def test_what_cannot_be_is_refused_with_file_and_table(plan, text, message):
    with pytest.raises(RequestError) as caught:
        plan(text)
    assert message in str(caught.value)
    assert "zoo.toml" in str(caught.value)
    assert "[export." in str(caught.value)


def test_the_published_zoo_has_all_handles():
    jobs = zoo.plan(REPOSITORY / "samples" / "published.toml")
    handles = {job.publication.handle for job in jobs}
    assert len(jobs) == len(handles) == 110
    names = {job.request.network for job in jobs}
    never_published = {name for name in nets.names() if name not in names}
    assert never_published == {
        "mobilenet_v3_large_minimalistic_100_224",
        "mobilenet_v3_small_minimalistic_100_224",
        "mobilenet_edgetpu_100_224",
        "mobilenet_edgetpu_075_224",
        "inception_v4",
        "inception_resnet_v1",
        "resnet_v1_50_caffe",
        "resnet_v1_101_caffe",
        "resnet_v1_152_caffe",
        "resnet_v1_200",
        "resnet_v2_200",
        "vgg_a",
        "vgg_16",
        "vgg_19",
        "pnasnet_mobile",
        "nasnet_cifar",
        "xception_41",
        "xception_65",
        "xception_71",
        "alexnet_v2",
        "overfeat",
        "cifarnet",
        "lenet",
    }
    assert "google/imagenet/mobilenet_v3_small_075_224/feature_vector/5" in handles


def test_memory_may_be_stated(plan):
    assert plan(SMALL + "memory_gb = 1.5\n")[0].memory == 1_500_000_000


def test_larger_networks_need_more_memory():
    def need(name, task="feature_vector", proof="full", **options):
        return memory.estimate(nets.get(name).customized(**options), task, proof)

    small = "mobilenet_v1_025_128"
    assert need(small) < need("mobilenet_v1_100_224") < need("resnet_v2_50") < need("nasnet_large")
    assert (
        need(small)
        < need(small, "classification")
        < need(small, "classification", num_classes=90_000)
    )
    assert need(small) < need(small, image_size=512)
    assert need(small, proof="none") < need(small)


PUBLISHED = SMALL + 'publish = "hub:models"\nhandle = "me/{network}/{task}/1"\n'


def test_texts_of_the_publisher_are_read_with_the_plan(plan, tmp_path):
    (tmp_path / "classification.md").write_text("For *gardens*.\n")
    (tmp_path / "feature_vector.md").write_text("For *search*.\n")
    text = 'description = "Flowers."\ncolab = ""\nintended_use = "{task}.md"\n'
    features, classes = plan(PUBLISHED.replace("025_*", "025_128") + text)
    assert classes.publication.texts == PublisherTexts("Flowers.", "For *gardens*.", colab="")
    assert features.publication.texts.intended_use == "For *search*."
    assert plan(PUBLISHED)[0].publication.texts is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('changelog = "none.md"', "cannot read .*none.md: No such file"),
        ('colab = "https://example.org"', "must lead to https://colab"),
        ("description = 3", "'description' must be a string, not 3"),
    ],
)
def test_texts_are_refused_as_those_of_flags(plan, line, message):
    with pytest.raises(RequestError, match=message) as refused:
        plan(f"{PUBLISHED}{line}\n")
    assert "[export.small]" in str(refused.value)


def test_files_of_other_formats_are_planned_with_their_artifact(plan, tmp_path):
    also = 'also = ["out/{network}/{task}.tflite", "out/{network}/{task}.float16.onnx"]\n'
    (job, *_) = plan(SMALL + also)
    folder = tmp_path / "out" / "mobilenet_v1_025_224"
    assert job.also == (
        str(folder / "feature_vector.tflite"),
        str(folder / "feature_vector.float16.onnx"),
    )


@pytest.mark.parametrize("proof", ["none", "full"])
def test_memory_is_enough_for_the_conversion_too(plan, proof):
    also = 'also = "out/{network}/{task}.tflite"\n'
    alone = plan(SMALL + f'proof = "{proof}"\n')[0].memory
    needed = plan(SMALL + f'proof = "{proof}"\n' + also)[0].memory
    spec = nets.get("mobilenet_v1_025_224")
    assert needed == max(alone, memory.estimate_conversion(spec, "feature_vector"))
    assert needed >= alone
    assert needed > 1.6e9  # as was measured
    assert needed > alone or proof != "none"  # whose estimate halves TensorFlow itself
    assert plan(SMALL + f"{also}memory_gb = 0.5\n")[0].memory == 500_000_000  # was said


def test_a_target_of_one_format_needs_a_file_of_it(plan):
    text = HEAD + '[export.a]\nnetworks = ["mobilenet_v1_025_224"]\ntasks = ["feature_vector"]\n'
    text += 'publish = "kaggle://me/net/tfLite/small"\n'
    for also in ("", 'also = "out/{network}/{task}.onnx"\n'):
        with pytest.raises(RequestError, match=r"takes a \.tflite file: name one in 'also'"):
            plan(text + also)
    assert plan(text + 'also = "out/{network}/{task}.tflite"\n')[0].publication


@pytest.mark.parametrize(
    ("also", "message"),
    [
        ("out/{network}.tflite", "have the same file in 'also'"),
        ("out/{network}/{task}/a.tflite", "is inside an output"),
        ("{network}-{task}.h5", "has to end in .tflite"),
        ("{nets}.onnx", "nets"),
    ],
)
def test_files_that_cannot_be_written_are_refused(plan, also, message):
    with pytest.raises(RequestError, match=message):
        plan(SMALL + f'also = "{also}"\n')
