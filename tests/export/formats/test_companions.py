"""Files that are written beside an artifact, by `slimhub export` and by a zoo."""

import io
import json
import shutil
from pathlib import Path

import pytest

from slimhub import export
from slimhub.cli import commands
from slimhub.common import work_process
from slimhub.common.errors import ExportError, RequestError
from slimhub.export import Result
from slimhub.export.formats import companions, conversion_process, litert_format, origin
from slimhub.export.record import Record


def test_the_name_says_how_numbers_are_stored():
    named = {
        "a.tflite": "none",
        "a.float16.onnx": "float16",
        "a.int8.tflite": "int8",
        "mobilenet_0.75.tflite": "none",
    }
    for path, quantize in named.items():
        assert companions.request("artifact", path, overwrite=False).quantize == quantize


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["a.tflite", "./a.tflite"], "`also` names the same file twice"),
        (["a.h5"], "a.h5 has to end in .tflite"),
        (["artifact/a.onnx"], "is inside the artifact"),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_export(paths, message):
    with pytest.raises(RequestError, match=message):
        companions.check("artifact", paths, overwrite=False)


def test_a_refused_artifact_names_no_flag_of_another_command(copied, tmp_path):
    (copied / "assets" / "labels.txt").write_text("other\n")
    with pytest.raises(ExportError) as caught:
        companions.write(copied, [str(tmp_path / "a.tflite")], overwrite=False)
    assert "since its files are not those of its record" in str(caught.value)
    assert str(caught.value).endswith("convert it with `slimhub convert`")


def test_files_of_this_artifact_and_release_are_kept(digits, converted, copied, tmp_path):
    file = converted(".tflite").path
    damaged, other = tmp_path / "damaged.tflite", tmp_path / "other.float16.tflite"
    damaged.write_bytes(b"nothing")
    shutil.copy(file, other)
    paths = [str(path) for path in (file, converted(".onnx").path, damaged, other, "no.tflite")]
    assert companions.outdated(digits, paths) == [str(damaged), str(other), "no.tflite"]
    (copied / "assets" / "labels.txt").write_text("other\n")
    assert companions.outdated(copied, paths[:2]) == paths[:2]
    assert origin.identify(copied) != origin.identify(digits)


@pytest.fixture
def exported(digits, converted, in_process, monkeypatch, tmp_path):
    """Runs `slimhub export` with an artifact and a converter that are there already."""

    def copy(request, *_, **__):
        shutil.copytree(digits, request.output)
        return Result(Path(request.output), Record.read(digits), "", "the only one", [], 1, None)

    content = converted(".tflite").path.read_bytes()
    monkeypatch.setattr(export, "export", copy)
    monkeypatch.setattr(litert_format, "convert", lambda model, quantize: content)

    def run(*words):
        flags = [f"--output={tmp_path / 'digits'}", "--checkpoint=x", "--task=classification"]
        arguments = commands.parser().parse_args(["export", "auto", *flags, *words])
        return arguments.execute(arguments)

    return run


def test_an_export_writes_them_too(exported, digits, tmp_path, capsys):
    output = tmp_path / "digits.tflite"
    assert exported(f"--also={output}", "--format=json") == 0
    (found,) = json.loads(capsys.readouterr().out)["also"]
    assert (found["format"], found["quantize"]) == ("LiteRT", "none")
    assert companions.outdated(digits, [str(output)]) == []


def test_the_artifact_stays_when_a_file_fails(exported, monkeypatch, tmp_path):
    def fail(model, quantize):
        raise ExportError("cannot convert")

    monkeypatch.setattr(litert_format, "convert", fail)
    with pytest.raises(ExportError, match=r"is complete, but .*a.tflite was not written: cannot"):
        exported(f"--also={tmp_path / 'a.tflite'}")
    assert (tmp_path / "digits" / "saved_model.pb").is_file()
    assert not (tmp_path / "a.tflite").exists()


def test_a_process_of_its_own_reports_phases_and_errors(monkeypatch, capfd):
    def write(artifact, paths, overwrite, on_phase):
        on_phase("converting it")
        raise ExportError(f"{artifact}: {paths}, {overwrite}")

    monkeypatch.setattr(companions, "write", write)
    monkeypatch.setattr("sys.stdin", io.StringIO('{"artifact": "a", "paths": ["b"]}\n'))
    monkeypatch.setattr(work_process.os, "dup2", lambda *_: None)
    monkeypatch.setattr(work_process.signal, "signal", lambda *_: None)
    monkeypatch.setattr(work_process, "when_input_ends", lambda act: None)
    conversion_process.main()
    said = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert said == [{"phase": "converting it"}, {"error": "a: ['b'], True"}]
