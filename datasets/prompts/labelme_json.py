"""Read the objects drawn in LabelMe, one JSON file per image.

Source: https://github.com/wkentaro/labelme, file format of versions 3 to 5.

    {"imagePath": "000030.jpg", "imageHeight": 432, "imageWidth": 768, "shapes": [
        {"label": "person", "group_id": null, "shape_type": "rectangle",
         "points": [[12, 30], [80, 210]]}
    ]}

Pixels count from 0; a point is a position in the image, whose far corner is (width, height).
Shapes of one label and one `group_id` are one object; a shape without `group_id` is an object of
its own. Rectangles (in any order of their corners), polygons, circles, masks, and points are read.
Lines have no area and are refused.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from datasets.io.errors import shorten
from datasets.io.files import read_json
from datasets.masks import coco_rle
from datasets.records.columns import Record, is_number, show
from datasets.records.segmentations import read_masks
from datasets.types import Extent

SHAPES = "shapes"  # key that only LabelMe files have
_POINTS: dict[str, tuple[int, int | None]] = {  # minimum and maximum number of a shape's points
    "rectangle": (2, 4),
    "polygon": (3, None),
    "circle": (2, 2),
    "mask": (2, 2),
    "point": (1, 1),
    "points": (1, None),
}
_BOX, _POINT = ("rectangle",), ("point", "points")
_CIRCLE_CORNERS = 64


@dataclass(frozen=True)
class Shape:
    """One shape.

    Args:
        label: Name of the object.
        group: Number that joins shapes to one object; None for an object of one shape.
        kind: Type of the shape, a key of `_POINTS`.
        point: (N, 2) x and y of its points, in pixels.
        pixels: Content of a mask, (height, width) bool, from its first point; otherwise None.
    """

    label: str
    group: int | None
    kind: str
    point: np.ndarray
    pixels: np.ndarray | None = None


@dataclass(frozen=True)
class Annotation:
    """The content of one file.

    Args:
        image: Name of the image, "" if unknown.
        size: Height and width of the image, None if unknown.
        shapes: Shapes by object, in order of first appearance.
    """

    image: str
    size: tuple[int, int] | None
    objects: list[list[Shape]]


def read_annotation(path: Path) -> Annotation:
    """Return the content of a file.

    Raises:
        ValueError: The file is not JSON or structured differently, a shape is of another type, or
            has another number of points, or one object mixes boxes, areas and points. Names the
            file, and the shape's number from 1.
    """
    content = read_json(path, allow_nan=True)
    if not isinstance(content, dict) or not isinstance(content.get(SHAPES), list):
        raise ValueError(f"{path}: expected an object with a list of shapes, found {show(content)}")
    objects: dict[Any, list[Shape]] = {}
    for number, each in enumerate(content[SHAPES], 1):
        try:
            shape = _read_shape(each)
            key = (shape.label, shape.group) if shape.group is not None else number
            objects.setdefault(key, []).append(shape)
            _check_object(objects[key])
        except ValueError as error:
            raise ValueError(f"{path}, shape {number}: {shorten(str(error))}") from error
    image = content.get("imagePath")
    name = image if isinstance(image, str) else ""
    return Annotation(name, _read_size(content), [*objects.values()])


def box_of(shapes: Many[Shape]) -> np.ndarray | None:
    """Return the box of an object drawn as a rectangle, (4,); None for other objects."""
    if shapes[0].kind not in _BOX:
        return None
    return np.concatenate([shapes[0].point.min(axis=0), shapes[0].point.max(axis=0)])


def points_of(shapes: Many[Shape]) -> np.ndarray | None:
    """Return the points of an object marked by points, (N, 2); None for other objects."""
    if shapes[0].kind not in _POINT:
        return None
    return np.concatenate([each.point for each in shapes])


def mask_of(shapes: Many[Shape], extent: Extent) -> np.ndarray:
    """Return the area of an object drawn as polygons, circles or masks, (height, width) bool.

    Parts outside the image are cut off.
    """
    whole = np.zeros((extent.height, extent.width), bool)
    for shape in shapes:
        if shape.pixels is not None:
            _paste(whole, shape.pixels, shape.point[0])
        else:
            outline = shape.point if shape.kind == "polygon" else _circle(shape.point)
            polygons = [[outline.ravel().tolist()]]
            whole |= coco_rle.decode(read_masks(polygons, extent.height, extent.width))[0]
    return whole


def _read_size(content: Record) -> tuple[int, int] | None:
    height, width = content.get("imageHeight"), content.get("imageWidth")
    known = isinstance(height, int) and isinstance(width, int) and height > 0 and width > 0
    return (int(height or 0), int(width or 0)) if known else None


def _read_shape(content: Any) -> Shape:
    if not isinstance(content, dict):
        raise ValueError(f"expected an object with label and points, found {show(content)}")
    label, group = content.get("label"), content.get("group_id")
    if not isinstance(label, str) or not label:
        raise ValueError(f"label: expected a string, found {show(label)}")
    if isinstance(group, bool) or not isinstance(group, int | None):
        raise ValueError(f"{label!r}: group_id: expected a whole number or null, found {group!r}")
    kind = content.get("shape_type", "polygon")
    if kind not in _POINTS:
        known = ", ".join(_POINTS)
        raise ValueError(f"{label!r}: shape_type: expected one of {known}, found {show(kind)}")
    point = _read_points(label, kind, content.get("points"))
    pixels = _read_mask(label, content.get("mask")) if kind == "mask" else None
    return Shape(label, group, kind, point, pixels)


def _read_points(label: str, kind: str, points: Any) -> np.ndarray:
    low, high = _POINTS[kind]
    pairs = points if isinstance(points, list) else []
    if len(pairs) < low or (high is not None and len(pairs) > high):
        expected = (
            f"{low} or more" if high is None else f"{low}" if low == high else f"{low} to {high}"
        )
        found = len(pairs) if isinstance(points, list) else show(points)
        raise ValueError(f"{label!r}: points: expected {expected} for a {kind}, found {found}")
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == len("xy") and all(map(is_number, pair))):
            raise ValueError(
                f"{label!r}: points: expected finite numbers [x, y], found {show(pair)}"
            )
    return np.array(pairs, np.float64)


def _read_mask(label: str, text: Any) -> np.ndarray:
    """Return the pixels of a mask from its PNG in base 64."""
    try:
        data = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    except (TypeError, ValueError, binascii.Error):
        data = np.zeros(0, np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if len(data) else None
    if image is None:
        raise ValueError(f"{label!r}: mask: expected a PNG in base 64, found {show(text)}")
    return np.asarray(image) > 0


def _check_object(shapes: Many[Shape]) -> None:
    """Raise ValueError if the shapes of one object cannot be joined."""
    kinds = {_kind(shape) for shape in shapes}
    if len(kinds) > 1 or (kinds == {"a box"} and len(shapes) > 1):
        found = " and ".join(sorted(kinds)) if len(kinds) > 1 else "two boxes"
        first = shapes[0]
        raise ValueError(
            f"{first.label!r}: group_id {first.group}: expected one box, areas or points for one "
            f"object, found {found}"
        )


def _kind(shape: Shape) -> str:
    if shape.kind in _BOX:
        return "a box"
    return "points" if shape.kind in _POINT else "an area"


def _circle(point: np.ndarray) -> np.ndarray:
    """Return corners on a circle given by its centre and a point on it."""
    angle = np.linspace(0, 2 * np.pi, _CIRCLE_CORNERS, endpoint=False)
    radius = np.hypot(*(point[1] - point[0]))
    return point[0] + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _paste(whole: np.ndarray, pixels: np.ndarray, corner: np.ndarray) -> None:
    """Set the pixels of a mask whose upper left corner is given, as far as they are inside."""
    left, top = np.floor(corner).astype(int).tolist()
    height, width = whole.shape
    rows = slice(max(top, 0), min(top + len(pixels), height))
    columns = slice(max(left, 0), min(left + pixels.shape[1], width))
    if rows.start < rows.stop and columns.start < columns.stop:
        inside = pixels[
            rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
        ]
        whole[rows, columns] |= inside
