"""Write tracks as the files that TrackEval reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from datasets.formats import davis_png, kitti_text, mot_text, mots_text, vis_json
from datasets.types import NO_TRACK, Tracks
from metrics.crosscheck import trackeval_run
from metrics.crosscheck.trackeval_run import Setting

Pairs = Mapping[str, tuple[Tracks, Tracks]]  # ground truth and prediction by sequence
_TRUTH, _RESULTS = "truth", "it"


def lay_out_mot(workdir: Path, pairs: Pairs, benchmark: str, *, preprocess: bool = True) -> Setting:
    """Write boxes in MOTChallenge's layout; arguments as for `trackeval_run.mot_challenge`."""
    truth, results = workdir / _TRUTH, workdir / _RESULTS
    for name, (one, other) in pairs.items():
        mot_text.write_tracks(truth / name / "gt" / "gt.txt", one, "truth")
        mot_text.write_tracks(results / f"{name}.txt", other, "mot15")
    lengths = _lengths(pairs)
    return trackeval_run.mot_challenge(truth, results, lengths, benchmark, preprocess=preprocess)


def lay_out_mots(workdir: Path, pairs: Pairs) -> Setting:
    """Write masks in MOTSChallenge's layout."""
    truth, results = workdir / _TRUTH, workdir / _RESULTS
    for name, (one, other) in pairs.items():
        mots_text.write_tracks(truth / name / "gt" / "gt.txt", one, first_frame=1)
        mots_text.write_tracks(results / f"{name}.txt", other, first_frame=1)
    return trackeval_run.mots_challenge(truth, results, _lengths(pairs))


def lay_out_kitti_mots(workdir: Path, pairs: Pairs) -> Setting:
    """Write masks in KITTI-MOTS' layout."""
    truth, results = workdir / _TRUTH, workdir / _RESULTS
    for name, (one, other) in pairs.items():
        mots_text.write_tracks(truth / f"{name}.txt", one)
        mots_text.write_tracks(results / f"{name}.txt", other)
    return trackeval_run.kitti_mots(truth, results, _lengths(pairs))


def lay_out_kitti(workdir: Path, pairs: Pairs) -> Setting:
    """Write boxes in KITTI's layout."""
    truth, results = workdir / _TRUTH, workdir / _RESULTS
    for name, (one, other) in pairs.items():
        file = f"{name}.txt"
        kitti_text.write_tracks(truth / trackeval_run.KITTI_TRUTH / file, one, "truth")
        kitti_text.write_tracks(results / file, other)
    return trackeval_run.kitti(truth, results, _lengths(pairs))


def lay_out_vis(workdir: Path, pairs: Pairs) -> Setting:
    """Write masks as YouTube-VIS JSON; a track with several classes is split by class."""
    truth = workdir / f"{_TRUTH}_{trackeval_run.VIS_ENDING}"
    results = workdir / f"{_RESULTS}_{trackeval_run.VIS_ENDING}" / _RESULTS
    truths = {name: _all_or_no_crowd(_of_one_class(one)) for name, (one, _) in pairs.items()}
    predictions = {name: _of_one_class(other) for name, (_, other) in pairs.items()}
    vis_json.write_truth(truth / "truth.json", truths)
    vis_json.write_results(results / "results.json", predictions)
    return trackeval_run.youtube_vis(truth, results)


def lay_out_davis(workdir: Path, pairs: Pairs) -> Setting | None:
    """Write masks as DAVIS PNG, objects numbered from 1; None if a PNG cannot hold that many."""
    numbered = {name: (_from_one(one), _from_one(other)) for name, (one, other) in pairs.items()}
    largest = max(each.track.max(initial=0) for both in numbered.values() for each in both)
    if largest >= davis_png.VOID:
        return None
    for name, both in numbered.items():
        for folder, each in zip((_TRUTH, _RESULTS), both, strict=True):
            davis_png.write_tracks(workdir / folder / name, each)
    return trackeval_run.davis(workdir / _TRUTH, workdir / _RESULTS)


def _lengths(pairs: Pairs) -> dict[str, int]:
    return {name: truth.extent.frame_count for name, (truth, _) in pairs.items()}


def _of_one_class(tracks: Tracks) -> Tracks:
    both = np.stack([tracks.track, tracks.class_id], axis=1)
    absent = tracks.absent
    if absent is not None:
        both = np.concatenate([both, np.stack([absent.track, absent.class_id], axis=1)])
    track = np.unique(both, axis=0, return_inverse=True)[1].ravel() + 1
    if absent is not None:
        absent = replace(absent, track=track[len(tracks) :])
    extent = replace(tracks.extent, ignored=())
    return replace(tracks, extent=extent, track=track[: len(tracks)], absent=absent)


def _all_or_no_crowd(tracks: Tracks) -> Tracks:
    """Return tracks that are a crowd in all their rows or in none, as AP treats them."""
    scored = np.bincount(tracks.track, tracks.score != 0) > 0
    return replace(tracks, score=scored[tracks.track].astype(np.float64))


def _from_one(tracks: Tracks) -> Tracks:
    """Return the objects renumbered from 1; void keeps no track id."""
    void = np.isin(tracks.class_id, tracks.extent.ignored)
    names = np.unique(tracks.track[~void])
    return replace(tracks, track=np.where(void, NO_TRACK, np.searchsorted(names, tracks.track) + 1))
