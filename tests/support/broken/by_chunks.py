"""Corruptions of PNG files: changed chunks with correct checksums."""

from __future__ import annotations

import struct
import zlib
from random import Random

SIGNATURE = b"\x89PNG\r\n\x1a\n"
Chunk = tuple[bytes, bytes]  # kind and content


def chunks_of(data: bytes) -> list[Chunk]:
    found, at = [], len(SIGNATURE)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += length + 12
    return found


def png_of(chunks: list[Chunk]) -> bytes:
    return SIGNATURE + b"".join(
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def header(data: bytes, random: Random) -> bytes:
    """Return an image with a changed width, height, depth, colour type, method or interlace."""
    (kind, content), *rest = chunks_of(data)
    fields = list(struct.unpack(">IIBBBBB", content))
    for _ in range(random.randint(1, 2)):
        place = random.randrange(len(fields))
        sides = [0, 1, 3, 8, 9, 8192, 8193, 65536, 2**26, 2**31 - 1, 2**31, 2**32 - 1]
        fields[place] = random.choice(sides if place < 2 else [0, 1, 2, 3, 4, 6, 8, 16, 255])
    return png_of([(kind, struct.pack(">IIBBBBB", *fields)), *rest])


def lengths(data: bytes, random: Random) -> bytes:
    """Return an image with a chunk that declares another length."""
    starts, at = [], len(SIGNATURE)
    for _, content in chunks_of(data):
        starts.append(at)
        at += len(content) + 12
    start = random.choice(starts)
    length = random.choice([0, 1, 12, 2**20, 2**31 - 1, 2**31, 2**32 - 1])
    return data[:start] + struct.pack(">I", length) + data[start + 4 :]


def chunks(data: bytes, random: Random) -> bytes:
    """Return an image with a chunk removed, repeated, moved, emptied, truncated, or renamed."""
    listed = chunks_of(data)
    place = random.randrange(len(listed))
    kind, content = listed.pop(place)
    half = content[: len(content) // 2]
    other = random.choice([b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"acTL", b"QQQQ", b"qqqq"])
    new: list[list[Chunk]] = [
        [],
        [(kind, content)] * 2,
        [(kind, b"")],
        [(kind, half)],
        [(other, content)],
    ]
    at = random.choice([place, random.randint(0, len(listed))])
    return png_of(listed[:at] + random.choice(new) + listed[at:])


def pixels(data: bytes, random: Random) -> bytes:
    """Return an image with too few or too many compressed lines, or with an unknown filter."""
    raw = zlib.decompress(b"".join(c for kind, c in chunks_of(data) if kind == b"IDAT"))
    place = random.randrange(len(raw))
    changed = random.choice(
        [
            raw[:place],
            raw * 3,
            raw + bytes(10**6),
            raw[:place] + random.randbytes(3) + raw[place + 3 :],
            b"",
        ]
    )
    packed = zlib.compress(changed)
    packed = random.choice([packed, packed, packed[: len(packed) // 2], packed + b"more", changed])
    kept = [chunk for chunk in chunks_of(data) if chunk[0] not in (b"IDAT", b"IEND")]
    return png_of([*kept, (b"IDAT", packed), (b"IEND", b"")])


def bomb(data: bytes, random: Random) -> bytes:
    """Return an image with text, a profile or lines that decompress to a multiple of its size."""
    packed = zlib.compress(bytes(random.choice([10**6, 2 * 10**7])))
    first, *rest = chunks_of(data)
    extra = random.choice(
        [
            (b"zTXt", b"a\0\0" + packed),
            (b"iTXt", b"a\0\1\0\0\0" + packed),
            (b"iCCP", b"a\0\0" + packed),
            (b"tEXt", b"a\0" + bytes(10**6)),
            (b"eXIf", bytes(10**6)),
            (b"IDAT", packed),
            (b"acTL", struct.pack(">II", 2**31 - 1, 0)),
        ]
    )
    return png_of([first, extra, *rest])


CORRUPTIONS = (header, header, lengths, chunks, chunks, pixels, pixels, bomb)
