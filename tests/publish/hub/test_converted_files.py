"""LiteRT and ONNX files of a version: in the folder, in the index, over HTTP, withdrawn."""

import asyncio
import shutil

import pytest
from starlette.requests import Request

from slimhub.common.errors import PublishError, RequestError
from slimhub.export.formats import origin
from slimhub.publish import converted_files
from slimhub.publish.handle import Handle
from slimhub.publish.hub import index, withdrawal
from slimhub.publish.hub.server import Application
from slimhub.publish.hub.server_options import ServerOptions
from slimhub.publish.pages.checker import linter
from tests.fixtures import hubs
from tests.publish.conftest import HANDLE

MODEL = HANDLE.rpartition("/")[0]


@pytest.fixture(scope="module")
def made(artifact, tmp_path_factory):
    """Files that say that they were made from the artifact, and compute nothing."""
    from slimhub.export.formats import file_formats
    from slimhub.export.formats.inscription import Inscription

    folder = tmp_path_factory.mktemp("made")
    provenance = origin.identify(folder.__class__(artifact().path))
    said = Inscription("network", "text", "feature_vector", 224, provenance=provenance)
    for suffix, content in {".tflite": empty_litert(), ".onnx": b""}.items():
        module = file_formats.FORMATS[suffix].load_module()
        (folder / f"features{suffix}").write_bytes(module.inscribe(content, said))
    return folder


def empty_litert():
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT()
    model.version, model.buffers = 3, []
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@pytest.fixture
def hub(artifact, made, tmp_path):
    also = (str(made / "features.tflite"), str(made / "features.onnx"))
    hubs.put(artifact().path, tmp_path / "hub", HANDLE, also=also)
    return tmp_path / "hub"


def ask(hub, path, query=""):
    """Status, headers and body of an answer, without a server."""
    application = Application(hub, ServerOptions())
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [], "scheme": "http", "server": ("localhost", 80), "root_path": "",
        "asgi": {"spec_version": "2.4"},  # or starlette asks again and again who is still there
    }  # fmt: skip
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request"}

    asyncio.run(application(scope, receive, send))
    assert Request(scope).url.path == path
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], dict(sent[0]["headers"]), body


def test_a_hub_serves_them(hub, made):
    lite, onnx = ((made / f"features{suffix}").read_bytes() for suffix in (".tflite", ".onnx"))
    status, headers, body = ask(hub, f"/{HANDLE}", "lite-format=tflite")
    assert (status, body) == (200, lite)
    assert b"immutable" in headers[b"cache-control"]
    assert ask(hub, f"/{HANDLE}.tflite")[2] == lite
    assert ask(hub, f"/{HANDLE}.onnx")[2] == onnx
    assert ask(hub, f"/{HANDLE}", "lite-format=pb")[0] == 400
    page = ask(hub, f"/{HANDLE}.html")[2].decode()
    assert f"{HANDLE}.tflite" in page
    assert f"{HANDLE}.lite.md" in page


def test_its_page_names_the_model(hub, artifact):
    text = ask(hub, f"/{HANDLE}.lite.md")[2].decode()
    assert linter.check(text) == []
    assert text.startswith(f"# Lite {HANDLE}\n")
    assert f"<!-- parent-model: {HANDLE} -->" in text
    assert "<!-- asset-path: legacy -->" in text  # nobody has said where the hub is
    hubs.put(artifact().path, hub, HANDLE, url="https://hub.example")
    text = ask(hub, f"/{HANDLE}.lite.md")[2].decode()
    assert f"<!-- asset-path: https://hub.example/{HANDLE}.tflite -->" in text
    assert linter.check(text) == []


def test_the_same_files_again_change_nothing(hub, artifact, made):
    assert hubs.put(artifact().path, hub, HANDLE).change == "none"
    also = (str(made / "features.tflite"),)
    assert hubs.put(artifact().path, hub, HANDLE, also=also).change == "none"
    (hub / f"{HANDLE}.tflite").write_bytes(b"damaged")
    assert hubs.put(artifact().path, hub, HANDLE, also=also).change == "repaired"


def test_a_version_never_changes(hub, artifact, made, tmp_path):
    other = tmp_path / "other.onnx"
    other.write_bytes((made / "features.onnx").read_bytes() + b"\x42\x00")  # an empty field
    with pytest.raises(PublishError, match=r"another .onnx file .*/feature_vector/6`"):
        hubs.put(artifact().path, hub, HANDLE, also=(str(other),))


def test_they_come_later_and_go_when_the_version_is_withdrawn(artifact, made, tmp_path):
    hub, also = tmp_path / "hub", (str(made / "features.tflite"),)
    hubs.put(artifact().path, hub, HANDLE)
    assert ask(hub, f"/{HANDLE}", "lite-format=tflite")[0] == 404
    assert "also" not in (hub / index.FILE).read_text()
    hubs.put(artifact().path, hub, HANDLE, also=also)
    assert ask(hub, f"/{HANDLE}", "lite-format=tflite")[0] == 200
    withdrawal.withdraw(hub, Handle.parse(HANDLE), None)
    assert ask(hub, f"/{HANDLE}", "lite-format=tflite")[0] == 410
    assert not list(hub.rglob("*.tflite")) + list(hub.rglob("*.lite.md"))


def test_files_of_something_else_are_refused(artifact, made, tmp_path):
    folder = shutil.copytree(artifact().path, tmp_path / "changed")
    (folder / "assets.extra" / "golden_output.npy").write_bytes(b"other")
    with pytest.raises(PublishError, match=r"was not made from .*changed: convert the artifact"):
        converted_files.read(folder, [str(made / "features.onnx")])
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(b"no file")
    with pytest.raises(PublishError, match="is not a LiteRT file that can be read"):
        converted_files.read(folder, [str(damaged)])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a.tflite"], "a.tflite is not a file: `slimhub convert` writes it"),
        (["a.pb"], "has to end in .tflite"),
        (["features.onnx", "features.onnx"], "`also` names two ONNX files"),
    ],
)
def test_what_cannot_be_published_is_refused(artifact, made, names, message):
    with pytest.raises(RequestError, match=message):
        converted_files.read(made.__class__(artifact().path), [str(made / n) for n in names])


def test_other_places_do_not_take_them(made, artifact):
    with pytest.raises(RequestError, match="`also` does not apply to s3://bucket/models"):
        from slimhub.publish.destinations import delivery

        delivery.check_request(
            "s3://bucket/models", delivery.PublishOptions(also=(str(made / "features.onnx"),))
        )
