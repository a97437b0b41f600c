"""Read and write DAVIS masks: a folder of indexed PNG files, one per frame.

Source: https://davischallenge.org. The value of a pixel is its object; 0 is background and 255 is
void, which is not scored. Frames are ordered by file name. Every frame has a file: sequences with
annotations for only some frames are not supported.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence as Many
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from datasets.io.folders import replacing_folder
from datasets.masks import coco_rle
from datasets.masks.intervals import Intervals
from datasets.masks.mask_set import Masks
from datasets.overlap import first_shared_pixel
from datasets.types import NO_TRACK, Extent, Tracks

OBJECT, VOID = 1, 255
CLASSES = {OBJECT: "object", VOID: "void"}
_MAX_PIXELS = 1 << 26  # of a frame, 8192 x 8192
_HEADER = struct.Struct(">8s4x4sIIBB")  # signature, IHDR, width, height, bit depth, colour type
_OPAQUE = 255
_SIGNATURE = (b"\x89PNG\r\n\x1a\n", b"IHDR")
_MODES = {  # Pillow's mode by colour type and bit depth
    (0, 1): "1",
    (0, 8): "L",
    (0, 16): "I;16",
    **{(3, depth): "P" for depth in (1, 2, 4, 8)},
    (4, 8): "LA",
}
_SCALED = {(0, 2): 85, (0, 4): 17}  # what Pillow, so the DAVIS evaluator, reads for value 1
# exceptions that Pillow raises for damaged files
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, Image.DecompressionBombError)


def davis_extent(height: int, width: int, frame_count: int) -> Extent:
    """Return the extent of a DAVIS sequence, with the format's classes."""
    return Extent(height, width, frame_count, CLASSES, (VOID,))


def list_frames(folder: Path) -> list[Path]:
    """Return the files of the frames in order, without hidden files.

    Raises:
        ValueError: There are none, or their names differ in length, so that their order is
            ambiguous.
    """
    paths = sorted(folder.glob("[!.]*.png"))
    if not paths:
        raise ValueError(f"{folder}: expected a PNG file for each frame, found none")
    if len({len(path.name) for path in paths}) > 1:
        raise ValueError(f"{folder}: file names differ in length, so that their order is ambiguous")
    return paths


def read_tracks(folder: Path, *, void: bool = True) -> Tracks:
    """Return the masks of a sequence, with their tight boxes; void has no identity.

    Args:
        void: Whether 255 is void; otherwise it is an object like any other.

    Raises:
        ValueError: There are no frames, or one is not an indexed PNG or one in grey of 1, 8 or 16
            bits with values up to 255, is damaged, has more than 2^26 pixels or differs in size
            from the first. Names the file.
    """
    return read_frames(list_frames(folder), void=void)


def read_frames(paths: Many[Path | None], *, void: bool = True) -> Tracks:
    """Return the masks of the files of the frames in order, None for a frame without objects.

    Args:
        void: Whether 255 is void; otherwise every value but 0 is object, and grey of 2 or 4 bits,
            whose values have two readings, is read, too.

    Raises:
        ValueError: As `read_tracks`.
    """
    present = [(index, path) for index, path in enumerate(paths) if path is not None]
    first = _read_labels(present[0][1], scaled=not void)
    height, width = first.shape
    frame, values = [], []
    runs: list[bytes] = []
    for number, (index, path) in enumerate(present):
        labels = first if number == 0 else _read_labels(path, scaled=not void)
        if labels.shape != first.shape:
            found, expected = (" x ".join(map(str, each.shape)) for each in (labels, first))
            place = present[0][1]
            raise ValueError(f"{path}: expected size {expected} as in {place}, found {found}")
        value, masks = _encode(labels)
        frame.append(np.full(len(value), index))
        values.append(value)
        runs.extend(masks.runs)
    value, masks = np.concatenate(values).astype(np.int64), Masks(tuple(runs), height, width)
    is_void = (value == VOID) & void
    return Tracks(
        davis_extent(height, width, len(paths)),
        frame=np.concatenate(frame),
        track=np.where(is_void, NO_TRACK, value),
        class_id=np.where(is_void, VOID, OBJECT),
        score=np.ones(len(value)),
        box=masks.boxes,
        rle=masks,
    )


def name_frames(frame_count: int) -> list[str]:
    """Return the names of the files to write."""
    digits = max(5, len(str(frame_count - 1)))
    return [f"{frame:0{digits}}.png" for frame in range(frame_count)]


def write_tracks(folder: Path, tracks: Tracks) -> None:
    """Write one file per frame, 00000.png and so on; classes, scores and empty masks are dropped.

    Rows of an ignored class are written as void. The files appear together once all are written.
    Other files of the folder are left unchanged.

    Raises:
        ValueError: As `check_tracks`.
    """
    check_tracks(folder, tracks)
    values, masks = _values(tracks), tracks.rle
    extent = tracks.extent
    edges = np.searchsorted(tracks.frame, np.arange(extent.frame_count + 1))
    palette = _palette().tobytes()
    with replacing_folder(folder) as part:
        for frame, name in enumerate(name_frames(extent.frame_count)):
            labels = np.zeros((extent.height, extent.width), np.uint8)
            for row in range(edges[frame], edges[frame + 1]):
                assert masks is not None
                labels[coco_rle.decode(masks.take(np.array([row])))[0]] = values[row]
            (part / name).write_bytes(_to_png(labels, palette))


def _to_png(labels: np.ndarray, palette: bytes) -> bytes:
    image, file = Image.fromarray(labels), BytesIO()
    image.putpalette(palette)
    image.save(file, format="PNG")
    return file.getvalue()


def check_tracks(folder: Path, tracks: Tracks) -> None:
    """Raise ValueError, which names the folder, for tracks that cannot be written.

    There are no frames or masks, `read_tracks` does not accept the image size, two masks of one
    frame share a pixel, or an identity is not one of 1 .. 254.
    """
    extent = tracks.extent
    if not (extent.frame_count and 0 < extent.height * extent.width <= _MAX_PIXELS):
        found = f"{extent.frame_count} frames of {extent.height} x {extent.width}"
        expected = f"at least one frame, of 1 to {_MAX_PIXELS} pixels"
        raise ValueError(f"{folder}: expected {expected}, found {found}")
    if len(tracks) and tracks.rle is None:
        raise ValueError(f"{folder}: the tracks have no masks to write")
    _check_identities(folder, tracks)
    clash = first_shared_pixel(tracks.rle, tracks.frame) if tracks.rle is not None else None
    if clash is not None:
        one, other = (int(tracks.track[row]) for row in clash)
        place = f"frame {tracks.frame[clash[0]]} (from 0)"
        raise ValueError(f"{folder}, {place}: masks of tracks {one} and {other} share a pixel")


def _read_labels(path: Path, *, scaled: bool) -> np.ndarray:
    """Return the pixel values of a file, (height, width) uint8."""
    data = path.read_bytes()
    size, mode = _read_header(path, data, scaled=scaled)
    try:
        with Image.open(BytesIO(data), formats=["PNG"]) as image:
            image.verify()  # the checksums; closes the image
        with Image.open(BytesIO(data), formats=["PNG"]) as image:
            if (image.size, image.mode) != (size, mode):
                raise ValueError(f"contradictory headers: size {image.size}, mode {image.mode}")
            return _to_labels(np.array(image))
    except _BROKEN as error:
        raise ValueError(f"{path}: not a readable PNG file: {error}") from error


def _to_labels(pixels: np.ndarray) -> np.ndarray:
    """Return the pixel values as uint8; ValueError for alpha below 255 or values above it."""
    pixels, *alpha = np.moveaxis(np.atleast_3d(pixels), -1, 0)
    if alpha and alpha[0].min() < _OPAQUE:
        raise ValueError(f"expected opaque pixels, found alpha {alpha[0].min()}")
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.max() > VOID:
        raise ValueError(f"expected values up to {VOID}, found {pixels.max()}")
    return pixels.astype(np.uint8)


def _read_header(path: Path, data: bytes, *, scaled: bool) -> tuple[tuple[int, int], str]:
    """Return width and height, and Pillow's mode; ValueError if it is not that of a mask.

    Args:
        scaled: Whether grey of 2 and 4 bits is accepted.
    """
    if len(data) < _HEADER.size:
        raise ValueError(f"{path}: expected a PNG file, found {len(data)} bytes")
    *signature, width, height, depth, kind = _HEADER.unpack_from(data)
    if tuple(signature) != _SIGNATURE:
        raise ValueError(f"{path}: not a PNG file")
    mode = _MODES.get((kind, depth), "L" if scaled and (kind, depth) in _SCALED else None)
    if mode is None:
        expected, found = _describe_kind(kind, depth)
        raise ValueError(f"{path}: expected {expected}, found {found}")
    if not 0 < width * height <= _MAX_PIXELS:
        found = f"size {height} x {width}"
        raise ValueError(f"{path}: expected 1 to {_MAX_PIXELS} pixels, found {found}")
    return (width, height), mode


def _describe_kind(kind: int, depth: int) -> tuple[str, str]:
    """Return what kind of file is expected instead of one, and what it is."""
    expected, found = "an indexed PNG, or grey of 1, 8 or 16 bits", f"{depth} bits"
    if (kind, depth) in _SCALED:
        value = _SCALED[kind, depth]
        return expected, f"grey of {found}: 1 is object 1 as stored, {value} in DAVIS's tools"
    return expected, f"{found} of colour type {kind}"


def _encode(labels: np.ndarray) -> tuple[np.ndarray, Masks]:
    """Return the values other than 0 that occur, ascending, and the mask of each."""
    line = labels.T.ravel()
    start = np.append(0, np.flatnonzero(line[1:] != line[:-1]) + 1)
    stop = np.append(start[1:], len(line))
    value = line[start]
    order = np.argsort(value, kind="stable")
    order = order[np.searchsorted(value[order], 1) :]
    values, first = np.unique(value[order], return_index=True)
    intervals = Intervals(np.append(first, len(order)), start[order], stop[order])
    return values, coco_rle.from_intervals(intervals, *labels.shape)


def _values(tracks: Tracks) -> np.ndarray:
    """Return the pixel value of each row."""
    return np.where(np.isin(tracks.class_id, tracks.extent.ignored), VOID, tracks.track)


def _check_identities(folder: Path, tracks: Tracks) -> None:
    is_void = np.isin(tracks.class_id, tracks.extent.ignored)
    wrong = ~is_void & ~((tracks.track >= 1) & (tracks.track < VOID))
    if wrong.any():
        row = int(np.argmax(wrong))
        found = f"{tracks.track[row]} in frame {tracks.frame[row]} (from 0)"
        raise ValueError(f"{folder}: identity: expected 1 to {VOID - 1}, found {found}")


def _palette() -> np.ndarray:
    """Return the colours of PASCAL VOC, (256, 3) uint8.

    Of the bits of a value, counted from the lowest, every third belongs to red, green and blue in
    turn; within a colour, the lowest of them becomes the highest bit.
    """
    value = np.arange(256)
    colours = np.zeros((256, 3), np.int64)
    for bit in range(8):
        colours[:, bit % 3] |= ((value >> bit) & 1) << (7 - bit // 3)
    return colours.astype(np.uint8)
