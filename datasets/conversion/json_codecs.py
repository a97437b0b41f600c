"""YouTube-VIS and COCO as formats to convert: a JSON file for all sequences.

Results are read beside the ground truth they are for, which says what the videos are. They are
written with its numbers if it is given, otherwise with those the ground truth would get.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from datasets.conversion.codec import (
    Format,
    Given,
    Numbering,
    Sequences,
    file_of_all,
    one_file_for_all,
    write_as,
)
from datasets.conversion.dropped_fields import Counts, count_lost
from datasets.formats import coco_images, coco_json, vis_json
from datasets.types import NO_TRACK, Tracks

_TRUTH, _RESULTS = "instances.json", "results.json"
_UNNAMED = "rows without identity"
_NOT_IN_VIS = (
    *("boxes other than those around the masks", "visibility"),
    *("marks of what is ignored", _UNNAMED),
)


def youtube_vis_truth() -> Format:
    """Return the ground truth of YouTube-VIS and OVIS."""
    files = one_file_for_all(
        _TRUTH,
        lambda path, _: vis_json.read_truth(path),
        lambda path, sequences: vis_json.write_truth(path, _to_write(sequences, named=True)),
        vis_json.count_unread,
    )
    lost = count_lost(*_NOT_IN_VIS, "scores other than 0 and 1")
    return replace(
        files,
        lost=partial(_count_lost_in_vis, lost, vis_json.number_annotations),
        says=frozenset({"size", "frames", "classes"}),
        masks=True,
    )


def youtube_vis_results() -> Format:
    """Return the results of YouTube-VIS and OVIS."""

    def read(path: Path, given: Given) -> Sequences:
        return vis_json.read_results(path, vis_json.read_videos(_truth_of(path, given)))

    def write(videos: Mapping[str, int] | None, path: Path, sequences: Sequences) -> None:
        vis_json.write_results(path, _to_write(sequences, named=True), videos)

    def number(truth: Path) -> Numbering:
        videos = vis_json.read_videos(file_of_all(truth, _TRUTH))
        numbers = {name: video.number for name, video in videos.items()}
        extents = {name: video.extent for name, video in videos.items()}
        return Numbering(extents, write_as(_RESULTS, partial(write, numbers)))

    lost = count_lost(
        *("areas", *_NOT_IN_VIS),
        *("scores that differ within a track", "classes that differ within a track"),
    )
    return replace(
        one_file_for_all(_RESULTS, read, partial(write, None)),
        lost=partial(_count_lost_in_vis, lost, lambda named: np.arange(_count_tracks(named)) + 1),
        says=frozenset({"size", "frames"}),
        known=frozenset({"classes"}),
        takes=frozenset({"truth"}),
        masks=True,
        number=number,
    )


def coco_truth() -> Format:
    """Return the ground truth of COCO and CocoVID."""
    files = one_file_for_all(
        _TRUTH,
        lambda path, _: coco_json.read_truth(path),
        lambda path, sequences: coco_json.write_truth(path, _as_coco(sequences)),
        coco_images.count_unread,
    )
    return replace(
        files,
        lost=partial(_count_lost_in_coco, count_lost("scores other than 0 and 1")),
        says=frozenset({"size", "frames", "classes"}),
    )


def coco_results() -> Format:
    """Return the results of COCO and CocoVID."""

    def read(path: Path, given: Given) -> Sequences:
        return coco_json.read_results(path, coco_json.read_images(_truth_of(path, given)))

    def write(images: coco_images.Images | None, path: Path, sequences: Sequences) -> None:
        coco_json.write_results(path, _as_coco(sequences), images)

    def number(truth: Path) -> Numbering:
        images = coco_json.read_images(file_of_all(truth, _TRUTH))
        return Numbering(images.extents, write_as(_RESULTS, partial(write, images)))

    return replace(
        one_file_for_all(_RESULTS, read, partial(write, None)),
        lost=partial(_count_lost_in_coco, count_lost("areas")),
        known=frozenset({"size", "frames", "classes"}),
        asks=frozenset({"frames"}),  # images are numbered on over all sequences
        takes=frozenset({"truth"}),
        number=number,
    )


def _truth_of(path: Path, given: Given) -> Path:
    """Return the ground truth beside results; ValueError if none is given."""
    if given.truth is None:
        raise ValueError(
            f"{path}: results do not say what the videos and classes are: give their ground truth, "
            "--truth FILE"
        )
    return file_of_all(given.truth, _TRUTH)


def _to_write(sequences: Sequences, *, named: bool) -> Sequences:
    """Return what the formats can say: rows of classes that are not ignored.

    Args:
        named: Whether rows without identity are left out.
    """
    kept = _named(sequences) if named else sequences
    used = {key for tracks in kept.values() for key in np.unique(tracks.class_id).tolist()}
    return {name: _without_marks(tracks, used) for name, tracks in kept.items()}


def _without_marks(tracks: Tracks, used: set[int]) -> Tracks:
    """Return tracks of which no class is ignored that has rows in any sequence."""
    ignored = tuple(key for key in tracks.extent.ignored if key not in used)
    return replace(tracks, extent=replace(tracks.extent, ignored=ignored))


def _named(sequences: Sequences) -> Sequences:
    return {name: each.take(each.track != NO_TRACK) for name, each in sequences.items()}


def _as_coco(sequences: Sequences) -> Sequences:
    """Return what COCO can say: rows without identity only where there are no others."""
    return _to_write(sequences, named=_count_tracks(_named(sequences)) > 0)


def _count_tracks(sequences: Sequences) -> int:
    return sum(len(np.unique(tracks.track)) for tracks in sequences.values())


def _count_lost_in_coco(count: Callable[[Sequences], Counts], sequences: Sequences) -> Counts:
    """Return what COCO loses, and what `count` says besides."""
    some = _count_tracks(_named(sequences)) > 0
    common = count_lost("visibility", "marks of what is ignored", *([_UNNAMED] if some else []))
    return count(sequences) | common(sequences)


def _count_lost_in_vis(
    count: Callable[[Sequences], Counts],
    number: Callable[[Sequences], np.ndarray],
    sequences: Sequences,
) -> Counts:
    """Return what `count` says, and the rows whose identity changes when tracks are numbered.

    Args:
        number: Return the new number of each track, sequence by sequence, in order of identity.
    """
    named = _named(sequences)
    old = [np.unique(tracks.track, return_counts=True) for tracks in named.values()]
    new = iter(number(named).tolist())
    changed = sum(
        rows
        for identities, counts in old
        for identity, rows in zip(identities.tolist(), counts.tolist(), strict=True)
        if identity != next(new)
    )
    return count(sequences) | ({"numbers of identities": changed} if changed else {})
