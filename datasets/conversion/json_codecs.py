"""The codecs of YouTube-VIS and COCO: one JSON file for all sequences.

Results are read together with their ground truth, which describes the videos. They are written
with the ids of a ground truth if one is given, otherwise with those it would be given by
`datasets.convert`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from datasets.conversion.codec import (
    Codec,
    Numbering,
    Sequences,
    SourceFacts,
    combined_file_codec,
    combined_file_writer,
    find_combined_file,
)
from datasets.conversion.dropped_fields import Counts, dropped_counter
from datasets.formats import coco_images, coco_json, vis_json
from datasets.types import NO_TRACK, Tracks

_TRUTH, _RESULTS = "instances.json", "results.json"
_NO_IDENTITY = "rows without identity"
_NOT_IN_VIS = (
    *("boxes that are not tight around masks", "visibility"),
    *("ignore flags", _NO_IDENTITY),
)


def youtube_vis_truth() -> Codec:
    """Return the codec of the ground truth of YouTube-VIS and OVIS."""
    codec = combined_file_codec(
        _TRUTH,
        lambda path, _: vis_json.read_truth(path),
        lambda path, sequences: vis_json.write_truth(
            path, _writable(sequences, identified_only=True)
        ),
        vis_json.count_unread,
    )
    count = dropped_counter(*_NOT_IN_VIS, "scores other than 0 and 1")
    return replace(
        codec,
        count_dropped=partial(_count_dropped_in_vis, count, vis_json.number_annotations),
        provides=frozenset({"size", "frames", "classes"}),
        masks_only=True,
    )


def youtube_vis_results() -> Codec:
    """Return the codec of the results of YouTube-VIS and OVIS."""

    def read(path: Path, given: SourceFacts) -> Sequences:
        return vis_json.read_results(path, vis_json.read_videos(_truth_of(path, given)))

    def write(
        videos: Mapping[str, vis_json.Video] | None, path: Path, sequences: Sequences
    ) -> None:
        vis_json.write_results(path, _writable(sequences, identified_only=True), videos)

    def load_numbering(truth: Path) -> Numbering:
        videos = vis_json.read_videos(find_combined_file(truth, _TRUTH))
        extents = {name: video.extent for name, video in videos.items()}
        return Numbering(extents, combined_file_writer(_RESULTS, partial(write, videos)))

    def number_entries(sequences: Sequences) -> np.ndarray:
        return np.arange(_count_tracks(sequences)) + 1

    count = dropped_counter(
        *("areas", *_NOT_IN_VIS),
        *("scores that differ within a track", "classes that differ within a track"),
    )
    return replace(
        combined_file_codec(_RESULTS, read, partial(write, None)),
        count_dropped=partial(_count_dropped_in_vis, count, number_entries),
        provides=frozenset({"size", "frames"}),
        provided_by_truth=frozenset({"classes"}),
        takes=frozenset({"truth"}),
        masks_only=True,
        load_numbering=load_numbering,
    )


def coco_truth() -> Codec:
    """Return the codec of the ground truth of COCO and CocoVID."""
    codec = combined_file_codec(
        _TRUTH,
        lambda path, _: coco_json.read_truth(path),
        lambda path, sequences: coco_json.write_truth(path, _as_coco(sequences)),
        coco_images.count_unread,
    )
    return replace(
        codec,
        count_dropped=partial(_count_dropped_in_coco, dropped_counter("scores other than 0 and 1")),
        provides=frozenset({"size", "frames", "classes"}),
    )


def coco_results() -> Codec:
    """Return the codec of the results of COCO and CocoVID."""

    def read(path: Path, given: SourceFacts) -> Sequences:
        return coco_json.read_results(path, coco_json.read_images(_truth_of(path, given)))

    def write(images: coco_images.Images | None, path: Path, sequences: Sequences) -> None:
        coco_json.write_results(path, _as_coco(sequences), images)

    def load_numbering(truth: Path) -> Numbering:
        images = coco_json.read_images(find_combined_file(truth, _TRUTH))
        return Numbering(images.extents, combined_file_writer(_RESULTS, partial(write, images)))

    return replace(
        combined_file_codec(_RESULTS, read, partial(write, None)),
        count_dropped=partial(_count_dropped_in_coco, dropped_counter("areas")),
        provided_by_truth=frozenset({"size", "frames", "classes"}),
        requires=frozenset({"frames"}),  # image ids continue over all sequences
        takes=frozenset({"truth"}),
        load_numbering=load_numbering,
    )


def _truth_of(path: Path, given: SourceFacts) -> Path:
    """Return the ground truth of results; ValueError if none is given."""
    if given.truth is None:
        raise ValueError(
            f"{path}: results do not describe their videos and classes: add their ground truth, "
            "--truth FILE"
        )
    return find_combined_file(given.truth, _TRUTH)


def _writable(sequences: Sequences, *, identified_only: bool) -> Sequences:
    """Return the rows that the formats can hold, with no class that has rows marked as ignored.

    Args:
        identified_only: Whether rows without identity are left out.
    """
    kept = _identified(sequences) if identified_only else sequences
    used = {key for tracks in kept.values() for key in np.unique(tracks.class_id).tolist()}
    return {name: _without_ignore_flags(tracks, used) for name, tracks in kept.items()}


def _without_ignore_flags(tracks: Tracks, used: set[int]) -> Tracks:
    """Return tracks in which no class is ignored that has rows in any sequence."""
    ignored = tuple(key for key in tracks.extent.ignored if key not in used)
    return replace(tracks, extent=replace(tracks.extent, ignored=ignored))


def _identified(sequences: Sequences) -> Sequences:
    return {name: each.take(each.track != NO_TRACK) for name, each in sequences.items()}


def _as_coco(sequences: Sequences) -> Sequences:
    """Return the rows that COCO can hold: rows without identity only if there are no others."""
    return _writable(sequences, identified_only=_count_tracks(_identified(sequences)) > 0)


def _count_tracks(sequences: Sequences) -> int:
    return sum(len(np.unique(tracks.track)) for tracks in sequences.values())


def _count_dropped_in_coco(count: Callable[[Sequences], Counts], sequences: Sequences) -> Counts:
    """Return the counts of `count`, and of the fields that every COCO file drops."""
    some = _count_tracks(_identified(sequences)) > 0
    common = dropped_counter("visibility", "ignore flags", *([_NO_IDENTITY] if some else []))
    return count(sequences) | common(sequences)


def _count_dropped_in_vis(
    count: Callable[[Sequences], Counts],
    number_tracks: Callable[[Sequences], np.ndarray],
    sequences: Sequences,
) -> Counts:
    """Return the counts of `count`, and of the rows whose identity number changes.

    Args:
        number_tracks: Function that returns the new number of each track, sequence by sequence, in
            order of identity.
    """
    identified = _identified(sequences)
    old = [np.unique(tracks.track, return_counts=True) for tracks in identified.values()]
    new = iter(number_tracks(identified).tolist())
    changed = sum(
        rows
        for identities, counts in old
        for identity, rows in zip(identities.tolist(), counts.tolist(), strict=True)
        if identity != next(new)
    )
    return count(sequences) | ({"identity numbers": changed} if changed else {})
