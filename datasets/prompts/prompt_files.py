"""Read prompts that were drawn by hand: LabelMe files, or boxes of the first frame as JSON.

LabelMe writes one file per image. The frame of a file is the one named like its `imagePath`, or
else like the file itself (see `find_frame`); a single file whose names have no number is that of
the first frame. An object that is drawn in several frames, with the same label and `group_id`, is
tracked from the first of them.

The prompts keep how they were drawn, for the option `prompt: drawn` of `sam2_prompted`: without
masks all are boxes. With masks, the mask of a box is empty, and points are a mask of single pixels
that do not touch, see `drawn_kind`.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Literal

import numpy as np

from datasets.formats import prompt_json
from datasets.io.files import read_json
from datasets.io.mended import count_mended
from datasets.masks import coco_rle
from datasets.prompts import labelme_json
from datasets.prompts.labelme_json import Annotation, Shape
from datasets.sequences.frame_names import find_frame
from datasets.types import Extent, Tracks

Kind = Literal["box", "mask", "points"]


@dataclass(frozen=True)
class _Drawn:
    """An object drawn in LabelMe.

    Args:
        frame: Frame in which it is drawn.
        box: (4,) tight box.
        mask: (height, width) bool; empty for a box.
    """

    frame: int
    name: str
    box: np.ndarray
    mask: np.ndarray


def list_prompt_files(paths: Iterable[Path]) -> list[Path]:
    """Return the prompt files among files and folders, whose JSON files are sorted by name.

    Raises:
        ValueError: A folder has no JSON file.
    """
    files = []
    for path in paths:
        found = sorted(path.glob("[!.]*.json")) if path.is_dir() else [path]
        if not found:
            raise ValueError(f"{path}: expected prompts in files *.json, found none")
        files += found
    return files


def prompt_names(files: Many[Path]) -> list[str]:
    """Return the names of the objects of prompt files, each once; raises as `read_prompt_files`."""
    if not _are_labelme(files):
        return [*dict.fromkeys(each.name for each in prompt_json.read_prompts(files[0]))]
    objects = [shapes for file in files for shapes in labelme_json.read_annotation(file).objects]
    return [*dict.fromkeys(shapes[0].label for shapes in objects)]


def read_prompt_files(files: Many[Path], extent: Extent, frames: Many[str]) -> Tracks:
    """Return the objects of prompt files, with identities 1, 2, ... in order of the frames.

    Args:
        files: One file of first-frame boxes, or LabelMe files.
        frames: Names of the frames, see `frame_names`.

    Raises:
        ValueError: A file is invalid, is for another image size or frame, or has no object; an
            object lies outside the image or its class is unknown. Names the file.
    """
    if not _are_labelme(files):
        return prompt_json.read_tracks(files[0], extent)
    drawn: list[_Drawn] = []
    seen: set[tuple[str, int | None]] = set()
    pages = [(file, labelme_json.read_annotation(file)) for file in files]
    located = [(_frame_of(*page, frames, single=len(files) == 1), page) for page in pages]
    for frame, (file, annotation) in sorted(located, key=lambda each: each[0]):
        _check_size(file, annotation, extent)
        for shapes in annotation.objects:
            key = shapes[0].label, shapes[0].group
            if key[1] is not None and key in seen:
                count_mended("later prompts of an object, skipped")
                continue
            seen.add(key)
            drawn.append(_Drawn(frame, key[0], *_area(file, shapes, extent)))
    if not drawn:
        raise ValueError(
            f"{files[0]}: expected at least one shape in {len(files)} files, found none"
        )
    masks = np.array([each.mask for each in drawn])
    return Tracks(
        extent,
        frame=np.array([each.frame for each in drawn]),
        track=np.arange(1, len(drawn) + 1),
        class_id=np.array([prompt_json.class_of(files[0], each.name, extent) for each in drawn]),
        score=np.ones(len(drawn)),
        box=np.array([each.box for each in drawn]),
        rle=coco_rle.encode(masks) if masks.any() else None,
    )


def drawn_kind(prompt: Tracks) -> Kind:
    """Return how the object of a single row was drawn."""
    if prompt.rle is None or not prompt.rle.areas[0]:
        return "box"
    return "points" if _is_scattered(coco_rle.decode(prompt.rle)[0]) else "mask"


def _are_labelme(files: Many[Path]) -> bool:
    """Return whether files are LabelMe's; ValueError if they cannot be read together."""
    contents = [read_json(file, allow_nan=True) for file in files]
    found = [isinstance(each, dict) and labelme_json.SHAPES in each for each in contents]
    if len(files) > 1 and not all(found):
        other = files[found.index(False)]
        raise ValueError(
            f"{other}: expected a LabelMe file with shapes, because there are {len(files)} prompt "
            "files; boxes under annotation are those of the first frame, in one file"
        )
    return found[0]


def _frame_of(file: Path, annotation: Annotation, frames: Many[str], *, single: bool) -> int:
    """Return the frame of a LabelMe file."""
    stems = [PureWindowsPath(annotation.image).stem, file.stem]
    for stem in stems:
        found = find_frame(stem, frames)
        if found is not None:
            return found
    if single and not any(each.isdigit() for stem in stems for each in stem):
        return 0
    image = annotation.image or file.name
    raise ValueError(
        f"{file}: imagePath: expected the name of a frame, {frames[0]} to {frames[-1]}, found "
        f"{image!r}"
    )


def _check_size(file: Path, annotation: Annotation, extent: Extent) -> None:
    if annotation.size not in (None, (extent.height, extent.width)):
        height, width = annotation.size or (0, 0)
        raise ValueError(
            f"{file}: imageWidth and imageHeight: expected {extent.width} x {extent.height} as the "
            f"images, found {width} x {height}"
        )


def _area(file: Path, shapes: Many[Shape], extent: Extent) -> tuple[np.ndarray, np.ndarray]:
    """Return the box and the mask of an object."""
    place = f"{file}: {shapes[0].label!r}"
    empty = np.zeros((extent.height, extent.width), bool)
    box = labelme_json.box_of(shapes)
    if box is not None:
        if (box[2:] <= box[:2]).any():
            raise ValueError(f"{place}: expected a box with an area, found {box.tolist()}")
        return prompt_json.clip_box(place, box, extent), empty
    points = labelme_json.points_of(shapes)
    if points is not None:
        mask = _mark(place, points, empty)
    else:
        try:
            mask = labelme_json.mask_of(shapes, extent)
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from error
    if not mask.any():
        size = f"{extent.width} x {extent.height}"
        raise ValueError(f"{place}: expected an area in the image of {size} pixels, found none")
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], float), mask


def _mark(place: str, points: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return a mask of the pixels of points; a point that touches an earlier one is skipped."""
    height, width = mask.shape
    outside = ((points < 0) | (points > [width, height])).any(axis=1)
    if outside.any():
        raise ValueError(
            f"{place}: expected points in the image of {width} x {height} pixels, found "
            f"{points[outside][0].tolist()}"
        )
    for column, row in np.minimum(np.floor(points), [width - 1, height - 1]).astype(int):
        around = mask[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        count_mended("prompt points next to another one, skipped", int(around.any()))
        mask[row, column] = not around.any() or mask[row, column]
    return mask


def _is_scattered(mask: np.ndarray) -> bool:
    """Return whether no two pixels of a mask touch."""
    padded = np.pad(mask, 1)
    height, width = mask.shape
    shifts = [(0, 1), (1, -1), (1, 0), (1, 1)]
    return not any(
        (mask & padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]).any()
        for down, right in shifts
    )
