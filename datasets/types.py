"""The data types of the whole repository: Extent, Sequence, Detections, Frame, Tracks.

Conventions, chosen once and converted only in the format modules: frames and pixels count from
zero; a box is (left, top, right, bottom) in pixels with an exclusive far corner, so its width is
right - left; an image is (height, width, 3) uint8 in RGB order; a mask is a COCO run length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from datasets.io.errors import RowError
from datasets.io.file_stamp import FileStamp
from datasets.masks.mask_set import Masks

_WHOLE = ("frame", "track", "class_id", "image")
_MAX_EXACT_INTEGER = 2**53  # float64 holds every whole number below it
_MAX_COORDINATE = 2.0**31  # beyond any image, and sums of such numbers stay exact to 1e-6 pixels
MAX_FRAMES = 10**7  # of a sequence: four days at 30 frames per second
NO_TRACK = -1  # identity of a row without one: a detection


@dataclass(frozen=True)
class Extent:
    """The range of frames, pixels and classes that the rows of a Tracks lie within.

    Args:
        height: Image height in pixels.
        width: Image width in pixels.
        frame_count: Number of frames; they are numbered 0 .. frame_count - 1.
        classes: Class names by class id.
        ignored: Ids of the classes that mark ignore regions and other rows which are not scored.

    Raises:
        ValueError: A side or the number of frames is not a whole number from 0 to its maximum, a
            class id is not a whole number, two classes share a name, or an ignored id is not a
            class.
    """

    height: int
    width: int
    frame_count: int
    classes: Mapping[int, str]
    ignored: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _check_whole("height", self.height, 0, int(_MAX_COORDINATE))
        _check_whole("width", self.width, 0, int(_MAX_COORDINATE))
        _check_whole("number of frames", self.frame_count, 0, MAX_FRAMES)
        for key in self.classes:
            _check_whole("class id", key, -_MAX_EXACT_INTEGER, _MAX_EXACT_INTEGER)
        names = [*self.classes.values()]
        if not all(isinstance(name, str) for name in names) or len({*names}) < len(names):
            raise ValueError(f"classes: expected unique names, found {dict(self.classes)}")
        if not {*self.ignored} <= {*self.classes}:
            known = [*self.classes]
            raise ValueError(f"ignored: expected class ids among {known}, found {self.ignored}")


@dataclass(frozen=True)
class Sequence:
    """One video of a data set: what a tracker may know before the first frame.

    Args:
        dataset: Name of the data set's entry in the config.
        name: Name of the sequence within the data set.
        extent: Image size, number of frames, classes.
        frame_rate: Frames per second; where the rate varies, that of the median interval.
        images: Folder of image files, or video file; None where the data set has labels only.
        root: Folder the data set is read from; None where it is generated.
        timestamps: Seconds of each frame after the first one, increasing; None for a constant rate.
        damaged: Numbers of the frames of a video that were accepted although they are damaged; None
            if nothing was wrong with the video.
        video: Stamp of the video file when the sequence was prepared; None where it is unknown.
    """

    dataset: str
    name: str
    extent: Extent
    frame_rate: float
    images: str | None = None
    root: str | None = None
    timestamps: tuple[float, ...] | None = None
    damaged: tuple[int, ...] | None = None
    video: FileStamp | None = None

    def elapsed(self, frame: int) -> float:
        """Return the time between a frame and the one before, in intervals of the frame rate."""
        if self.timestamps is None or not frame:
            return 1.0
        return (self.timestamps[frame] - self.timestamps[frame - 1]) * self.frame_rate


@dataclass(frozen=True)
class Detections:
    """The detections of one frame.

    Args:
        box: (N, 4) float64, left, top, right, bottom in pixels.
        score: (N,) float64, confidence.
        class_id: (N,) int64.
    """

    box: np.ndarray
    score: np.ndarray
    class_id: np.ndarray

    def take(self, rows: np.ndarray) -> Detections:
        """Return the rows of an index or boolean array."""
        return Detections(self.box[rows], self.score[rows], self.class_id[rows])


@dataclass(frozen=True)
class Frame:
    """The input of a tracker for one frame.

    Args:
        index: Frame number, counted from zero.
        image: (height, width, 3) uint8 RGB; None if the tracker did not request images.
        detections: Public detections; None where the data set has none.
        prompts: Objects to track from this frame on, see `datasets/sequences/prompts.py`; None if
            the tracker did not request prompts, or there are none.
        elapsed: Time since the sequence's previous frame, in intervals of the frame rate: 1 unless
            the rate varies.
    """

    index: int
    image: np.ndarray | None = None
    detections: Detections | None = None
    prompts: Tracks | None = None
    elapsed: float = 1.0


@dataclass(frozen=True, eq=False)
class AbsentTracks:
    """Tracks that are in no frame, which AP of whole tracks counts.

    Args:
        track: (K,) int64, identity, of no row.
        class_id: (K,) int64.
        score: (K,) float64, as in the rows of Tracks.
    """

    track: np.ndarray
    class_id: np.ndarray
    score: np.ndarray

    def __len__(self) -> int:
        return len(self.track)

    def of_class(self, class_id: int) -> AbsentTracks:
        """Return the tracks of one class."""
        kept = self.class_id == class_id
        return AbsentTracks(self.track[kept], self.class_id[kept], self.score[kept])


@dataclass(frozen=True, eq=False)
class Tracks:
    """Boxes, and optionally masks, with identities: ground truth, prediction or detections.

    Rows are sorted by frame; within a frame they keep their original order.

    Args:
        extent: Range of frames, pixels and classes of the rows.
        frame: (N,) int64.
        track: (N,) int64, unique within a frame, or NO_TRACK.
        class_id: (N,) int64, a key of `extent.classes`.
        score: (N,) float64. In a prediction its confidence; in ground truth 0 marks a row that
            is not scored.
        box: (N, 4) float64, left, top, right, bottom.
        rle: One compressed COCO run length per row.
        visibility: (N,) float64 in [0, 1], the visible share of the object.
        area: (N,) float64, object area in pixels as annotated, where it differs from that of the
            mask or the box. That of a COCO result of negative width or height is negative: such a
            result is in no size range.
        image: (N,) int64, rank of the row's image among all images of its file, by id, where the
            file numbers its images. AP ranks rows of equal score in this order.
        absent: Tracks of the file that have no row; None where only rows are read.

    Raises:
        ValueError: Columns differ in length, or the masks are of another image size.
        RowError: A frame outside the extent, a box or score that is not finite, a box with
            negative width or height, an unknown class, an identity twice in one frame.
    """

    extent: Extent
    frame: np.ndarray
    track: np.ndarray
    class_id: np.ndarray
    score: np.ndarray
    box: np.ndarray
    rle: Masks | None = None
    visibility: np.ndarray | None = None
    area: np.ndarray | None = None
    image: np.ndarray | None = None
    absent: AbsentTracks | None = None

    def __post_init__(self) -> None:
        columns = _columns(self)
        lengths = {name: len(column) for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns differ in length: {lengths}")
        for name, column in columns.items():
            object.__setattr__(self, name, column)
        _check_size(self)
        _check_rows(self)
        if (np.diff(self.frame) < 0).any():
            order = np.argsort(self.frame, kind="stable")
            for name, column in columns.items():
                object.__setattr__(self, name, _take(column, order))

    def __len__(self) -> int:
        return len(self.frame)

    def take(self, rows: np.ndarray) -> Tracks:
        """Return the rows selected by an index or boolean array."""
        taken = {name: _take(column, rows) for name, column in _columns(self).items()}
        return replace(self, **taken)

    def before(self, frame_count: int) -> Tracks:
        """Return the rows of the first `frame_count` frames, with the same extent."""
        return self.take(np.arange(np.searchsorted(self.frame, frame_count)))

    def same(self, other: Tracks) -> bool:
        """Return whether every column equals the other's, bit for bit."""
        mine, theirs = _columns(self), _columns(other)
        masks = mine.pop("rle", None), theirs.pop("rle", None)
        return (
            masks[0] == masks[1]
            and mine.keys() == theirs.keys()
            and all(np.array_equal(mine[name], theirs[name]) for name in mine)
        )

    def detections(self, frame: int) -> Detections:
        """Return the rows of one frame without their identities."""
        rows = slice(*np.searchsorted(self.frame, [frame, frame + 1]))
        return Detections(self.box[rows], self.score[rows], self.class_id[rows])


def _check_whole(name: str, value: object, minimum: int, maximum: int) -> None:
    number = None if isinstance(value, bool) or not isinstance(value, int | np.integer) else value
    if number is None or not minimum <= number <= maximum:
        expected = f"a whole number from {minimum} to {maximum}"
        raise ValueError(f"{name}: expected {expected}, found {value!r}")


def _check_size(tracks: Tracks) -> None:
    expected = (tracks.extent.height, tracks.extent.width)
    if tracks.rle is not None and (tracks.rle.height, tracks.rle.width) != expected:
        found = f"{tracks.rle.height} x {tracks.rle.width}"
        raise ValueError(f"masks: expected size {expected[0]} x {expected[1]}, found {found}")


def _check_rows(tracks: Tracks) -> None:
    """Raise RowError for invalid frames, numbers, boxes, classes and identities."""
    box, last = tracks.box, tracks.extent.frame_count - 1
    classes = sorted(tracks.extent.classes)
    rules = (
        (tracks.frame < 0, "frame {frame} (from 0) is before the first frame, 0"),
        (tracks.frame > last, f"frame {{frame}} (from 0) is beyond the last frame, {last}"),
        (~np.isfinite(box), "box {box} contains a number that is not finite"),
        (abs(box) > _MAX_COORDINATE, f"box {{box}} reaches beyond {_MAX_COORDINATE:.0f} pixels"),
        (
            box[:, 2:] < box[:, :2],
            "box {box} has a negative size: expected left <= right and top <= bottom",
        ),
        (~np.isfinite(tracks.score), "score {score} is not finite"),
        (_outside_one(tracks.visibility, len(box)), "visibility {visibility} is not in 0 .. 1"),
        (_invalid_area(tracks.area, len(box)), "area {area} is not a valid number of pixels"),
        (
            ~np.isin(tracks.class_id, classes),
            f"class: expected one of {classes}, found {{class_id}}",
        ),
        (
            _repeated(tracks.frame, tracks.track),
            "identity {track} appears twice in frame {frame} (from 0)",
        ),
    )
    for broken, reason in rules:
        if broken.any():
            row = int(np.nonzero(broken)[0][0])
            values = {n: c[row] for n, c in _columns(tracks).items()} | {"box": box[row].tolist()}
            raise RowError(row, reason.format(**values))


def _outside_one(visibility: np.ndarray | None, count: int) -> np.ndarray:
    if visibility is None:
        return np.zeros(count, bool)
    outside: np.ndarray = ~((visibility >= 0) & (visibility <= 1))
    return outside


def _invalid_area(area: np.ndarray | None, count: int) -> np.ndarray:
    if area is None:
        return np.zeros(count, bool)
    invalid: np.ndarray = ~(abs(area) <= _MAX_COORDINATE**2)
    return invalid


def _repeated(frame: np.ndarray, track: np.ndarray) -> np.ndarray:
    """Return a mask of the rows that repeat the frame and identity of an earlier row."""
    repeated = np.zeros(len(frame), bool)
    # one number for each frame and identity; it may overflow, so that others share it, too
    key = np.sort(frame * (track.max(initial=0) + 2) + track)
    if not (key[1:] == key[:-1]).any():
        return repeated
    order = np.lexsort((track, frame))  # stable: the earlier row stays first
    same = (np.diff(frame[order]) == 0) & (np.diff(track[order]) == 0)
    repeated[order[1:][same]] = True
    return repeated & (track != NO_TRACK)


def _columns(tracks: Tracks) -> dict[str, Any]:
    """Return the columns that are present, in the types they are stored in."""
    columns: dict[str, Any] = {}
    for field in fields(tracks):
        value = getattr(tracks, field.name)
        if field.name == "rle" and value is not None:
            columns[field.name] = value
        elif field.name not in ("extent", "rle", "absent") and value is not None:
            columns[field.name] = _cast(field.name, np.asarray(value))
    columns["box"] = np.asarray(columns["box"]).reshape(-1, 4)
    return columns


def _cast(name: str, values: np.ndarray) -> np.ndarray:
    """Return a column in the type it is stored in; RowError for a number that is not whole."""
    if name not in _WHOLE:
        return values.astype(np.float64, copy=False)
    if values.dtype.kind == "f":
        with np.errstate(invalid="ignore"):  # of NaN, infinity and numbers that int64 cannot hold
            whole = values.astype(np.int64)
        broken = (whole != values) | ~(abs(values) < _MAX_EXACT_INTEGER)
        if broken.any():
            row = int(np.argmax(broken))
            raise RowError(row, f"{name}: expected a whole number below 2^53, found {values[row]}")
        return whole
    return values.astype(np.int64, copy=False)


def _take(column: Any, rows: np.ndarray) -> Any:
    return column.take(rows) if isinstance(column, Masks) else column[rows]
