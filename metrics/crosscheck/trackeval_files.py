"""Lay out sequences as TrackEval reads them: links to the user's files, or tracks written.

Nothing of a user's file is changed: it gets the name that TrackEval expects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from datasets.formats import davis_png, kitti_text, mot_text, mots_text, vis_json
from datasets.io.files import read_small_text
from datasets.sequences.mot_folder import info_path
from datasets.types import NO_TRACK, Tracks
from metrics.crosscheck import trackeval_run
from metrics.crosscheck.trackeval_run import KITTI_SEQMAP, KITTI_TRUTH, VIS_ENDING, Setting

Pairs = Mapping[str, tuple[Tracks, Tracks]]  # ground truth and prediction by sequence
Source = Path | Tracks  # a user's file or folder, or tracks to write
_TRUTH, _RESULTS = "truth", "it"
_KITTI_MOTS_SEQMAP = "evaluate_mots.seqmap"
_COLUMNS = 4  # of a line of a seqmap
_MAX_ID = 10_000_000


@dataclass(frozen=True)
class Layout:
    """Where TrackEval expects the files of a sequence.

    Args:
        kind: Kind of a user's files that it reads: see `given_files.KINDS`.
        truth: Path of the ground truth below its folder; {} is the sequence.
        results: Path of the results below theirs.
        write_truth: Write ground truth to a path.
        write_results: Write results to a path.
        set_up: Return the setting, given folders of ground truth and results, sequence and number
            of frames; None where TrackEval reads that itself.
        seqmap: Start of the names of the files with numbers of frames, beside ground truth.
    """

    kind: str
    truth: str
    results: str
    write_truth: Callable[[Path, Tracks], None]
    write_results: Callable[[Path, Tracks], None]
    set_up: Callable[[Path, Path, str, int | None], Setting]
    seqmap: str = ""


def lay_out(
    layout: Layout, workdir: Path, sequence: str, sides: tuple[Source, Source], frames: int | None
) -> Setting:
    """Return the setting for one sequence, after linking or writing its files to an empty folder.

    Args:
        frames: Number of frames; None to let TrackEval read it from a user's file.
    """
    truth, results = workdir / _TRUTH, workdir / _RESULTS
    _put(sides[0], truth / layout.truth.format(sequence), layout.write_truth)
    _put(sides[1], results / layout.results.format(sequence), layout.write_results)
    if frames is None and isinstance(sides[0], Path) and layout.kind in ("mot", "mots"):
        info = info_path(truth / sequence)
        _put(info_path(sides[0].parents[1]), info, layout.write_truth)
    setting = layout.set_up(truth, results, sequence, frames)
    if frames is None and isinstance(sides[0], Path) and layout.seqmap:
        return _with_seqmap(setting, truth, find_seqmap_line(layout, sides[0], sequence))
    return setting


def gives_frames(layout: Layout, truth: Path, sequence: str) -> bool:
    """Return whether a file of the user gives TrackEval the number of frames of a sequence."""
    if layout.seqmap:
        return bool(find_seqmap_line(layout, truth, sequence))
    return layout.kind == "davis" or info_path(truth.parents[1]).is_file()


def find_seqmap_line(layout: Layout, truth: Path, sequence: str) -> str:
    """Return a sequence's line of the seqmaps in the folder of its ground truth or beside it."""
    for folder in (truth.parent, truth.parent.resolve().parent):
        for path in sorted(folder.glob(f"{layout.seqmap}*")):
            for line in read_small_text(path, "replace").splitlines():
                cells = line.split()
                if len(cells) >= _COLUMNS and cells[0] == sequence:
                    return f"{line}\n"
    return ""


def _with_seqmap(setting: Setting, truth: Path, line: str) -> Setting:
    path = truth / KITTI_SEQMAP
    path.write_text(line)
    if setting.kind == "Kitti2DBox":  # which reads the file of this name
        return setting
    return replace(setting, config={**setting.config, "SEQ_INFO": None, "SEQMAP_FILE": str(path)})


def _put(source: Source, path: Path, write: Callable[[Path, Tracks], None]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(source, Path):
        path.symlink_to(source.resolve())
    else:
        write(path, _from_one(source) if has_large_ids(source) else source)


def mot_layout(benchmark: str, *, preprocess: bool = True) -> Layout:
    """Return MOTChallenge's layout for boxes; arguments as for `trackeval_run.mot_challenge`."""

    def set_up(truth: Path, results: Path, sequence: str, frames: int | None) -> Setting:
        lengths = {sequence: frames}
        return trackeval_run.mot_challenge(
            truth, results, lengths, benchmark, preprocess=preprocess
        )

    return Layout(
        "mot",
        "{}/gt/gt.txt",
        "{}.txt",
        partial(mot_text.write_tracks, kind="truth"),
        partial(mot_text.write_tracks, kind="mot15"),
        set_up,
    )


MOTS = Layout(
    "mots",
    "{}/gt/gt.txt",
    "{}.txt",
    partial(mots_text.write_tracks, first_frame=1),
    partial(mots_text.write_tracks, first_frame=1),
    lambda truth, results, name, frames: trackeval_run.mots_challenge(
        truth, results, {name: frames}
    ),
)
KITTI_MOTS = Layout(
    "kitti_mots",
    "{}.txt",
    "{}.txt",
    mots_text.write_tracks,
    mots_text.write_tracks,
    lambda truth, results, name, frames: trackeval_run.kitti_mots(truth, results, {name: frames}),
    seqmap=_KITTI_MOTS_SEQMAP,
)
KITTI = Layout(
    "kitti",
    f"{KITTI_TRUTH}/{{}}.txt",
    "{}.txt",
    partial(kitti_text.write_tracks, kind="truth"),
    kitti_text.write_tracks,
    lambda truth, results, name, frames: trackeval_run.kitti(truth, results, {name: frames or 0}),
    seqmap="evaluate_tracking.seqmap",
)
DAVIS = Layout(
    "davis",
    "{}",
    "{}",
    lambda folder, tracks: davis_png.write_tracks(folder, _from_one(tracks)),
    lambda folder, tracks: davis_png.write_tracks(folder, _from_one(tracks)),
    lambda truth, results, *_: trackeval_run.davis(truth, results),
)


def has_large_ids(tracks: Tracks) -> bool:
    """Return whether TrackEval would take too much memory: its arrays go up to the largest id."""
    return bool(tracks.track.max(initial=0) > _MAX_ID)


def fits_png(tracks: Tracks) -> bool:
    """Return whether a PNG file can hold all objects of a sequence, numbered from 1."""
    return bool(_from_one(tracks).track.max(initial=0) < davis_png.VOID)


def link_vis(workdir: Path, truth: Path, results: Path) -> Setting:
    """Return the setting for the user's files of YouTube-VIS, after linking them."""
    folders = _vis_folders(workdir)
    for folder, path in zip(folders, (truth, results), strict=True):
        folder.mkdir(parents=True)
        (folder / "file.json").symlink_to(path.resolve())
    return trackeval_run.youtube_vis(*folders)


def lay_out_vis(workdir: Path, pairs: Pairs) -> Setting:
    """Write masks as YouTube-VIS JSON; a track with several classes is split by class."""
    truth, results = _vis_folders(workdir)
    truths = {name: _all_or_no_crowd(_of_one_class(one)) for name, (one, _) in pairs.items()}
    predictions = {name: _of_one_class(other) for name, (_, other) in pairs.items()}
    vis_json.write_truth(truth / "truth.json", truths)
    vis_json.write_results(results / "results.json", predictions)
    return trackeval_run.youtube_vis(truth, results)


def _vis_folders(workdir: Path) -> tuple[Path, Path]:
    return workdir / f"{_TRUTH}_{VIS_ENDING}", workdir / f"{_RESULTS}_{VIS_ENDING}" / _RESULTS


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
