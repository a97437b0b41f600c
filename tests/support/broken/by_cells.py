"""Corruptions of text files: unusual cells, and lines that are lost, repeated or moved."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np

from datasets.masks import coco_rle

ODD = [
    *(
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "-1",
        "0",
        "-0",
        "+1",
        "1.0",
        "0.5",
        "1e0",
        "1e308",
        "1e999",
    ),
    *("-1e308", "1e-400", "2147483647", "2147483648", "-2147483649", "4294967296"),
    *("9007199254740991", "9007199254740992", "9223372036854775807", "9223372036854775808"),
    *("-9223372036854775809", "18446744073709551615", "99999999999999999999", "1" * 400),
    *("", " ", "text", "None", "null", "true", "0x1F", "1_000", "1,5", "1;5", "٣", "１", "²", "½"),
    *("1 2", "--1", "1-", "1e", ".", "-", "+", '"1"', "1d5", "1f", "0b1", "1j", "Ⅷ", "1e5", "١.٥"),
    *("\0", "1\0", "\u2028", "\x85", "\x1c", "\xa0", "00000001", "1" * 17, "0." + "3" * 40),
]

Corruption = Callable[[bytes, Random], bytes]


def cell_corruptions(separator: str) -> tuple[Corruption, ...]:
    """Return corruptions of lines whose cells are separated by `separator`."""

    def on_cells(change: Callable[[list[str], int, Random], None]) -> Corruption:
        def corrupt(data: bytes, random: Random) -> bytes:
            lines = data.decode().split("\n")
            place = random.randrange(max(len(lines) - 1, 1))
            cells = lines[place].split(separator)
            change(cells, random.randrange(len(cells)), random)
            lines[place] = separator.join(cells)
            return "\n".join(lines).encode("utf-8", "surrogatepass")

        return corrupt

    return (*map(on_cells, [_odd, _odd, _odd, _many_odd, _drop, _double, _exchange, _pad]),)


def _odd(cells: list[str], place: int, random: Random) -> None:
    cells[place] = random.choice(ODD)


def _many_odd(cells: list[str], place: int, random: Random) -> None:
    for _ in range(3):
        cells[random.randrange(len(cells))] = random.choice(ODD)


def _drop(cells: list[str], place: int, random: Random) -> None:
    del cells[place : place + random.randint(1, 2)]


def _double(cells: list[str], place: int, random: Random) -> None:
    cells.insert(random.randint(0, len(cells)), cells[place])


def _exchange(cells: list[str], place: int, random: Random) -> None:
    other = random.randrange(len(cells))
    cells[place], cells[other] = cells[other], cells[place]


def _pad(cells: list[str], place: int, random: Random) -> None:
    before, after = (random.choice(["", " ", "\t", "  ", "0", "\x0c", "\r", "\xa0"]) for _ in "ab")
    cells[place] = f"{before}{cells[place]}{after}"


def lines(data: bytes, random: Random) -> bytes:
    """Return a file with a line removed, repeated, moved, split, or joined with the next one."""
    listed = data.decode().split("\n")
    place, other = (random.randrange(len(listed)) for _ in range(2))
    line = listed.pop(place)
    half = random.randint(0, len(line))
    ends: list[list[str]] = [
        [],
        [line, line],
        ["", line],
        [line, "  \t "],
        [line[:half], line[half:]],
    ]
    moved = [*listed[:other], line, *listed[other:]]
    joined = [*listed[:place], line + "".join(listed[place : place + 1]), *listed[place + 1 :]]
    kept = [listed[:place] + end + listed[place:] for end in ends]
    return "\n".join(random.choice([*kept, moved, joined])).encode()


def run_lengths(data: bytes, random: Random) -> bytes:
    """Return a file with a run length, the last word of a line, that is invalid."""
    listed = data.decode().split("\n")
    place = random.randrange(len(listed) - 1)
    *rest, run = listed[place].split(" ")
    listed[place] = " ".join([*rest, break_run(run, random)])
    return "\n".join(listed).encode()


def break_run(run: str, random: Random) -> str:
    """Return a run length with changed characters, or that of another image size."""
    start = random.randint(0, len(run))
    letter = chr(random.randrange(33, 127))
    height, width = random.choice([(1, 1), (4, 5), (5, 4), (4, 6), (300, 300)])
    dense = np.random.default_rng(random.randrange(2**32)).random((1, height, width)) < 0.5
    other = coco_rle.encode(dense)[0].decode()
    return random.choice(
        [
            run[:start] + letter + run[start:],
            run[:start] + letter + run[start + 1 :],
            run[:start] + run[start + 1 :],
            run + run,
            run * 60,
            run + random.choice("0OPo"),
            "".join(chr(random.randrange(48, 112)) for _ in range(random.randint(1, 30))),
            *(
                "0" * 300,
                "o" * 300,
                "o" * 6 + "0",
                "o" * 12 + "0",
                "ooooooO",
                "PPPPPP0",
                "O",
                "0",
                "Z",
            ),
            other,
        ]
    )


def huge(data: bytes, random: Random) -> bytes:
    """Return a file of masks whose images exceed memory, with run lengths that cover them."""
    side = random.choice([2**15, 2**16, 2**20, 2**31, 2**31 - 1, 2**40, 10**15])
    run = run_of(side * side).decode()
    listed = [line.split(" ") for line in data.decode().split("\n")]
    cells = [[*line[:3], str(side), str(side), run] if len(line) > 5 else line for line in listed]
    return "\n".join(" ".join(line) for line in cells).encode()


def run_of(*counts: int) -> bytes:
    """Return the compressed run length of at most three counts, which may be of any size."""
    letters = []
    for count in counts:
        rest, more = count, True
        while more:
            digit, rest = rest & 31, rest >> 5
            more = rest != (-1 if digit & 16 else 0)
            letters.append(48 + digit + 32 * more)
    return bytes(letters)
