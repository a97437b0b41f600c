"""Draw the worst errors of a variant as small strips.

A strip shows the frame before, the frame of the error and the frame after, cropped around the
error, with the ground truth above the tracker output.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from pathlib import Path

import cv2
import numpy as np

from datasets.masks.coco_rle import decode
from datasets.types import Tracks
from reports.gallery.downscale_masks import downscale_masks
from reports.gallery.media import picture_path, picture_size
from reports.gallery.timelines import LOST, Timelines
from reports.overlays.drawing import PALETTE, Colour

KINDS = ("switch", "miss", "false_alarm")
_MAX_PER_KIND = 3  # errors kept of each kind
_CELL, _GAP = 88, 2  # pixels
_VIEW_FACTOR = 2.2  # side of the view, in larger sides of the box
_MIN_VIEW_SIDE = 40  # pixels of a picture
_GROUND, _PAPER = 128, 255  # grey level without a picture; between cells
_QUALITY = [cv2.IMWRITE_WEBP_QUALITY, 55]
_TEXT, _TEXT_SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.4
_MARK, _MARK_AWAY = (255, 255, 255), 3  # colour; distance from the event's box in pixels
_DARK = (0, 0, 0)
_MASK = 2  # array dimensions; an image has three


@dataclass(frozen=True)
class Event:
    """An error of a tracker.

    Args:
        kind: One of KINDS.
        owner: Name of the scored class.
        identity: Ground-truth track id; for a false alarm, the predicted track id.
        frame: First frame of the error.
        weight: Severity among errors of the same kind; larger is worse.
    """

    kind: str
    sequence: str
    owner: str
    identity: int
    frame: int
    weight: int


def worst_events(timelines: Mapping[str, Mapping[str, Timelines]]) -> list[Event]:
    """Return the worst errors of each kind, kinds alternating, at most one of a kind per object.

    Identity switches rank by the number of switches of the object, misses and false alarms by the
    number of consecutive frames.

    Args:
        timelines: Timelines by sequence, then class.
    """
    found: dict[str, list[Event]] = {kind: [] for kind in KINDS}
    for sequence, classes in timelines.items():
        for owner, each in classes.items():
            for kind, identity, frame, weight in _worst_of_each(each):
                found[kind].append(Event(kind, sequence, owner, identity, frame, weight))
    first = [
        sorted(each, key=lambda event: -event.weight)[:_MAX_PER_KIND] for each in found.values()
    ]
    return [event for turn in zip_longest(*first) for event in turn if event is not None]


def _worst_of_each(timelines: Timelines) -> Iterator[tuple[str, int, int, int]]:
    """Yield kind, identity, frame and weight of the worst errors of each object or track."""
    for name, *numbers in timelines.objects:
        segments = list(zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True))
        followed = [segment for segment in segments if segment[2] != LOST]
        changes = [after[0] for before, after in pairwise(followed) if before[2] != after[2]]
        if changes:
            yield "switch", name, changes[0], len(changes)
        lost = [(length, -first) for first, length, tracker in segments if tracker == LOST]
        if lost:
            yield "miss", name, -max(lost)[1], max(lost)[0]
    for name, *numbers in timelines.tracks:
        length, first = max(zip(numbers[1::2], [-each for each in numbers[::2]], strict=True))
        yield "false_alarm", name, -first, length


def draw_strip(event: Event, truth: Tracks, tracks: Tracks, pictures: Path) -> bytes | None:
    """Return a strip of an event as WebP; None if its object is not in the tracks.

    Args:
        pictures: Folder of the sequence's pictures; missing pictures are grey.
    """
    side = tracks if event.kind == "false_alarm" else truth
    rows = np.flatnonzero((side.frame == event.frame) & (side.track == event.identity))
    if not len(rows):
        return None
    view = _view(side.box[rows[0]] * _scale(side))
    frames = range(event.frame - 1, event.frame + 2)
    strip = np.full((2 * _CELL + _GAP, 3 * _CELL + 2 * _GAP, 3), _PAPER, np.uint8)
    for down, each in enumerate((truth, tracks)):
        for across, frame in enumerate(frames):
            top, left = down * (_CELL + _GAP), across * (_CELL + _GAP)
            cell = _draw_cell(each, frame, view, pictures)
            if frame == event.frame:
                _mark(cell, view.moved(view.box))
            strip[top : top + _CELL, left : left + _CELL] = cell
    ok, data = cv2.imencode(".webp", cv2.cvtColor(strip, cv2.COLOR_RGB2BGR), _QUALITY)
    assert ok
    return data.tobytes()


def _scale(tracks: Tracks) -> np.ndarray:
    """Return picture pixels per image pixel, (4,)."""
    height, width = picture_size(tracks.extent)
    return np.array([width / tracks.extent.width, height / tracks.extent.height] * 2)


@dataclass(frozen=True)
class _View:
    """A square crop around a box, in pixels of a picture.

    Args:
        box: (4,), box of the event.
        corner: (2,), left and top of the crop.
        zoom: Cell pixels per picture pixel.
    """

    box: np.ndarray
    corner: np.ndarray
    zoom: float

    def moved(self, box: np.ndarray) -> np.ndarray:
        """Return boxes of the picture, (..., 4), in cell pixels."""
        return (box - np.tile(self.corner, 2)) * self.zoom

    def warped(self, image: np.ndarray, border: int) -> np.ndarray:
        """Return the crop of a picture, or of a mask of the same size."""
        move = np.column_stack([np.eye(2) * self.zoom, -self.corner * self.zoom])
        flags = cv2.INTER_NEAREST if image.ndim == _MASK else cv2.INTER_LINEAR
        return cv2.warpAffine(image, move, (_CELL, _CELL), flags=flags, borderValue=[border] * 3)


def _view(box: np.ndarray) -> _View:
    side = max(_VIEW_FACTOR * float((box[2:] - box[:2]).max()), _MIN_VIEW_SIDE)
    return _View(box, (box[:2] + box[2:] - side) / 2, _CELL / side)


def _draw_cell(tracks: Tracks, frame: int, view: _View, pictures: Path) -> np.ndarray:
    """Return the crop of a frame with its objects, (_CELL, _CELL, 3) uint8 RGB."""
    if not 0 <= frame < tracks.extent.frame_count:
        return np.full((_CELL, _CELL, 3), _PAPER, np.uint8)
    cell = view.warped(_picture(picture_path(pictures, frame), tracks), _GROUND)
    rows = tracks.take(np.arange(*np.searchsorted(tracks.frame, [frame, frame + 1])))
    box = view.moved(rows.box * _scale(rows))
    visible = _overlapping(box, np.array([0, 0, _CELL, _CELL]))
    rows, box = rows.take(visible), box[visible]
    colours = [PALETTE[track % len(PALETTE)] for track in rows.track.tolist()]
    _tint(cell, rows, colours, view)
    near = _overlapping(box, view.moved(view.box))
    for row in np.argsort(
        near, kind="stable"
    ).tolist():  # objects that overlap the event's box are drawn last
        _draw_box(cell, box[row], colours[row], str(rows.track[row]) if near[row] else "")
    return cell


def _overlapping(boxes: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Return which boxes, (N, 4), overlap a given box, (N,)."""
    apart = (boxes[:, :2] >= box[2:]) | (boxes[:, 2:] <= box[:2])
    return ~(apart[:, 0] | apart[:, 1])


def _tint(cell: np.ndarray, rows: Tracks, colours: list[Colour], view: _View) -> None:
    """Blend the pixels of masks with their colours, half and half."""
    if rows.rle is None:
        return
    masks = decode(downscale_masks(rows.rle, *picture_size(rows.extent))).astype(np.uint8)
    for mask, colour in zip(masks, colours, strict=True):
        where = view.warped(mask, 0).view(bool)
        cell[where] = cell[where] // 2 + np.array(colour, np.uint8) // 2


def _picture(path: Path, tracks: Tracks) -> np.ndarray:
    found = cv2.imread(str(path)) if path.is_file() else None
    if found is None:
        return np.full((*picture_size(tracks.extent), 3), _GROUND, np.uint8)
    return cv2.cvtColor(found, cv2.COLOR_BGR2RGB)


def _draw_box(cell: np.ndarray, box: np.ndarray, colour: Colour, text: str) -> None:
    left, top, right, bottom = box.round().astype(int).tolist()
    cv2.rectangle(cell, (left, top), (right - 1, bottom - 1), colour, 1)
    position = max(left + 2, 1), min(max(top + 10, 10), _CELL - 2)
    for ink, thick in ((_DARK, 3), (colour, 1)):
        cv2.putText(cell, text, position, _TEXT, _TEXT_SIZE, ink, thick, cv2.LINE_AA)


def _mark(cell: np.ndarray, box: np.ndarray) -> None:
    """Draw a light rectangle with a dark border around a box."""
    left, top, right, bottom = box.round().astype(int).tolist()
    for away, ink in ((_MARK_AWAY, _DARK), (_MARK_AWAY - 1, _MARK)):
        cv2.rectangle(cell, (left - away, top - away), (right + away - 1, bottom + away - 1), ink)
