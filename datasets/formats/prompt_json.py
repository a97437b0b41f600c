"""Read and write first-frame boxes, the prompts of the SAM2 multi-object video tracker.

Source: SAM2Tracking.py of that tool.

    {"annotation": {"object": [
        {"name": "dog", "bndbox": {"xmin": 1, "ymin": 2, "xmax": 9, "ymax": 8}}
    ]}}

Pixels count from 0 and corners are xyxy without a shift. Numbers are truncated, and numeric strings
are accepted. A single object need not be in a list; without `annotation` or `object` there are no
objects. Two objects of one name are two identities of one class. Corners in another order are
sorted, and boxes are clipped to the image, because boxes drawn by hand or by a detector often
extend beyond it; both are counted (`datasets.io.mended`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from datasets.io.errors import shorten
from datasets.io.files import read_json, write_json
from datasets.io.mended import count_mended
from datasets.records.columns import show
from datasets.types import Extent, Tracks

_NUMBER = re.compile(r"[ _#-]*[0-9]+$")  # suffix that distinguishes objects of one class
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True)
class Prompt:
    """One object of a first frame.

    Args:
        name: Name; several objects may share it.
        box: Left, top, right, bottom in whole pixels; its area is not zero.
        is_swapped: Whether its corners were in another order.
    """

    name: str
    box: tuple[int, int, int, int]
    is_swapped: bool = field(default=False, compare=False)


def read_prompts(path: Path) -> list[Prompt]:
    """Return the objects of a file in order, empty if it has none.

    Raises:
        ValueError: The file is not JSON or structured differently, or a box is not four numbers or
            has no area. Names the file, and the object's number from 1.
    """
    prompts: list[Prompt] = []
    for number, content in enumerate(_objects(path), 1):
        try:
            prompts.append(_read_prompt(content))
        except ValueError as error:
            raise ValueError(f"{path}, object {number}: {shorten(str(error))}") from error
    return prompts


def read_tracks(path: Path, extent: Extent) -> Tracks:
    """Return the objects of a file as prompts in frame 0, with the identities 1, 2, ...

    An object's class is the one with its name, without a numeric suffix, or the only class.

    Raises:
        ValueError: As `read_prompts`; there is no object, one lies entirely outside the image, or
            its class is ambiguous.
    """
    prompts = read_prompts(path)
    if not prompts:
        raise ValueError(f"{path}: expected at least one object in annotation.object, found none")
    swapped = sum(each.is_swapped for each in prompts)
    count_mended("prompt boxes with swapped corners, sorted", swapped)
    boxes = [
        clip_box(f"{path}, object {number}: {prompt.name!r}", np.array(prompt.box, float), extent)
        for number, prompt in enumerate(prompts, 1)
    ]
    return Tracks(
        extent,
        frame=np.zeros(len(prompts)),
        track=np.arange(1, len(prompts) + 1),
        class_id=np.array([class_of(path, prompt.name, extent) for prompt in prompts]),
        score=np.ones(len(prompts)),
        box=np.array(boxes),
    )


def clip_box(place: str, box: np.ndarray, extent: Extent) -> np.ndarray:
    """Return the part of a prompt's box, (4,), that is in the image; clipped boxes are counted.

    Args:
        place: Location of the box, for the message.

    Raises:
        ValueError: The box lies entirely outside the image.
    """
    inside = box.clip(0, [extent.width, extent.height] * 2)
    if (inside[2:] <= inside[:2]).any():
        raise ValueError(
            f"{place}: box {[*map(_short, box.tolist())]} lies outside the image of "
            f"{extent.width} x {extent.height} pixels"
        )
    count_mended("prompt boxes clipped to the image", int((inside != box).any()))
    return inside


def class_of(path: Path, name: str, extent: Extent) -> int:
    """Return the class with a prompt's name, or that without its numeric suffix, or the only one.

    Raises:
        ValueError: There are several classes and none has the name.
    """
    kinds = {kind: key for key, kind in extent.classes.items() if key not in extent.ignored}
    for known in (name, _NUMBER.sub("", name)):
        if known in kinds:
            return kinds[known]
    if len(kinds) == 1:
        return next(iter(kinds.values()))
    raise ValueError(f"{path}: name: expected one of the classes {sorted(kinds)}, found {name!r}")


def write_prompts(path: Path, tracks: Tracks) -> None:
    """Write the boxes of frame 0, rounded outwards; objects of one class get a numeric suffix.

    Masks, scores and identities are dropped.
    """
    rows = tracks.before(1)
    names = [tracks.extent.classes[key] for key in rows.class_id.tolist()]
    single = {name for name in names if names.count(name) == 1}
    corners = np.concatenate([np.floor(rows.box[:, :2]), np.ceil(rows.box[:, 2:])], axis=1)
    objects = [
        {
            "name": name if name in single else f"{name} {track}",
            "bndbox": dict(zip(_CORNERS, box, strict=True)),
        }
        for name, track, box in zip(names, rows.track, corners.astype(int).tolist(), strict=True)
    ]
    write_json(path, {"annotation": {"object": objects}})


def _objects(path: Path) -> list[Any]:
    content = read_json(path)
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected an object with annotation, found {show(content)}")
    annotation = content.get("annotation") or {}
    if not isinstance(annotation, dict):
        raise ValueError(f"{path}, annotation: expected an object, found {show(annotation)}")
    found = annotation.get("object") or []
    if not isinstance(found, list | dict):
        raise ValueError(f"{path}, annotation.object: expected a list, found {show(found)}")
    return [found] if isinstance(found, dict) else found


def _read_prompt(content: Any) -> Prompt:
    if not isinstance(content, dict):
        raise ValueError(f"expected an object with name and bndbox, found {show(content)}")
    name, corners = content.get("name"), content.get("bndbox")
    if not isinstance(name, str) or not name:
        raise ValueError(f"name: expected a string, found {show(name)}")
    if not isinstance(corners, dict):
        expected = ", ".join(_CORNERS)
        raise ValueError(f"{name!r}: bndbox: expected {expected}, found {show(corners)}")
    left, top, right, bottom = (_whole(name, corners, corner) for corner in _CORNERS)
    if right == left or bottom == top:
        raise ValueError(
            f"{name!r}: box {[left, top, right, bottom]} has no area: expected xmin < xmax and "
            "ymin < ymax"
        )
    (near, far), (upper, lower) = sorted((left, right)), sorted((top, bottom))
    return Prompt(name, (near, upper, far, lower), is_swapped=far == left or lower == top)


def _whole(name: str, corners: Mapping[str, Any], corner: str) -> int:
    value = corners.get(corner)
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
        if not isinstance(value, bool) and abs(number) < 2**31:
            return int(number)
    except (ValueError, OverflowError):
        pass
    found = show(value) if corner in corners else "nothing"
    raise ValueError(f"{name!r}: {corner}: expected a number of pixels, found {found}")


def _short(number: float) -> float | int:
    return int(number) if number.is_integer() else number
