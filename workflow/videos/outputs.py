"""Outputs of finished tracks: zone events as CSV, and masks in another format."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import replace
from pathlib import Path

import numpy as np

from datasets.conversion.codec import SourceFacts
from datasets.convert import Conversion, convert
from datasets.formats.parquet import write_tracks
from datasets.io.files import remove, replacing
from datasets.io.mended import count_mended
from datasets.masks.algebra import subtract
from datasets.types import Sequence, Tracks
from datasets.zone import Zone
from metrics.zone_events import zone_events
from workflow.videos.folder import MASKS, MASKS_JSON

_SIDES = ("left", "top", "right", "bottom")
_ONE_OBJECT_PER_PIXEL = ("davis", "mots", "mots_challenge")


def write_zone_events(
    path: Path, tracks: Tracks, zone: Zone, sequence: Sequence, images: Many[str]
) -> list[str]:
    """Write who enters and leaves a zone, with times in seconds; return the kinds of the events.

    Args:
        images: Name of each image.
    """
    classes = dict(zip(tracks.track.tolist(), tracks.class_id.tolist(), strict=True))
    events = zone_events(tracks, zone).to_pylist()
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("event", "frame", "time_s", "image", "track", "class", *_SIDES))
        for each in events:
            frame, track = each["frame"], each["track"]
            name = tracks.extent.classes[classes[track]]
            box = (round(each[side], 2) for side in _SIDES)
            time_s = round(_time(sequence, frame), 3)
            writer.writerow((each["event"], frame, time_s, images[frame], track, name, *box))
    return [each["event"] for each in events]


def _time(sequence: Sequence, frame: int) -> float:
    """Return the seconds of a frame after the first."""
    times = sequence.timestamps
    return frame / sequence.frame_rate if times is None else times[frame]


def write_masks(folder: Path, tracks: Tracks, name: str, renamed: Mapping[str, str]) -> Path:
    """Write the masks in a format of `datasets.convert`, and return the file or folder.

    In formats in which a pixel has one object, it belongs to the object with the highest score;
    the masks that lose pixels are counted.

    Args:
        renamed: New class names by class name.

    Raises:
        ValueError: The tracks have no masks.
    """
    if tracks.rle is None and len(tracks):
        raise ValueError("--mask-format: expected tracks with masks, found boxes only")
    output = folder / MASKS.get(name, MASKS_JSON)
    written = without_overlap(tracks) if name in _ONE_OBJECT_PER_PIXEL else tracks
    with tempfile.TemporaryDirectory(dir=folder, prefix=".masks") as workdir:
        source, target = Path(workdir, "masks.parquet"), Path(workdir, "out", output.name)
        write_tracks(source, written)
        place = target.parent if name == "davis" else target
        convert(Conversion("parquet", name, source, place, SourceFacts(), renamed))
        remove(output)
        target.replace(output)
    return output


def without_overlap(tracks: Tracks) -> Tracks:
    """Return tracks in which a pixel of a frame belongs to the object with the highest score only.

    Masks that lose pixels are counted; rows whose mask loses all are dropped.
    """
    masks = tracks.rle
    if masks is None:
        return tracks
    order = np.lexsort([-tracks.score, tracks.frame])
    starts = np.searchsorted(tracks.frame, tracks.frame[order])
    rank = np.empty(len(tracks), np.int64)
    rank[order] = np.arange(len(tracks)) - starts
    runs = [*masks.runs]
    for each in range(1, int(rank.max(initial=0)) + 1):
        rows, holes = np.flatnonzero(rank == each), np.flatnonzero(rank < each)
        left = subtract(
            masks.take(rows), tracks.frame[rows], masks.take(holes), tracks.frame[holes]
        )
        for row, run in zip(rows.tolist(), left.runs, strict=True):
            runs[row] = run
    kept = replace(masks, runs=tuple(runs))
    count_mended(
        "masks that lose pixels to one of a higher score", int((kept.areas < masks.areas).sum())
    )
    return replace(tracks, rle=kept).take(kept.areas > 0)
