"""Indexes of checkpoints that would end the process inside TensorFlow."""

import contextlib

import pytest
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import tensor_bundle_pb2

from slimhub.checkpoints import index_check, string_table
from tests.checkpoints.conftest import make, make_v1

MAGIC = bytes.fromhex("57fb808b247547db")


def number(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def block(pairs) -> bytes:
    """A block whose keys share nothing, and its trailer."""
    body = b"".join(number(0) + number(len(k)) + number(len(v)) + k + v for k, v in pairs)
    return body + bytes(4) + (1).to_bytes(4, "little") + b"\0" + bytes(4)


def table(pairs, kind: bytes = b"\0") -> bytes:
    data = block(pairs)
    data = data[:-5] + kind + data[-4:]
    last = block([(b"\xff", number(0) + number(len(data) - 5))])
    places = number(0) + number(0) + number(len(data)) + number(len(last) - 5)
    return data + last + places.ljust(40, b"\0") + MAGIC


def index_of(path, edit) -> None:
    """An index with one tensor f32[3, 4], which `edit` changes."""
    header = tensor_bundle_pb2.BundleHeaderProto(num_shards=1)
    entry = tensor_bundle_pb2.BundleEntryProto(dtype=types_pb2.DT_FLOAT, size=48)
    for size in (3, 4):
        entry.shape.dim.add(size=size)
    edit(entry)
    rows = [(b"", header.SerializeToString()), (b"Net/weights", entry.SerializeToString())]
    path.write_bytes(table(rows))


def negative(entry):
    entry.shape.dim[0].size = -3


def overflowing(entry):
    for dimension in entry.shape.dim:
        dimension.size = 1 << 40


def deep(entry):
    for _ in range(300):
        entry.shape.dim.add(size=1)


def unknown(entry):
    entry.shape.unknown_rank = True


def shard(entry):
    entry.shard_id = 7


def before(entry):
    entry.offset = -1


def other_slice(entry):
    entry.slices.add().extent.add(start=0, length=1)


def outside(entry):
    one = entry.slices.add()
    one.extent.add(start=2, length=2)
    one.extent.add(start=0, length=4)


@pytest.mark.parametrize(
    "edit",
    [negative, overflowing, deep, unknown, shard, before, other_slice, outside],
    ids=lambda edit: edit.__name__,
)
def test_what_would_end_the_process_is_refused(tmp_path, refuses, edit):
    index_of(tmp_path / "model.ckpt.index", edit)
    (tmp_path / "model.ckpt.data-00000-of-00001").write_bytes(bytes(48))
    refuses(tmp_path / "model.ckpt", "^model.ckpt.index is damaged and cannot be read")


def test_a_name_cannot_control_the_terminal(tmp_path, refuses):
    make(tmp_path / "model.ckpt", {"Net/\x1b[31mweights\nslimhub: fine": 1.0})
    message = refuses(tmp_path / "model.ckpt", "control characters")
    assert message.isprintable()


def test_tables_are_read_as_they_were_written(tmp_path):
    index_of(tmp_path / "a.index", lambda entry: None)
    index_check.check(tmp_path / "a", tmp_path / "a.index")
    names = [key for key, _ in string_table.entries(tmp_path / "a.index")]
    assert names == [b"", b"Net/weights"]
    made = make(tmp_path / "b")
    index_check.check(made, made.with_name("b.index"))
    first = make_v1(tmp_path / "c.ckpt")
    index_check.check(first, first)


def test_compressed_blocks_are_read(tmp_path):
    # "ab" as it is, then six bytes that begin two before: abababab.
    pairs = block([(b"k", b"abababab")])[:-5]
    packed = number(len(pairs))
    split = pairs.index(b"abab") + 2
    packed += bytes([(split - 1) << 2]) + pairs[:split] + bytes([(6 - 4) << 2 | 1, 2])
    rest = pairs[split + 6 :]
    packed += bytes([(len(rest) - 1) << 2]) + rest
    data = packed + b"\1" + bytes(4)
    last = block([(b"\xff", number(0) + number(len(packed)))])
    places = number(0) + number(0) + number(len(data)) + number(len(last) - 5)
    (tmp_path / "a").write_bytes(data + last + places.ljust(40, b"\0") + MAGIC)
    assert list(string_table.entries(tmp_path / "a")) == [(b"k", b"abababab")]


def row(key: bytes, value: bytes, shared: int = 0) -> bytes:
    return number(shared) + number(len(key)) + number(len(value)) + key + value


def table_of(body: bytes, starts=(0,), kind: bytes = b"\0", limits=(b"\xff",)) -> bytes:
    """A table whose one block has entries, and starts of whole keys, of the test's choice."""
    data = body + b"".join(start.to_bytes(4, "little") for start in (*starts, len(starts)))
    if kind == b"\1":
        data = body
    place = number(0) + number(len(data))
    last = block([(limit, place) for limit in limits])
    places = number(0) + number(0) + number(len(data) + 5) + number(len(last) - 5)
    return data + kind + bytes(4) + last + places.ljust(40, b"\0") + MAGIC


HIDDEN = row(b"b", b"other")
ROWS = row(b"a", b"1") + row(b"b", b"2")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (table_of(row(b"a", HIDDEN), (4,)), "does not start at its first entry"),
        (table_of(row(b"a", HIDDEN), (0, 4)), "is damaged"),
        (table_of(ROWS, ()), "does not start at its first entry"),
        (table_of(ROWS, (0, 0)), "is damaged"),
        (table_of(ROWS, (0, len(ROWS))), "is damaged"),
        (table_of(row(b"a", b"1") + row(b"b", b"2", 1), (0, 5)), "does not have its whole key"),
        (table_of(row(b"b", b"1") + row(b"a", b"2")), "not in order"),
        (table_of(row(b"b", b"1") + row(b"b", b"2")), "not in order"),
        (table_of(row(b"b", b"1"), limits=(b"a",)), "not in order"),
        (table_of(row(b"b", b"1"), limits=(b"c", b"d")), "not one after the other"),
        (table_of(row(b"b", b"1"), limits=(b"c", b"c")), "not in order"),
    ],
)
def test_a_table_that_tensorflow_would_read_otherwise_is_refused(tmp_path, content, fault):
    """It looks keys up by halves, at the starts of whole keys."""
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(string_table.TableError, match=fault):
        list(string_table.entries(tmp_path / "a"))


def test_starts_of_whole_keys_and_an_empty_block_are_read(tmp_path):
    (tmp_path / "a").write_bytes(table_of(ROWS, (0, 5)))
    assert list(string_table.entries(tmp_path / "a")) == [(b"a", b"1"), (b"b", b"2")]
    (tmp_path / "a").write_bytes(table_of(b""))
    assert list(string_table.entries(tmp_path / "a")) == []


def test_keys_that_stand_for_many_bytes_are_refused(tmp_path, monkeypatch):
    rows = [row(b"%03d" % number, b"", shared=1000 if number else 0) for number in range(200)]
    rows[0] = row(b"a" * 1000, b"")
    (tmp_path / "a").write_bytes(table_of(rows[0] + b"".join(rows[1:])))
    monkeypatch.setattr(string_table, "_MAX_BYTES", 100_000)
    with pytest.raises(string_table.TableError, match="more keys than any checkpoint"):
        list(string_table.entries(tmp_path / "a"))


def test_entries_are_counted(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(table_of(ROWS))
    monkeypatch.setattr(string_table, "_MAX_ENTRIES", 2)  # one of the block's, one in it
    with pytest.raises(string_table.TableError, match="more entries than any checkpoint"):
        list(string_table.entries(tmp_path / "a"))


@pytest.mark.parametrize(("limit", "fault"), [("_MAX_BYTES", "bytes"), ("_MAX_PIECES", "pieces")])
def test_compressed_blocks_are_bounded(tmp_path, monkeypatch, limit, fault):
    pairs = block([(b"k", b"a" * 6400)])[:-5]
    start, end = pairs.index(b"aa") + 1, len(pairs) - 8
    packed = number(len(pairs)) + bytes([(start - 1) << 2]) + pairs[:start]
    packed += bytes([63 << 2 | 2, 1, 0]) * ((end - start) // 64)
    rest = pairs[start + (end - start) // 64 * 64 :]
    packed += bytes([60 << 2, len(rest) - 1]) + rest
    (tmp_path / "a").write_bytes(table_of(packed, kind=b"\1"))
    assert list(string_table.entries(tmp_path / "a")) == [(b"k", b"a" * 6400)]
    monkeypatch.setattr(string_table, limit, 6000 if fault == "bytes" else 50)
    with pytest.raises(string_table.TableError, match=fault):
        list(string_table.entries(tmp_path / "a"))


@pytest.mark.parametrize("cut", range(0, 160, 9))
def test_a_damaged_table_is_one_error(tmp_path, cut):
    index_of(tmp_path / "a", lambda entry: None)
    content = bytearray((tmp_path / "a").read_bytes())
    content[cut % len(content)] ^= 0xFF
    (tmp_path / "a").write_bytes(content)
    with contextlib.suppress(string_table.TableError):
        index_check.check(tmp_path / "b", tmp_path / "a")
