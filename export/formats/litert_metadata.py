"""LiteRT metadata: what the Task Library and MediaPipe read from a model file.

A model names buffers as its metadata. `TFLITE_METADATA` is a flatbuffer of a schema of its own
(`metadata_schema.fbs`): how images become the input, and which attached file has the labels. The
files are attached as a ZIP archive behind the model.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import flatbuffers
import numpy as np

from slimhub.export.formats.flat_tables import Byte, Floats, Number, Table, TableReader, pack
from slimhub.export.formats.inscription import KEY, Inscription

LABELS = "labels.txt"
_METADATA = "TFLITE_METADATA"
_MODEL, _SCHEMA = b"TFL3", b"M001"  # identifiers of the two schemas
_PARSER = "1.0.0"  # the oldest parser that knows all fields below
_EPOCH = (1980, 1, 1, 0, 0, 0)  # ZIP has no earlier time; the same in every file
_ALIGNMENT = 16  # bytes, of every buffer of a model

# Slots and enum values of metadata_schema.fbs.
_NAME, _DESCRIPTION = 0, 1  # of every table with a name
_SUBGRAPHS, _MIN_PARSER = 3, 7
_INPUTS, _OUTPUTS = 2, 3
_CONTENT, _UNITS, _STATS, _FILES = 3, 4, 5, 6
_UNION_TYPE, _UNION = 0, 1
_COLOR_SPACE, _IMAGE_SIZE, _WIDTH, _HEIGHT = 0, 1, 0, 1
_MEAN, _STD, _MAX, _MIN, _FILE_TYPE = 0, 1, 0, 1, 2
_IMAGE_PROPERTIES, _FEATURE_PROPERTIES, _RGB, _NORMALIZATION, _AXIS_LABELS = 2, 1, 1, 1, 2


def write(model: bytes, inscription: Inscription) -> bytes:
    """A model with metadata, in place of any that it has.

    Args:
      model: a LiteRT file.
      inscription: what to write.
    """
    from ai_edge_litert import schema_py_generated as schema

    unpacked = schema.ModelT.InitFromPackedBuf(model, 0)
    for buffer in unpacked.buffers:
        _bring_inside(buffer, model)
    entries = {
        _METADATA: pack(_describe(inscription), _SCHEMA),
        KEY: inscription.provenance_text().encode(),
    }
    kept = [entry for entry in unpacked.metadata or [] if _name(entry.name) not in entries]
    for name, content in entries.items():
        buffer, entry = schema.BufferT(), schema.MetadataT()
        buffer.data = np.frombuffer(content, np.uint8)
        entry.name, entry.buffer = name, len(unpacked.buffers)
        unpacked.buffers.append(buffer)
        kept.append(entry)
    unpacked.metadata = kept
    builder = _AlignedBuilder(len(model) + (1 << 16))
    builder.Finish(unpacked.Pack(builder), _MODEL)
    return bytes(builder.Output()) + _archive(inscription.labels)


def read(content: bytes) -> Inscription | None:
    """What a file says about itself.

    Args:
      content: of the file.

    Returns:
      None without metadata of slimhub.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(content, 0)
    entries = [model.Metadata(i) for i in range(model.MetadataLength())]
    buffers = {_name(entry.Name()): model.Buffers(entry.Buffer()) for entry in entries}
    if KEY not in buffers or _METADATA not in buffers:
        return None
    root = TableReader.root(buffers[_METADATA].DataAsNumpy().tobytes())
    (subgraph,) = root.tables(_SUBGRAPHS)
    (image,), (output,) = subgraph.tables(_INPUTS), subgraph.tables(_OUTPUTS)
    mean, std = _normalization(image)
    named = [file.text(_NAME) for file in output.tables(_FILES)]
    return Inscription(
        name=root.text(_NAME),
        description=root.text(_DESCRIPTION),
        output=output.text(_NAME),
        image_size=_size(image),
        labels=_attached_labels(content) if LABELS in named else (),
        mean=mean,
        std=std,
        provenance=json.loads(buffers[KEY].DataAsNumpy().tobytes()),
    )


class _AlignedBuilder(flatbuffers.Builder):
    """Aligns buffers as the schema of models asks; generated Python code forgets it."""

    def StartVector(self, elemSize: int, numElems: int, alignment: int) -> int:  # noqa: N802, N803
        wanted = _ALIGNMENT if elemSize == 1 else alignment
        position: int = super().StartVector(elemSize, numElems, max(alignment, wanted))
        return position


def _bring_inside(buffer: Any, model: bytes) -> None:
    """Moves what a buffer has behind the model into it: the quantizer appends its buffers."""
    if buffer.offset > 1:  # 0 and 1 stand for none
        buffer.data = np.frombuffer(model, np.uint8, buffer.size, buffer.offset)
        buffer.offset = buffer.size = 0


def _describe(inscription: Inscription) -> Table:
    size = {_WIDTH: Number(inscription.image_size), _HEIGHT: Number(inscription.image_size)}
    properties = {_COLOR_SPACE: Byte(_RGB), _IMAGE_SIZE: size}
    scaled = {_MEAN: Floats([inscription.mean]), _STD: Floats([inscription.std])}
    image = {
        _NAME: "inputs",
        _DESCRIPTION: "RGB images with values from 0 to 1",
        _CONTENT: {_UNION_TYPE: Byte(_IMAGE_PROPERTIES), _UNION: properties},
        _UNITS: [{_UNION_TYPE: Byte(_NORMALIZATION), _UNION: scaled}],
        _STATS: {_MAX: Floats([1.0]), _MIN: Floats([0.0])},
    }
    output = {
        _NAME: inscription.output,
        _DESCRIPTION: inscription.description,
        _CONTENT: {_UNION_TYPE: Byte(_FEATURE_PROPERTIES), _UNION: {}},
    }
    if inscription.labels:
        output[_FILES] = [{_NAME: LABELS, _FILE_TYPE: Byte(_AXIS_LABELS)}]
    return {
        _NAME: inscription.name,
        _DESCRIPTION: inscription.description,
        _SUBGRAPHS: [{_INPUTS: [image], _OUTPUTS: [output]}],
        _MIN_PARSER: _PARSER,
    }


def _archive(labels: tuple[str, ...]) -> bytes:
    """The attached files, uncompressed, as the Task Library needs them."""
    if not labels:
        return b""
    attached = io.BytesIO()
    with zipfile.ZipFile(attached, "w") as archive:
        text = "".join(f"{label}\n" for label in labels)
        archive.writestr(zipfile.ZipInfo(LABELS, _EPOCH), text)
    return attached.getvalue()


def _attached_labels(content: bytes) -> tuple[str, ...]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read(LABELS).decode()
    return tuple(text.removesuffix("\n").split("\n"))


def _normalization(image: TableReader) -> tuple[float, float]:
    """Mean and standard deviation that a reader applies; 0 and 1 if it applies none."""
    for unit in image.tables(_UNITS):
        options = unit.table(_UNION)
        if unit.byte(_UNION_TYPE) == _NORMALIZATION and options is not None:
            (mean,), (std,) = options.floats(_MEAN), options.floats(_STD)
            return mean, std
    return 0.0, 1.0


def _size(image: TableReader) -> int:
    content = image.table(_CONTENT)
    properties = content and content.table(_UNION)
    size = properties and properties.table(_IMAGE_SIZE)
    return size.number(_HEIGHT) if size else 0


def _name(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name
