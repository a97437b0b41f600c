"""Everyday folders of DAVIS masks.

The values of the example were computed on its dense masks by the definitions of the DAVIS evaluator
(davis2017-evaluation ac7c43f); no fault changes them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support.metrics.inputs import (
    Change,
    Example,
    Files,
    Read,
    Refused,
    Scores,
    check,
    table,
)
from tests.support.metrics.text_changes import both, moved, with_hidden

FRAMES, HEIGHT, WIDTH = 6, 48, 64
VALUES = {"J&F": 0.7367149405527054, "J-Mean": 0.8374373433583959, "F-Mean": 0.6359925377470148}
OF_ONE = {"J&F": 0.728458736102759, "J-Mean": 0.8292794588561161, "F-Mean": 0.6276380133494021}
DAVIS2016 = {"protocol": "davis2016"}
EXTRA = "frames of results without ground truth, not read"


def _labels(shift: int) -> list[np.ndarray]:
    """Return the masks of two objects in each frame, (HEIGHT, WIDTH) uint8."""
    found = []
    for frame in range(FRAMES):
        labels = np.zeros((HEIGHT, WIDTH), np.uint8)
        labels[10 + shift : 26 + shift, 5 + frame : 25 + frame] = 1
        labels[30:44, 30 - shift : 50 - frame] = 2
        found.append(labels)
    return found


def path(side: str, frame: int) -> str:
    """Return the path of a frame."""
    return f"{side}/s/{frame:05d}.png"


def _theirs(_: Path, options: Mapping[str, Any]) -> Scores:
    values = OF_ONE if options == DAVIS2016 else VALUES
    return {f"0 {name}": value for name, value in values.items()}


def _write(file: Path, content: Any) -> None:
    """Write a mask, or what a function makes of one."""
    labels, save = content if isinstance(content, tuple) else (content, None)
    if save is not None:
        save(file, labels)
    else:
        Image.fromarray(labels).save(file)


DAVIS = Example(
    "davis_semi",
    {
        path(side, frame): labels
        for side, shift in (("truth", 0), ("results", 2))
        for frame, labels in enumerate(_labels(shift))
    },
    ("truth", "results"),
    _theirs,
    _write,
)


def saved(side: str, save: Callable[[Path, np.ndarray], None]) -> Change:
    """Return the change of the kind of the files of a side."""

    def apply(files: Files) -> None:
        for frame in range(FRAMES):
            files[path(side, frame)] = files[path(side, frame)], save

    return apply


def removed(*frames: int) -> Change:
    """Return the change that removes results."""

    def apply(files: Files) -> None:
        for frame in frames:
            del files[path("results", frame)]

    return apply


def filled(side: str, frame: int, value: int) -> Change:
    """Return the change that fills a corner of a frame with a value."""

    def apply(files: Files) -> None:
        files[path(side, frame)][:3, :3] = value

    return apply


def in_data(files: Files) -> None:
    """Move the results into a folder `data`."""
    for frame in range(FRAMES):
        moved(path("results", frame), path("results/data", frame))(files)


def grey(depth: int, value: int = 0) -> Callable[[Path, np.ndarray], None]:
    """Return a function that writes grey of 1, 2 or 4 bits, all objects with a value if given."""

    def save(file: Path, labels: np.ndarray) -> None:
        stored = np.where(labels > 0, value, 0) if value else labels
        bits = (stored[..., None] >> np.arange(depth)[::-1]) & 1
        rows = np.packbits(bits.reshape(HEIGHT, -1).astype(np.uint8), axis=1)
        data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
        header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, 0, 0, 0, 0)
        parts = (_chunk(b"IHDR", header), _chunk(b"IDAT", data), _chunk(b"IEND", b""))
        file.write_bytes(b"".join([b"\x89PNG\r\n\x1a\n", *parts]))

    return save


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def indexed(file: Path, labels: np.ndarray) -> None:
    """Write an indexed PNG of few colours, of 2 bits."""
    image = Image.fromarray(labels)
    image.putpalette(b"rgb" * 4)
    image.save(file)


def with_alpha(file: Path, labels: np.ndarray) -> None:
    """Write opaque grey with alpha."""
    Image.fromarray(np.stack([labels, np.full_like(labels, 255)], axis=2)).save(file)


def of_16_bits(file: Path, labels: np.ndarray) -> None:
    """Write grey of 16 bits."""
    Image.fromarray(labels.astype(np.uint16)).save(file)


def coloured(file: Path, labels: np.ndarray) -> None:
    """Write RGB."""
    Image.fromarray(np.stack([labels] * 3, axis=2)).save(file)


LAST = FRAMES - 1
INPUTS = table(
    {
        "frames of masks": {
            "no first one": (removed(0), Read()),
            "no last one": (removed(LAST), Read()),
            "one more": (
                lambda files: files.update({path("results", 6): files[path("results", 0)]}),
                Read(EXTRA),
            ),
            "a damaged one more": (
                lambda files: files.update({"results/s/note.png": b"damaged"}),
                Read(EXTRA),
            ),
            "void at the ends": (
                both(filled("results", 0, 255), filled("results", LAST, 255)),
                Read(),
            ),
            "none in the middle": (
                removed(3),
                Refused("results/s/00003.png: no such file, although ...(5 frames of results, 6"),
            ),
            "void in the middle": (
                filled("results", 3, 255),
                Refused("results/s/00003.png: found value 255, void, which only ground truth may"),
            ),
        },
        "hidden files": {
            "beside masks of the truth": (with_hidden("truth/s"), Read()),
            "beside masks of results": (with_hidden("results/s"), Read()),
            "a hidden folder": (
                lambda files: files.update({"truth/.ipynb_checkpoints/0.png": b"damaged"}),
                Read(),
            ),
        },
        "folder of results": {
            "data of masks": (in_data, Read()),
            "data and above it, of masks": (
                lambda files: files.update({path("results/data", 0): files[path("truth", 0)]}),
                Refused("expected one folder of results, found ...results/s and ...results/data/s"),
            ),
        },
        "kinds of PNG": {
            "indexed, of 2 bits": (saved("results", indexed), Read()),
            "grey with alpha": (saved("results", with_alpha), Read()),
            "16 bits": (saved("truth", of_16_bits), Read()),
            "grey of 1 bit": (saved("results", grey(1, 1)), Read(), DAVIS2016),
            "grey of 2 bits": (saved("results", grey(2)), Read(), DAVIS2016),
            "grey of 4 bits": (saved("truth", grey(4)), Read(), DAVIS2016),
            "grey of 4 bits, objects apart": (
                saved("results", grey(4)),
                Refused("00000.png: ...found grey of 4 bits: 1 is object 1 as stored, 17 in DAVIS"),
            ),
            "RGB": (saved("results", coloured), Refused("found 8 bits of colour type 2")),
        },
    }
)


@pytest.mark.parametrize("given", INPUTS, ids=str)
def test_davis_files(given, tmp_path):
    check(DAVIS, given, tmp_path)
