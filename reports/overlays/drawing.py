"""Draw objects on an image: half-transparent masks with outlines, boxes, labels and trails.

Each object is drawn within its bounding box, so the cost depends on the objects and not on the
image size. The colour of an object depends on its track id and suits colour-blind readers.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from datasets.masks.mask_set import Masks
from datasets.types import Tracks
from datasets.zone import Zone

Colour = tuple[int, int, int]

# Each colour is the bright, saturated one farthest in CIELAB from those before it, in normal vision
# and with protan, deutan and tritan colour blindness as simulated by Machado et al. (2009). The
# minimum distance is 24.
PALETTE: tuple[Colour, ...] = (
    *((180, 105, 240), (240, 0, 0), (135, 255, 225), (165, 45, 90), (240, 240, 0), (105, 0, 255)),
    *((225, 150, 120), (0, 165, 165), (195, 180, 255), (150, 45, 150), (180, 240, 120)),
    (180, 15, 45),
)
_LINE = 2  # width of a box's outline in pixels
_FULL = 255  # opacity that hides what is below
_FAR = 1 << 20  # pixels; coordinates are clipped to it
_LARGE = 720  # image height from which outlines are twice as thick
_AROUND = np.ones((3, 3), np.uint8)
_TEXT_SHARE, _MIN_TEXT = 1 / 54, 11  # share of the image's height; pixels
_DARK, _LIGHT = (20, 20, 20), (255, 255, 255)
_NOTE: Colour = (255, 190, 0)
_POINT_SHARE = 1 / 160  # radius of a point as a share of the image's height
_LUMINANCE, _BRIGHT = (0.299, 0.587, 0.114), 130


def draw(image: np.ndarray, rows: Tracks, ranks: dict[int, int]) -> None:
    """Draw the objects of one frame on its image, in place.

    Args:
        image: (height, width, 3) uint8 RGB.
        rows: Objects of the frame.
        ranks: Colour index of each track id.
    """
    colours = [PALETTE[ranks[track] % len(PALETTE)] for track in rows.track.tolist()]
    boxes = [_inside(image, box) for box in rows.box]
    if rows.rle is not None:
        _draw_masks(image, rows.rle, colours)
    for box, colour in zip(boxes, colours, strict=True):
        _frame(image, box, colour)
    size = max(_MIN_TEXT, round(image.shape[0] * _TEXT_SHARE))
    for row, (box, colour) in enumerate(zip(boxes, colours, strict=True)):
        name = rows.extent.classes[int(rows.class_id[row])]
        _paste(image, draw_text(f"ID:{rows.track[row]} {name}", colour, size), box)


def draw_trails(image: np.ndarray, rows: Tracks, ranks: dict[int, int], frames: range) -> None:
    """Draw the paths of objects on an image, in place, as lines that fade with age.

    A line joins the middles of the lower box edges of a track, across gaps as well.

    Args:
        rows: Objects in `frames`.
        ranks: Colour index of each track id.
        frames: Frames that the lines cover, up to that of the image.
    """
    order = np.lexsort((rows.frame, rows.track))
    track, box = rows.track[order], rows.box[order].clip(-_FAR, _FAR)
    foot = np.stack([(box[:, 0] + box[:, 2]) / 2, box[:, 3]], axis=1).round().astype(np.int32)
    age = frames[-1] - rows.frame[order]
    ink = (_FULL * (1 - age / len(frames))).round().astype(np.int32)
    for each in np.split(np.arange(len(track)), np.flatnonzero(np.diff(track)) + 1):
        if len(each) > 1:
            colour = PALETTE[ranks[int(track[each[0]])] % len(PALETTE)]
            _fade(image, foot[each], ink[each], colour)


def draw_zone(image: np.ndarray, zone: Zone) -> None:
    """Draw the border of a zone on an image, in place: a light line with a dark border."""
    corner = [zone.corner.round().astype(np.int32)]
    for colour, thickness in ((_DARK, _LINE + 2), (_LIGHT, _LINE)):
        cv2.polylines(image, corner, isClosed=True, color=colour, thickness=thickness)


def draw_points(image: np.ndarray, point: np.ndarray, colour: Colour) -> None:
    """Draw points, (N, 2) in pixels, on an image, in place: discs with a light border."""
    radius = max(_LINE + 2, round(image.shape[0] * _POINT_SHARE))
    for x, y in point.round().astype(int).tolist():
        cv2.circle(image, (x, y), radius + _LINE, _DARK, -1, cv2.LINE_AA)
        cv2.circle(image, (x, y), radius + 1, _LIGHT, -1, cv2.LINE_AA)
        cv2.circle(image, (x, y), radius - 1, colour, -1, cv2.LINE_AA)


def outline(image: np.ndarray, box: np.ndarray) -> None:
    """Draw thin boxes without labels, (N, 4), on an image, in place: a light line on a dark one."""
    for left, top, right, bottom in (_inside(image, each) for each in box):
        corners = (left, top), (right - 1, bottom - 1)
        cv2.rectangle(image, *corners, _DARK, _LINE + 1)
        cv2.rectangle(image, *corners, _LIGHT, 1)


def draw_note(image: np.ndarray, text: str) -> None:
    """Write a line of text on a conspicuous background, lower left on an image, in place."""
    size = max(_MIN_TEXT, round(image.shape[0] * _TEXT_SHARE))
    label = draw_text(text, _NOTE, size)[: image.shape[0], : image.shape[1]]
    image[image.shape[0] - len(label) :, : label.shape[1]] = label


@lru_cache(maxsize=4096)
def draw_text(text: str, colour: Colour, size: int) -> np.ndarray:
    """Return a line of text on a filled background, (h, w, 3) uint8, in font size `size`."""
    text, font = " ".join(text.split()), ImageFont.load_default(size)
    left, top, _, bottom = font.getbbox("ID:0jÅ")
    pad = max(2, size // 4)
    across, down = int(font.getlength(text)) + 2 * pad, int(bottom - top) + pad
    ground = Image.new("RGB", (across, down), colour)
    ink = _DARK if np.dot(colour, _LUMINANCE) > _BRIGHT else _LIGHT
    ImageDraw.Draw(ground).text((pad - left, pad // 2 - top), text, ink, font)
    return np.asarray(ground)


def _fade(image: np.ndarray, point: np.ndarray, ink: np.ndarray, colour: Colour) -> None:
    """Draw a line through points, (N, 2); each segment has the opacity of its later end."""
    thick = 2 * _LINE if image.shape[0] >= _LARGE else _LINE
    near = np.maximum(point.min(axis=0) - thick, 0)
    far = np.minimum(point.max(axis=0) + thick + 1, image.shape[1::-1])
    if (far <= near).any():
        return
    layer = np.zeros((far - near)[::-1], np.uint8)
    corners = (point - near).tolist()
    for one, other, strength in zip(corners[:-1], corners[1:], ink[1:].tolist(), strict=True):
        cv2.line(layer, one, other, strength, thick)
    region, covered = image[near[1] : far[1], near[0] : far[0]], layer > 0
    under, share = region[covered].astype(np.int32), layer[covered, None].astype(np.int32)
    region[covered] = under + (np.array(colour) - under) * share // _FULL


def _frame(image: np.ndarray, box: tuple[int, int, int, int], colour: Colour) -> None:
    """Draw the outline of a box, inside it."""
    left, top, right, bottom = box
    inside = image[top:bottom, left:right]
    inside[:_LINE] = inside[-_LINE:] = inside[:, :_LINE] = inside[:, -_LINE:] = colour


def _draw_masks(image: np.ndarray, masks: Masks, colours: list[Colour]) -> None:
    found = masks.intervals
    for row, (box, colour) in enumerate(zip(masks.boxes.astype(int), colours, strict=True)):
        begin, end = found.first[row], found.first[row + 1]
        if end > begin:
            mask = _crop(found.start[begin:end], found.stop[begin:end], box, masks.height)
            _tint(image, mask, box, colour)


def _crop(start: np.ndarray, stop: np.ndarray, box: np.ndarray, height: int) -> np.ndarray:
    """Return a mask cropped to its box, (h, w) uint8, from its column-major intervals."""
    left, top, right, bottom = box.tolist()
    edges = np.stack([start, stop], axis=1).ravel() - left * height
    runs = np.diff(edges, prepend=0, append=(right - left) * height)
    columns = np.repeat(np.arange(len(runs), dtype=np.uint8) & 1, runs)
    return np.ascontiguousarray(columns.reshape(right - left, height)[:, top:bottom].T)


def _tint(image: np.ndarray, mask: np.ndarray, box: np.ndarray, colour: Colour) -> None:
    """Blend the pixels of a mask half and half with a colour, and draw its outline."""
    left, top, right, bottom = box.tolist()
    region = image[top:bottom, left:right]
    rows = region.reshape(bottom - top, -1)
    mixed = (rows >> 1) + np.tile(np.array(colour, np.uint8) >> 1, right - left)
    cv2.copyTo(mixed.reshape(region.shape), mask, region)
    thick = 2 if image.shape[0] >= _LARGE else 1
    alone = np.pad(mask, 1)  # pixels outside the box do not belong to the mask
    inner = cv2.erode(alone, _AROUND, iterations=thick)[1:-1, 1:-1]
    region[(mask ^ inner).view(bool)] = colour


def _paste(image: np.ndarray, label: np.ndarray, box: tuple[int, int, int, int]) -> None:
    """Paste a label above a box's upper left corner, or inside the box if it does not fit above."""
    height, width = label.shape[:2]
    top = box[1] - height if box[1] >= height else box[1]
    left = max(0, min(box[0], image.shape[1] - width))
    seen = image[top : top + height, left : left + width]
    seen[:] = label[: seen.shape[0], : seen.shape[1]]


def _inside(image: np.ndarray, box: np.ndarray) -> tuple[int, int, int, int]:
    """Return a box in whole pixels, clipped to the image, at least one pixel large."""
    height, width = image.shape[:2]
    left, top = np.floor(box[:2]).clip(0, [width - 1, height - 1]).astype(int).tolist()
    right, bottom = np.ceil(box[2:]).clip([left + 1, top + 1], [width, height]).astype(int).tolist()
    return left, top, right, bottom
