"""Unpacks what Snappy compressed, by the description of its raw format.

Each piece is either bytes as they are or a copy of what was unpacked before.
"""

from __future__ import annotations

from collections.abc import Iterator


class SnappyError(ValueError):
    """A block that is damaged, or takes too long; the message is a clause about it."""


def unpack(content: bytes, at: int, size: int, most_pieces: int) -> tuple[bytes, int]:
    """The bytes that a block holds.

    Args:
      content: of the block.
      at: where its pieces begin, after the size.
      size: that it states, bytes.
      most_pieces: how many to read; each takes about as long as the others, however small it is.

    Returns:
      The bytes, and how many pieces they had.

    Raises:
      SnappyError: if there are more pieces, or they do not fit.
    """
    found, pieces = bytearray(), 0
    for literal, back, length in _pieces(content, at):
        pieces += 1
        if pieces > most_pieces:
            raise SnappyError("is in too many pieces")
        if not 0 <= back <= len(found) or len(found) + length > size:
            raise SnappyError("refers to what is not there")
        found += literal or _repeated(found, back, length)
    if len(found) != size:
        raise SnappyError("has another size than it states")
    return bytes(found), pieces


def _pieces(content: bytes, at: int) -> Iterator[tuple[bytes, int, int]]:
    """Bytes as they are, or how far back to copy from; and how many."""
    while at < len(content):
        tag, at = content[at], at + 1
        kind, length = tag & 3, tag >> 2
        if kind == 0:
            if length >= 60:
                extra = length - 59
                length, at = int.from_bytes(content[at : at + extra], "little"), at + extra
            literal = content[at : at + length + 1]
            at += length + 1
            if len(literal) <= length:
                raise SnappyError("is cut off")
            yield literal, 0, len(literal)
            continue
        width = (1, 2, 4)[kind - 1]
        back = int.from_bytes(content[at : at + width], "little")
        at += width
        if kind == 1:
            back, length = back | (length >> 3) << 8, (length & 7) + 3
        if back == 0:
            raise SnappyError("refers to what is not there")
        yield b"", back, length + 1


def _repeated(found: bytearray, back: int, length: int) -> bytes:
    """A copy, which may reach into itself: then what it begins with comes again."""
    start = len(found) - back
    beginning = bytes(found[start : start + length])
    return (beginning * (length // len(beginning) + 1))[:length]
