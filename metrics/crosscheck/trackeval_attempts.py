"""Hand sequences to TrackEval: the user's own files first, conversions of what it cannot read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.formats.vis_json import read_videos
from datasets.types import Tracks
from metrics.crosscheck import trackeval_run
from metrics.crosscheck.given_files import GivenFiles
from metrics.crosscheck.reference import Input, Request, Sample, describe_failure
from metrics.crosscheck.trackeval_files import (
    Layout,
    Source,
    gives_frames,
    lay_out,
    lay_out_vis,
    link_vis,
)
from metrics.crosscheck.trackeval_run import Fields, Setting

Converted = tuple[Tracks, Tracks]
Scored = dict[str, dict[str, Fields]]  # by our names of sequence and class
NAME = "trackeval"
_NEITHER = (False, False)


@dataclass(frozen=True)
class Opened:
    """Files that TrackEval has opened.

    Args:
        sequences: TrackEval's names by ours, in the order of TrackEval's.
        classes: TrackEval's names by ours.
    """

    dataset: Any
    tracker: str
    sequences: Mapping[str, str]
    classes: Mapping[str, str]


@dataclass(frozen=True)
class Attempt:
    """One way to hand some sequences to TrackEval.

    Args:
        given: Whether ground truth and results are the user's files.
        open: Lay out the files in an empty folder and open them.
    """

    given: tuple[bool, bool]
    open: Callable[[Path], Opened]


def run_first(
    attempts: list[Attempt], workdir: Path, reason: str, loaded: Mapping[str, Any]
) -> tuple[Scored, list[Input]]:
    """Return the fields of the first attempt that TrackEval can score, and its inputs.

    Args:
        attempts: The last one has no user's file: if TrackEval fails on it, that error is raised.
        reason: Why there is no attempt with both of the user's files, if there is none.
    """
    *first, last = attempts
    failure = ""
    for number, each in enumerate(first):
        try:
            return _run(each, workdir / str(number), failure or reason, loaded)
        except Exception as error:  # TrackEval raises any type for a file that it cannot read
            failure = failure or f"TrackEval fails on the files given: {describe_failure(error)}"
    return _run(last, workdir / "last", failure or reason, loaded)


def _run(
    attempt: Attempt, workdir: Path, reason: str, loaded: Mapping[str, Any]
) -> tuple[Scored, list[Input]]:
    opened = attempt.open(workdir)
    found = _score(opened, loaded)
    why = "" if all(attempt.given) else reason
    return found, [Input(NAME, name, *attempt.given, why) for name in found]


def attempts_by_sequence(
    layout: Layout, request: Request, select: Callable[[Sample], Converted]
) -> Iterator[list[Attempt]]:
    """Yield the ways to hand over each sequence of a layout with files for each.

    Args:
        select: Return the tracks to write where a file is not handed over.
    """
    files = request.given if request.given.kind == layout.kind else GivenFiles()
    for number, (name, sample) in enumerate(request.samples.items()):
        sources = _sources(files, name, select(sample))
        yield [
            Attempt(given, _opener(layout, request, name, sides))
            for given, sides in sources.items()
            if any(given)
        ] + [Attempt(_NEITHER, _opener(layout, request, name, sources[_NEITHER], f"{number:04d}"))]


def _sources(
    files: GivenFiles, name: str, converted: Converted
) -> dict[tuple[bool, bool], tuple[Source, Source]]:
    """Return ground truth and results by whether each is given; as few as possible are not."""
    truth, results = files.truth.get(name), files.results.get(name)
    found: dict[tuple[bool, bool], tuple[Source, Source]] = {}
    if truth and results:
        found[True, True] = truth, results
    if truth:
        found[True, False] = truth, converted[1]
    if results:
        found[False, True] = converted[0], results
    return found | {_NEITHER: converted}


def _opener(
    layout: Layout, request: Request, name: str, sides: tuple[Source, Source], theirs: str = ""
) -> Callable[[Path], Opened]:
    """Return a function that lays out a sequence in an empty folder and opens it.

    Args:
        theirs: TrackEval's name of the sequence, where a format may not allow ours.
    """
    truth, frames = sides[0], request.given.frames

    def open_files(workdir: Path) -> Opened:
        reads = isinstance(truth, Path) and gives_frames(layout, truth, name)
        length = request.samples[name].truth.extent.frame_count
        count = None if reads and name not in frames else length
        setting = lay_out(layout, workdir, theirs or name, sides, count)
        classes = {each: setting.only_class or each for each in request.classes}
        return _open(setting, {name: theirs or name}, classes)

    return open_files


def attempts_of_vis(
    request: Request, select: Callable[[Sample], Converted]
) -> Iterator[list[Attempt]]:
    """Yield the ways to hand over all sequences in the two files of YouTube-VIS."""
    files, samples = request.given, request.samples

    def open_given(workdir: Path) -> Opened:
        truth, results = files.truth[next(iter(samples))], files.results[next(iter(samples))]
        return _open_vis(link_vis(workdir, truth, results), truth, request)

    def open_converted(workdir: Path) -> Opened:
        names = {name: f"{number:04d}" for number, name in enumerate(samples)}
        pairs = {names[name]: select(sample) for name, sample in samples.items()}
        classes = {name: name for name in request.classes}
        return _open(lay_out_vis(workdir, pairs), names, classes)

    converted = Attempt(_NEITHER, open_converted)
    if files.has_both("youtube_vis", [*samples]):
        yield [Attempt((True, True), open_given), converted]
    else:
        yield [converted]


def _open_vis(setting: Setting, truth: Path, request: Request) -> Opened:
    """Return the user's files, opened; ValueError where TrackEval takes two things for one."""
    dataset = trackeval_run.open_dataset(setting)
    for what, names in (("videos", dataset.seq_list), ("categories", dataset.class_list)):
        if len({*names}) < len(names):
            raise ValueError(f"TrackEval scores {what} of one name as one")
    named = {key: name for name, key in dataset.seq_name_to_seq_id.items()}
    videos = read_videos(truth)
    sequences = {name: named[videos[name].number] for name in request.samples}
    keys = {name: key for key, name in next(iter(videos.values())).extent.classes.items()}
    classes = {key: name for name, key in dataset.class_name_to_class_id.items()}
    ordered = dict(sorted(sequences.items(), key=lambda pair: pair[1]))
    return Opened(
        dataset, setting.tracker, ordered, {name: classes[keys[name]] for name in request.classes}
    )


def _open(setting: Setting, sequences: Mapping[str, str], classes: Mapping[str, str]) -> Opened:
    return Opened(trackeval_run.open_dataset(setting), setting.tracker, sequences, classes)


def _score(opened: Opened, loaded: Mapping[str, Any]) -> Scored:
    found: Scored = {}
    names = [*dict.fromkeys(opened.classes.values())]
    for ours, theirs in opened.sequences.items():
        fields = trackeval_run.score_sequence(opened.dataset, opened.tracker, theirs, names, loaded)
        found[ours] = {name: fields[their_name] for name, their_name in opened.classes.items()}
    return found
