"""Score files of each layout, and arrays, with TrackEval 1.3.0, for the parity tests."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from collections.abc import Sequence as Many
from pathlib import Path
from typing import Any

import numpy as np
import trackeval

from datasets.overlap import box_iou
from datasets.types import Tracks
from metrics.crosscheck import trackeval_run
from metrics.crosscheck.trackeval_files import Pairs, lay_out_vis
from metrics.crosscheck.trackeval_run import Fields, Setting, of_class, of_sequence, over_classes

FAMILIES = ("HOTA", "CLEAR", "Identity", "Count", "VACE")

Scores = dict[str, dict[str, float]]  # by sequence or COMBINED, then field


def score(
    setting: Setting, classes: Many[str] = (), families: Many[str] = FAMILIES
) -> dict[str, Scores]:
    """Return every field of some families by class, then sequence or COMBINED.

    Args:
        classes: Names of the classes; needed only if TrackEval has several.
    """
    found = trackeval_run.run(setting, classes or [setting.only_class], families)
    return {
        name: {key: _numbers(of_sequence(found, name, key)) for key in each}
        | {"COMBINED": _numbers(of_class(found, name))}
        for name, each in found.sequences.items()
    }


def score_mot(
    truth: Mapping[str, Path],
    results: Mapping[str, Path],
    lengths: Mapping[str, int],
    benchmark: str,
    workdir: Path,
    preprocess: bool = True,
) -> Scores:
    """Return the scores of MOTChallenge files by sequence or COMBINED.

    Args:
        truth: gt.txt of each sequence.
        results: Result file of each sequence.
        lengths: Number of frames of each sequence.
        benchmark: MOT15, MOT16, MOT17 or MOT20; any name without preprocessing.
        workdir: Empty folder for the files in TrackEval's layout.
    """
    for name in truth:
        _link(workdir / "gt" / name / "gt" / "gt.txt", truth[name])
        _link(workdir / "it" / f"{name}.txt", results[name])
    folders = workdir / "gt", workdir / "it"
    setting = trackeval_run.mot_challenge(*folders, lengths, benchmark, preprocess=preprocess)
    return score(setting)["pedestrian"]


def score_kitti(
    truth: Path, results: Path, lengths: Mapping[str, int], workdir: Path
) -> dict[str, Scores]:
    """Return the scores of KITTI's boxes by class; the files are <folder>/<name>.txt."""
    _link(workdir / trackeval_run.KITTI_TRUTH, truth)
    return score(trackeval_run.kitti(workdir, results, lengths), ("car", "pedestrian"))


def load_vis(truth: Path, results: Path, workdir: Path) -> Any:
    """Return TrackEval's data set of two YouTube-VIS files."""
    folder = workdir / f"gt_{trackeval_run.VIS_ENDING}"
    other = workdir / f"results_{trackeval_run.VIS_ENDING}" / "it"
    _link(folder / "truth.json", truth)
    _link(other / "results.json", results)
    return trackeval_run.open_dataset(trackeval_run.youtube_vis(folder, other))


def score_vis(dataset: Any) -> dict[str, Scores]:
    """Return every field of HOTA, CLEAR, Identity and Count, by sequence, then class.

    The total is the sequence COMBINED, which also has the classes `class averaged` and `detection
    averaged`.
    """
    classes = dataset.class_list
    found = trackeval_run.evaluate(dataset, "it", classes, FAMILIES[:-1])
    scores = {
        name: {kind: _numbers(of_sequence(found, kind, name)) for kind in classes}
        for name in dataset.seq_list
    }
    total = {kind: of_class(found, kind) for kind in classes} | {
        "class averaged": over_classes(found, "class"),
        "detection averaged": over_classes(found, "det"),
    }
    return scores | {"COMBINED": {kind: _numbers(fields) for kind, fields in total.items()}}


def score_track_map(videos: Pairs, workdir: Path) -> dict[str, dict[str, np.ndarray]]:
    """Return AP and AR at each threshold, for all areas and three size ranges, by class.

    Args:
        workdir: Empty folder for the files in TrackEval's layout.
    """
    classes = next(iter(videos.values()))[0].extent.classes
    found = trackeval_run.run(lay_out_vis(workdir, videos), list(classes.values()), ["TrackMAP"])
    return {name: fields["TrackMAP"] for name, fields in found.combined.items()}


def score_arrays(truth: Tracks, prediction: Tracks) -> dict[str, float]:
    """Return every field for one sequence passed as arrays, without preprocessing."""
    frames = range(truth.extent.frame_count)
    sides = {}
    for side, tracks in (("gt", truth), ("tracker", prediction)):
        identities, number = np.unique(tracks.track, return_inverse=True)
        sides[f"{side}_ids"] = [number[tracks.frame == frame] for frame in frames]
        sides[f"num_{side}_dets"] = len(tracks)
        sides[f"num_{side}_ids"] = len(identities)
    similarity = [
        box_iou(truth.box[truth.frame == frame][:, None], prediction.box[prediction.frame == frame])
        for frame in frames
    ]
    data = {**sides, "similarity_scores": similarity, "num_timesteps": len(frames), "seq": "s"}
    with contextlib.redirect_stdout(io.StringIO()):
        fields: dict = {}
        for name in FAMILIES:
            if len(truth) + len(prediction) or name != "VACE":  # it divides by zero
                fields |= getattr(trackeval.metrics, name)().eval_sequence(data)
    return {field: float(np.mean(value)) for field, value in fields.items()}


def _numbers(fields: Fields) -> dict[str, float]:
    """Return the fields without those of VACE if both sides are empty: VACE divides by zero."""
    is_empty = "VACE" in fields and np.isnan(fields["VACE"]["SFDA"])
    return trackeval_run.numbers({k: v for k, v in fields.items() if k != "VACE" or not is_empty})


def _link(link: Path, file: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(file.resolve())
