"""What TrackEval 1.3.0 says of videos as YouTube-VIS files hold them, for the parity tests."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import trackeval

from datasets.types import Tracks

Videos = Mapping[str, tuple[Tracks, Tracks]]
SIDES = (128, 256)


def score(videos: Videos, room: Path) -> dict[str, dict[str, np.ndarray]]:
    """Return AP and AR at each threshold, of all areas and of three ranges, by class.

    Args:
        room: An empty folder to lay the files out in as TrackEval wants them.
    """
    _write(videos, room)
    small, large = (side**2 for side in SIDES)
    dataset_config = {
        "GT_FOLDER": f"{room}/gt_",
        "TRACKERS_FOLDER": f"{room}/results_",
        "TRACKERS_TO_EVAL": ["it"],
        "SPLIT_TO_EVAL": "all",
        "TRACKER_SUB_FOLDER": "",
        "PRINT_CONFIG": False,
    }
    config = {
        "AREA_RANGES": [[0, small], [small, large], [large, 1e10]],
        "USE_TIME_RANGES": False,
        "MAX_DETECTIONS": 0,
        "PRINT_CONFIG": False,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = trackeval.datasets.YouTubeVIS(dataset_config)
        dataset.global_tid_counter = 1  # TrackEval lets 0 match any number of times
        metric = trackeval.metrics.TrackMAP(config)
        found: dict[str, dict[str, dict]] = {name: {} for name in dataset.class_list}
        for video in videos:
            raw = dataset.get_raw_seq_data("it", video)
            for name, into in found.items():
                data = dataset.get_preprocessed_seq_data(raw, name)
                into[video] = metric.eval_sequence(data)
        return {name: metric.combine_sequences(each) for name, each in found.items()}


def _write(videos: Videos, room: Path) -> None:
    extent = next(iter(videos.values()))[0].extent
    truth: dict[str, list[dict[str, Any]]] = {
        "categories": [{"id": key, "name": name} for key, name in extent.classes.items()],
        "videos": [],
        "annotations": [],
    }
    results = []
    for number, (name, (one, other)) in enumerate(videos.items(), 1):
        files = [f"{name}/{frame:05}.jpg" for frame in range(one.extent.frame_count)]
        truth["videos"].append({"id": number, "file_names": files})
        for track in _tracks(one, number, counts=True):
            truth["annotations"].append(track | {"id": len(truth["annotations"]) + 1})
        results += _tracks(other, number, counts=False)
    for kind, content in (("gt", truth), ("results", results)):
        folder = room / f"{kind}_youtube_vis_all" / ("it" if kind == "results" else "")
        folder.mkdir(parents=True)
        (folder / "file.json").write_text(json.dumps(content))


def _tracks(tracks: Tracks, video: int, *, counts: bool) -> list[dict[str, Any]]:
    """Return the entry of each track, its masks as counts or compressed; all rows score alike."""
    entries = []
    for track in np.unique(tracks.track):
        rows = tracks.take(tracks.track == track)
        segmentations: list[Any] = [None] * tracks.extent.frame_count
        areas: list[Any] = segmentations.copy()
        given = rows.rle.areas if rows.area is None else rows.area
        for row, frame in enumerate(rows.frame):
            run = _counts(rows, row) if counts else rows.rle[row].decode()
            size = [tracks.extent.height, tracks.extent.width]
            segmentations[frame] = {"size": size, "counts": run}
            areas[frame] = float(given[row])
        entries.append(
            {
                "video_id": video,
                "category_id": int(rows.class_id[0]),
                "iscrowd": int(rows.score[0] == 0),
                "height": tracks.extent.height,
                "width": tracks.extent.width,
                "score": float(rows.score[0]),
                "areas": areas,
                "segmentations": segmentations,
            }
        )
    return entries


def _counts(rows: Tracks, row: int) -> list[int]:
    masks = rows.rle.take(np.array([row]))
    edges = np.column_stack([masks.intervals.start, masks.intervals.stop]).ravel()
    return np.diff(np.concatenate([[0], edges, [masks.height * masks.width]])).tolist()
