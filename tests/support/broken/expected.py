"""Reference readers, as simple as possible: the rows that a reader must return if it reads a file.

A row is frame, identity, class, score and box, as floats. Each function returns the rows of a file
in any order, or only their number.
"""

from __future__ import annotations

import json
import re
from typing import Any

from datasets.formats import kitti_text, mots_text
from datasets.types import Tracks

Row = tuple[float, ...]


def lines_of(data: bytes) -> list[str]:
    text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    return [line for line in text.split("\n") if line.encode("latin-1").strip()]


def rows_in(data: bytes) -> list[str]:
    """Return the lines that are not comments."""
    return [line for line in lines_of(data) if not line.strip(" \t\x0b\x0c\r").startswith("#")]


def mot(data: bytes, *, classes: bool, unnamed: bool = False) -> list[Row]:
    found = []
    for line in rows_in(data):
        cells = [cell.strip() for cell in separated(line)]
        frame, track, left, top, width, height = (number(cell) for cell in cells[:6])
        score = number(cells[6]) if len(cells) > 6 else 1.0
        class_id = number(cells[7]) if classes and len(cells) > 7 else 1.0
        class_id = 1.0 if unnamed and class_id in (-1, 0) else class_id
        near = left - 1, top - 1
        far = near[0] + max(width, 0), near[1] + max(height, 0)
        found.append((frame - 1, track, class_id, score, *near, *far))
    return found


def separated(line: str) -> list[str]:
    """Return the cells of a line, without the empty one after a last separator."""
    line = line.replace('"', "")
    cells = re.split(r"[ \t]+", line.strip(" \t\r"))
    for separator in ",;:|":
        cells = line.split(separator) if separator in line and len(cells) < 6 else cells
    cells = line.split(",") if "," in line else cells
    return cells[:-1] if len(cells) > 1 and not cells[-1].strip() else cells


def kitti(data: bytes, *, detections: bool = False) -> list[Row]:
    """Return the rows of a file; those without identity only with `detections`."""
    found: list[Row] = []
    ids = {name: key for key, name in kitti_text.CLASSES.items()} | {"person": 5, "car_2": 1}
    for line in rows_in(data):
        cells = [cell.strip(b'"') for cell in line.encode("latin-1").split()]
        class_id = ids[cells[2].decode("latin-1").lower()]
        ignored = class_id == kitti_text.DONT_CARE
        track = -1.0 if ignored else number(cells[1].decode("latin-1"))
        near, far = ([number(cell.decode("latin-1")) for cell in cells[n : n + 2]] for n in (6, 8))
        box = *near, *map(max, near, far)
        if ignored or track >= 0 or detections:
            frame = number(cells[0].decode("latin-1"))
            found.append((frame, max(track, -1.0), float(class_id), *box))
    named = [row[:2] for row in found if row[1] >= 0]
    return found if len({*named}) == len(named) else renumbered(found)


def renumbered(rows: list[Row]) -> list[Row]:
    """Return rows in which classes share identities, with an identity for each of both."""
    names = sorted({(row[1], row[2]) for row in rows if row[1] >= 0})
    return [
        (row[0], float(names.index(row[1:3])), *row[2:]) if row[1:3] in names else row
        for row in rows
    ]


def mots(data: bytes, *, first_frame: int) -> list[Row]:
    found = []
    for line in rows_in(data):
        cells = line.encode("latin-1").split()[:5]
        frame, track, class_id, *_ = (whole(cell.decode("latin-1")) for cell in cells)
        if class_id in mots_text.CLASSES:
            found.append((frame - first_frame, -1 if class_id == 10 else track, class_id))
    return found


def line_count(data: bytes) -> int:
    return len(lines_of(data))


def labels_in_lines(data: bytes) -> int:
    return sum(len(json.loads(line.encode("latin-1"))["prelabels"]) for line in lines_of(data))


def annotations(data: bytes) -> int:
    return len(listed(json.loads(data.decode("utf-8-sig")), "image"))


def entries(data: bytes) -> int:
    return len(listed(json.loads(data.decode("utf-8-sig")), "image"))


def segmentations(data: bytes) -> int:
    records = listed(json.loads(data.decode("utf-8-sig")), "video")
    absent = (None, [], {})
    return sum(each not in absent for record in records for each in record["segmentations"])


def listed(content: Any, owner: str) -> list[Any]:
    """Return the records of images or videos and categories that the ground truth lists."""
    if isinstance(content, list):  # results: the ground truth is that of seeds.py
        records, owners, categories = content, range(1, 7 if owner == "image" else 3), [1, 2]
    else:
        records = content["annotations"]
        owners = [each["id"] for each in content[f"{owner}s"]]
        categories = [each["id"] for each in content["categories"]]
    return [r for r in records if r[f"{owner}_id"] in owners and r["category_id"] in categories]


def number(cell: str) -> float:
    assert "_" not in cell
    assert cell.isascii()
    return float(cell)


def whole(cell: str) -> int:
    return int(cell) if cell.removeprefix("-").isdecimal() else int(number(cell))


def rows_of(tracks: Tracks, like: Row) -> list[Row]:
    """Return the rows of tracks, with the same columns as an expected row."""
    columns = [tracks.frame, tracks.track, tracks.class_id]
    if len(like) == 8:
        columns.append(tracks.score)
    if len(like) > 3:
        columns.extend(tracks.box.T)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def differs(found: list[Tracks], wanted: Any) -> str:
    """Return how tracks differ from the expected rows, "" if they do not."""
    if isinstance(wanted, int):
        rows = sum(map(len, found))
        return "" if rows == wanted else f"{rows} rows read of {wanted}"
    (tracks,) = found
    if len(tracks) != len(wanted):
        return f"{len(tracks)} rows read of {len(wanted)}"
    rows = sorted(rows_of(tracks, wanted[0])) if wanted else []
    other = [(one, two) for one, two in zip(rows, sorted(wanted), strict=True) if one != two]
    return f"{other[0][0]} read of {other[0][1]}" if other else ""
