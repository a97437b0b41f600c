"""Run TrackEval 1.3.0 on files: its configuration and its results.

This module has no local imports, so that time and memory of TrackEval can be measured (see bench/).
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import sys
import warnings
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np

OF_TRACKS = ("HOTA", "CLEAR", "Identity")  # the usual families
KITTI_TRUTH = "label_02"  # folder of ground truth files that Kitti2DBox reads
VIS_ENDING = "youtube_vis_all"  # ending of the names of both folders that YouTubeVIS reads
KITTI_SEQMAP = "evaluate_tracking.seqmap.training"  # its file with the sequence lengths
_SIZE_LIMITS = (128, 256)  # side lengths in pixels of the squares that bound medium tracks
_MAX_TRACKS = 100  # per video and class, as in the official evaluator

Lengths = Mapping[str, int | None]  # number of frames of each sequence; None: from seqinfo.ini
Fields = dict[str, dict[str, Any]]  # by name in trackeval.metrics, then by field


@dataclass(frozen=True)
class Setting:
    """Configuration of TrackEval for a set of files.

    Args:
        kind: Class name in trackeval.datasets.
        config: Configuration of the data set.
        tracker: Name of the folder of the results.
        only_class: TrackEval's name of the only class; empty if there are several.
    """

    kind: str
    config: Mapping[str, Any]
    tracker: str
    only_class: str = ""


@dataclass(frozen=True)
class Evaluation:
    """Results of TrackEval; totals cover the sequences for which a family has values.

    Args:
        families: Objects of trackeval.metrics by name.
        sequences: Fields by class, then sequence; see `of_sequence`.
        combined: Fields of all sequences by class.
    """

    families: Mapping[str, Any]
    sequences: dict[str, dict[str, Fields]]
    combined: dict[str, Fields]


def mot_challenge(
    truth: Path, results: Path, lengths: Lengths, benchmark: str, *, preprocess: bool = True
) -> Setting:
    """Return the setting for boxes of pedestrians.

    Args:
        truth: Folder with <sequence>/gt/gt.txt.
        results: Folder with <sequence>.txt.
        benchmark: MOT15, MOT16, MOT17 or MOT20; any name without preprocessing.
    """
    more = {"BENCHMARK": benchmark, "SKIP_SPLIT_FOL": True, "DO_PREPROC": preprocess}
    config = _config(truth, results) | {"SEQ_INFO": dict(lengths)} | more
    return Setting("MotChallenge2DBox", config, results.name, "pedestrian")


def mots_challenge(truth: Path, results: Path, lengths: Lengths) -> Setting:
    """Return the setting for masks of pedestrians; folders as for `mot_challenge`."""
    config = _config(truth, results) | {"SEQ_INFO": dict(lengths), "SKIP_SPLIT_FOL": True}
    return Setting("MOTSChallenge", config, results.name, "pedestrian")


def kitti_mots(truth: Path, results: Path, lengths: Lengths) -> Setting:
    """Return the setting for masks; both folders contain <sequence>.txt."""
    more = {"SEQ_INFO": dict(lengths), "GT_LOC_FORMAT": "{gt_folder}/{seq}.txt"}
    return Setting("KittiMOTS", _config(truth, results) | more, results.name)


def kitti(truth: Path, results: Path, lengths: Mapping[str, int]) -> Setting:
    """Return the setting for KITTI's boxes, and write the file with the sequence lengths.

    Args:
        truth: Folder with `KITTI_TRUTH`/<sequence>.txt; that of the results has <sequence>.txt.
    """
    lines = (f"{name}\tempty\t000000\t{length:06d}\n" for name, length in lengths.items())
    (truth / KITTI_SEQMAP).write_text("".join(lines))
    return Setting("Kitti2DBox", _config(truth, results), results.name)


def davis(truth: Path, results: Path) -> Setting:
    """Return the setting for DAVIS; both folders contain <sequence>/00000.png and so on."""
    names = sorted(path.name for path in truth.iterdir())
    config = _config(truth, results) | {"SEQ_INFO": dict.fromkeys(names)}
    return Setting("DAVIS", config, results.name, "general")


def youtube_vis(truth: Path, results: Path) -> Setting:
    """Return the setting for YouTube-VIS; both folders contain one JSON file.

    Args:
        truth: Folder whose name ends with `VIS_ENDING`.
        results: Folder whose parent's name ends with `VIS_ENDING`.
    """
    config = _config(truth, results) | {"SPLIT_TO_EVAL": "all"}
    for key in ("GT_FOLDER", "TRACKERS_FOLDER"):
        config[key] = str(config[key]).removesuffix(VIS_ENDING)
    return Setting("YouTubeVIS", config, results.name)


def run(setting: Setting, classes: Many[str], families: Many[str]) -> Evaluation:
    """Return TrackEval's results for the files: see `evaluate`."""
    return evaluate(open_dataset(setting), setting.tracker, classes, families)


def open_dataset(setting: Setting) -> Any:
    """Return TrackEval's data set, which reads the files."""
    import trackeval

    with suppress_output():
        dataset = getattr(trackeval.datasets, setting.kind)(dict(setting.config))
    if setting.kind == "YouTubeVIS":
        dataset.global_tid_counter = 1  # a track with id 0 could be matched any number of times
    return dataset


def evaluate(dataset: Any, tracker: str, classes: Many[str], families: Many[str]) -> Evaluation:
    """Return TrackEval's results for every sequence of a data set.

    Args:
        classes: TrackEval's names of the classes.
        families: Class names in trackeval.metrics.
    """
    loaded = load_families(families)
    names = sorted(dataset.seq_list)  # as eval.py does: AP keeps the order for equal scores
    each = [score_sequence(dataset, tracker, name, classes, loaded) for name in names]
    return combine(dict(zip(names, each, strict=True)), loaded)


def load_families(names: Many[str]) -> dict[str, Any]:
    """Return objects of trackeval.metrics by name."""
    with suppress_output():
        return {name: _load(name) for name in names}


def score_sequence(
    dataset: Any, tracker: str, sequence: str, classes: Many[str], loaded: Mapping[str, Any]
) -> dict[str, Fields]:
    """Return the fields of one sequence by class."""
    with suppress_output():
        data = dataset.get_raw_seq_data(tracker, sequence)
        kept = ((name, dataset.get_preprocessed_seq_data(data, name)) for name in classes)
        return {name: _score(loaded, each) for name, each in kept}


def combine(sequences: Mapping[str, Mapping[str, Fields]], loaded: Mapping[str, Any]) -> Evaluation:
    """Return the results of sequences, and of all combined.

    Args:
        sequences: Fields by class of each sequence; AP keeps their order for equal scores.
    """
    classes = next(iter(sequences.values()))
    fields = {name: {key: each[name] for key, each in sequences.items()} for name in classes}
    with suppress_output():
        totals = {name: _join(loaded, each, "combine_sequences") for name, each in fields.items()}
    return Evaluation(loaded, fields, totals)


@contextlib.contextmanager
def suppress_output() -> Iterator[None]:
    """Suppress TrackEval's output, and replace scikit-image if it is missing."""
    out, err = contextlib.redirect_stdout, contextlib.redirect_stderr
    with out(io.StringIO()), err(io.StringIO()), warnings.catch_warnings(), _scikit_image():
        warnings.simplefilter("ignore", RuntimeWarning)  # means of empty arrays
        yield


def of_sequence(found: Evaluation, class_name: str, sequence: str) -> Fields:
    """Return the fields of one sequence, NaN where TrackEval fails because there are no rows."""
    fields = found.sequences[class_name][sequence]
    if "TrackMAP" in fields:  # which computes values of totals only
        alone = {sequence: {"TrackMAP": fields["TrackMAP"]}}
        fields = fields | _join(found.families, alone, "combine_sequences")
    return _filled(found.families, fields)


def of_class(found: Evaluation, class_name: str) -> Fields:
    """Return the fields of all sequences combined, NaN if all are empty."""
    return _filled(found.families, found.combined[class_name])


def over_classes(found: Evaluation, way: Literal["class", "det"]) -> Fields:
    """Return the fields of all classes combined, class-averaged or detection-averaged."""
    with suppress_output():
        method = f"combine_classes_{way}_averaged"
        return _filled(found.families, _join(found.families, found.combined, method))


def numbers(fields: Fields) -> dict[str, float]:
    """Return every value by its field, averaged over thresholds; TrackMAP's by our columns."""
    found: dict[str, float] = {}
    for family, values in fields.items():
        named = _track_map(values) if family == "TrackMAP" else values
        found |= {name: float(np.mean(value)) for name, value in named.items()}
    return found


def _config(truth: Path, results: Path) -> dict[str, Any]:
    return {
        "GT_FOLDER": str(truth),
        "TRACKERS_FOLDER": str(results.parent),
        "TRACKERS_TO_EVAL": [results.name],
        "TRACKER_SUB_FOLDER": "",
        "PRINT_CONFIG": False,
    }


def _load(name: str) -> Any:
    from trackeval import metrics

    if name != "TrackMAP":
        return getattr(metrics, name)()
    small, large = (side**2 for side in _SIZE_LIMITS)
    areas = [[0, small], [small, large], [large, 1e10]]
    more = {"USE_TIME_RANGES": False, "MAX_DETECTIONS": _MAX_TRACKS}
    return metrics.TrackMAP({"AREA_RANGES": areas, **more})


def _score(loaded: Mapping[str, Any], data: dict[str, Any]) -> Fields:
    """Return the fields of one sequence, without the families that fail on it.

    VACE divides by zero if both sides are empty. Without ground truth JAndF fails, or makes the
    total NaN.
    """
    rows = data["num_gt_dets"] + data["num_tracker_dets"]
    needed = {"VACE": rows, "JAndF": data["num_gt_ids"]}
    return {
        name: family.eval_sequence(data)
        for name, family in loaded.items()
        if needed.get(name, True)
    }


def _join(loaded: Mapping[str, Any], found: Mapping[str, Fields], way: str) -> Fields:
    """Return the fields of several sequences or classes combined, by a method of TrackEval."""
    total = {}
    for name, family in loaded.items():
        if parts := {key: fields[name] for key, fields in found.items() if name in fields}:
            total[name] = getattr(family, way)(parts)
    return total


def _filled(loaded: Mapping[str, Any], fields: Fields) -> Fields:
    return {
        name: fields.get(name, dict.fromkeys(family.fields, np.nan))
        for name, family in loaded.items()
    }


def _track_map(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return TrackMAP's arrays over thresholds by our columns, NaN instead of its -1."""
    precision = np.asarray(fields["AP_all"])
    found = {"AP": precision, "AP50": precision[0], "AP75": precision[5], "AR100": fields["AR_all"]}
    found |= {f"AP_{size}": fields[f"AP_area_{size[0]}"] for size in ("small", "medium", "large")}
    return {name: np.where(np.equal(each, -1), np.nan, each) for name, each in found.items()}


@contextlib.contextmanager
def _scikit_image() -> Iterator[None]:
    """Provide the only function of scikit-image that JAndF uses, if scikit-image is missing."""
    if "skimage" in sys.modules or importlib.util.find_spec("skimage") is not None:
        yield
        return
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
    """Return the same as skimage.morphology.disk: a square with 1 within the radius."""
    line = np.arange(-radius, radius + 1)
    return (line**2 + line[:, None] ** 2 <= radius**2).astype(np.uint8)
