"""What TrackEval 1.3.0 says of MOTChallenge files, for the parity tests."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
import trackeval

from datasets.overlap import box_iou
from datasets.types import Tracks

Scores = dict[str, dict[str, float]]


def score(
    truth: Mapping[str, Path],
    results: Mapping[str, Path],
    lengths: Mapping[str, int],
    benchmark: str,
    room: Path,
    *,
    preprocess: bool = True,
) -> Scores:
    """Return every field of HOTA, CLEAR, Identity, Count and VACE per sequence, and as COMBINED.

    Args:
        truth: gt.txt of each sequence.
        results: Result file of each sequence.
        lengths: Number of frames of each sequence.
        benchmark: MOT15, MOT16, MOT17 or MOT20.
        room: An empty folder to lay the files out in as TrackEval wants them.
    """
    for name in truth:
        (room / "gt" / name / "gt").mkdir(parents=True)
        (room / "gt" / name / "gt" / "gt.txt").symlink_to(truth[name].resolve())
        (room / "trackers" / "it" / "data").mkdir(parents=True, exist_ok=True)
        (room / "trackers" / "it" / "data" / f"{name}.txt").symlink_to(results[name].resolve())
    config = {
        "GT_FOLDER": str(room / "gt"),
        "TRACKERS_FOLDER": str(room / "trackers"),
        "TRACKERS_TO_EVAL": ["it"],
        "BENCHMARK": benchmark,
        "DO_PREPROC": preprocess,
        "SEQ_INFO": dict(lengths),
        "SKIP_SPLIT_FOL": True,
        "PRINT_CONFIG": False,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = trackeval.datasets.MotChallenge2DBox(config)
        return _evaluate(dataset, list(truth))


def score_kitti_mots(
    truth: Path, results: Path, lengths: Mapping[str, int], room: Path
) -> dict[str, Scores]:
    """Return the same for masks, by class; every sequence of `lengths` is <folder>/<name>.txt."""
    (room / "trackers").mkdir(parents=True)
    (room / "trackers" / "it").symlink_to(results.resolve())
    config = {
        "GT_FOLDER": str(truth),
        "TRACKERS_FOLDER": str(room / "trackers"),
        "TRACKERS_TO_EVAL": ["it"],
        "TRACKER_SUB_FOLDER": "",
        "GT_LOC_FORMAT": "{gt_folder}/{seq}.txt",
        "SEQ_INFO": dict(lengths),
        "PRINT_CONFIG": False,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = trackeval.datasets.KittiMOTS(config)
        return {name: _evaluate(dataset, list(lengths), name) for name in ("car", "pedestrian")}


def score_davis(truth: Path, results: Path, room: Path) -> Scores:
    """Return the same and J&F for every sequence; both folders are <sequence>/00000.png.

    TrackEval loads scikit-image for one function, which is not installed here and is stood in for.
    """
    (room / "trackers" / "it").mkdir(parents=True)
    (room / "trackers" / "it" / "data").symlink_to(results.resolve())
    config = {
        "GT_FOLDER": str(truth),
        "TRACKERS_FOLDER": str(room / "trackers"),
        "TRACKERS_TO_EVAL": ["it"],
        "PRINT_CONFIG": False,
    }
    with contextlib.redirect_stdout(io.StringIO()), _scikit_image():
        dataset = trackeval.datasets.DAVIS(config)
        names = sorted(path.name for path in truth.iterdir())
        return _evaluate(dataset, names, "general", [*_families(), trackeval.metrics.JAndF()])


@contextlib.contextmanager
def _scikit_image() -> Iterator[None]:
    morphology = ModuleType("skimage.morphology")
    morphology.__dict__["disk"] = _disk
    modules = {"skimage": ModuleType("skimage"), "skimage.morphology": morphology}
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]


def _disk(radius: float) -> np.ndarray:
    """Return what skimage.morphology.disk does: a square in which 1 is within the radius."""
    line = np.arange(-radius, radius + 1)
    return (line**2 + line[:, None] ** 2 <= radius**2).astype(np.uint8)


def score_kitti(
    truth: Path, results: Path, lengths: Mapping[str, int], room: Path
) -> dict[str, Scores]:
    """Return the same for KITTI's boxes, by class; files are <folder>/<name>.txt."""
    (room / "gt").mkdir(parents=True)
    (room / "gt" / "label_02").symlink_to(truth.resolve())
    (room / "trackers").mkdir()
    (room / "trackers" / "it").symlink_to(results.resolve())
    seqmap = "".join(f"{name} empty 000000 {length:06d}\n" for name, length in lengths.items())
    (room / "gt" / "evaluate_tracking.seqmap.training").write_text(seqmap)
    config = {
        "GT_FOLDER": str(room / "gt"),
        "TRACKERS_FOLDER": str(room / "trackers"),
        "TRACKERS_TO_EVAL": ["it"],
        "TRACKER_SUB_FOLDER": "",
        "PRINT_CONFIG": False,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = trackeval.datasets.Kitti2DBox(config)
        return {name: _evaluate(dataset, list(lengths), name) for name in ("car", "pedestrian")}


def score_mots_challenge(
    truth: Path, results: Path, lengths: Mapping[str, int], room: Path
) -> Scores:
    """Return the same for masks of pedestrians; truth is <folder>/<name>/gt/gt.txt."""
    (room / "trackers").mkdir(parents=True)
    (room / "trackers" / "it").symlink_to(results.resolve())
    config = {
        "GT_FOLDER": str(truth),
        "TRACKERS_FOLDER": str(room / "trackers"),
        "TRACKERS_TO_EVAL": ["it"],
        "TRACKER_SUB_FOLDER": "",
        "SEQ_INFO": dict(lengths),
        "SKIP_SPLIT_FOL": True,
        "PRINT_CONFIG": False,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        return _evaluate(trackeval.datasets.MOTSChallenge(config), list(lengths))


def score_arrays(truth: Tracks, prediction: Tracks) -> dict[str, float]:
    """Return every field for one sequence that is handed over as arrays, nothing left out."""
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
        for family in _families():
            if len(truth) + len(prediction) or family.get_name() != "VACE":  # it divides by zero
                fields |= family.eval_sequence(data)
    return {field: float(np.mean(value)) for field, value in fields.items()}


def _families() -> list:
    metrics = trackeval.metrics
    return [
        metrics.HOTA(), metrics.CLEAR(), metrics.Identity(), metrics.Count(), metrics.VACE()
    ]  # fmt: skip


def _evaluate(
    dataset, names: list[str], class_name: str = "pedestrian", families: list | None = None
) -> Scores:
    families = families or _families()
    raw: list[dict[str, dict]] = [{} for _ in families]
    for name in names:
        data = dataset.get_preprocessed_seq_data(dataset.get_raw_seq_data("it", name), class_name)
        for family, into in zip(families, raw, strict=True):
            into[name] = family.eval_sequence(data)
    for family, into in zip(families, raw, strict=True):
        into["COMBINED"] = family.combine_sequences(dict(into))
    return {
        name: {field: float(np.mean(value)) for into in raw for field, value in into[name].items()}
        for name in [*names, "COMBINED"]
    }
