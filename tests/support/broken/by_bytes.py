"""Corruptions of files at the level of bytes."""

from __future__ import annotations

from random import Random

PIECES = [
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\xc3\x28", b"\xed\xa0\x80", b"\r", b"\n", b"\r\n", b"\t"),
    *(b" ", b"\x0b", b"\x0c", b"\x1a", b"\x1c", b"\xc2\x85", b"\xc2\xa0", b"\xe2\x80\xa8"),
    *(b",", b";", b'"', b"'", b"-", b"+", b".", b"e", b"_", b"#", b"%", b"\\", b"[", b"{", b"}"),
    *(b"nan", b"inf", b"1e999", b"0x1f", b"9" * 30, b"9" * 5000, b"A" * 5000, b"\xd9\xa3"),
]


def truncate(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data))]


def behead(data: bytes, random: Random) -> bytes:
    return data[random.randrange(len(data)) :]


def flip(data: bytes, random: Random) -> bytes:
    """Return data with up to four bits flipped."""
    corrupted = bytearray(data)
    for _ in range(random.randint(1, 4)):
        corrupted[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(corrupted)


def overwrite(data: bytes, random: Random) -> bytes:
    start, piece = random.randrange(len(data)), random.randbytes(random.randint(1, 12))
    return data[:start] + piece + data[start + len(piece) :]


def insert(data: bytes, random: Random) -> bytes:
    start = random.randint(0, len(data))
    return data[:start] + random.choice(PIECES) + data[start:]


def replace(data: bytes, random: Random) -> bytes:
    start = random.randrange(len(data))
    return data[:start] + random.choice(PIECES) + data[start + random.randint(1, 4) :]


def cut(data: bytes, random: Random) -> bytes:
    start = random.randrange(len(data))
    return data[:start] + data[start + random.randint(1, 40) :]


def repeat(data: bytes, random: Random) -> bytes:
    start, end = sorted(random.randint(0, len(data)) for _ in range(2))
    return data[:end] + data[start:end] * random.choice([1, 1, 2, 50]) + data[end:]


def swap(data: bytes, random: Random) -> bytes:
    """Return data with two adjacent parts swapped."""
    one, two, three = sorted(random.randint(0, len(data)) for _ in range(3))
    return data[:one] + data[two:three] + data[one:two] + data[three:]


def replace_all(data: bytes, random: Random) -> bytes:
    return random.choice([b"", b"\n", b"\0" * 64, b"\xef\xbb\xbf", random.randbytes(200)])


CORRUPTIONS = (
    *(truncate, behead, flip, flip, overwrite, insert, insert, replace, cut, repeat, swap),
)
