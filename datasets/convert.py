"""Result and label files of one format in another.

    python -m datasets.convert --from kitti_dump --to mot DUMP OUT
    python -m datasets.convert --from mot --to parquet IN.txt OUT.parquet
        --size 1080 1920 --frames 600 --classes 1=person 2=bag
    python -m datasets.convert --from youtube_vis_results --to mots IN.json OUT --truth TRUTH.json

IN and OUT are a file, which holds one sequence and names it, or a folder with a file a sequence.
YouTube-VIS and COCO have one file for all sequences, called instances.json or results.json where a
folder is named; DAVIS has a folder a sequence. docs/formats.md lists what each format holds.
Whatever of IN the other format cannot hold is listed as lost. Where OUT has to say what IN does not
(image size, number of frames, class names), a flag gives it. Exits with 2 and one line of reason on
bad input.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.class_mapping import fit_classes, fit_extent, rename_classes
from datasets.conversion.codec import Fact, Given, Numbering, Sequences, is_one_file
from datasets.conversion.dropped_fields import Counts, add_counts, describe_counts
from datasets.conversion.registry import FORMATS
from datasets.io.files import printable
from datasets.io.program import run_main
from datasets.media.frames import list_images
from datasets.sequences.classes_yaml import check_classes
from datasets.types import Tracks

_FLAGS: Mapping[Fact, tuple[str, str]] = {
    "size": ("the image size", "--size HEIGHT WIDTH"),
    "frames": ("the number of frames", "--frames N"),
    "classes": ("the names of classes", "--classes 1=NAME ..."),
    "ignored": ("which classes are ignored", "--ignored ID ..."),
    "first_frame": ("the number of the first image", "--first-frame N"),
    "truth": ("a ground truth", "--truth FILE"),
}
_NEEDED: tuple[Fact, ...] = ("size", "frames", "classes")


@dataclass(frozen=True)
class Task:
    """What is to be converted.

    Args:
        source: Name of the format to read, in FORMATS.
        target: Name of the format to write.
        given: What the input does not say itself.
        renamed: Other names of classes, by the names they have.
        numbered: Ground truth whose numbers of videos, images and classes the output takes.
        named: Folder of the images whose names the output takes.
    """

    source: str
    target: str
    input: Path
    output: Path
    given: Given
    renamed: Mapping[str, str]
    numbered: Path | None = None
    named: Path | None = None


def convert(task: Task) -> tuple[Sequences, Counts]:
    """Write the sequences of one format in another; return them, and what is lost.

    Raises:
        OSError: A file is missing or cannot be written.
        ValueError: A file is not what it should be, something is not given or given in vain, or
            the output would overwrite the input.
    """
    source, target = FORMATS[task.source], FORMATS[task.target]
    _refuse_vain_flags(task)
    _refuse_own_input(task)
    numbering = _number(task)
    read = _rename(source.read(task.input, task.given), task.renamed)
    for name, tracks in read.items():
        if target.masks and tracks.rle is None and len(tracks):
            raise ValueError(f"{name}: {task.target} holds masks, and there are none")
    _refuse_unknown(task)
    fitted = {name: _fit(task, numbering, name, tracks) for name, tracks in read.items()}
    lost = [source.unread(task.input)]
    lost += [_count_facts(task, tracks) for tracks in read.values()]
    lost += [_count_marks(read[name], fitted[name]) for name in read]
    lost.append(target.lost(fitted))
    if task.named is not None:
        _write_named(task, fitted)
    else:
        write = target.write if numbering is None else numbering.write
        write(task.output, fitted)
    return fitted, add_counts(lost)


def _write_named(task: Task, sequences: Sequences) -> None:
    """Write the one sequence with the names of its images."""
    write = FORMATS[task.target].write_named
    if write is None or task.named is None:
        raise ValueError(f"--name-as: {task.target} has no names of images")
    if len(sequences) != 1 or not is_one_file(task.output, FORMATS[task.target].suffix):
        raise ValueError("--name-as: expected one sequence and a file for it")
    (tracks,) = sequences.values()
    write(task.output, tracks, [path.name for path in list_images(task.named)])


def main() -> None:
    """Run the command line program."""
    args = _arguments()
    written, lost = convert(_plan(args))
    if lost:
        print(printable(f"lost: {describe_counts(lost)}"), file=sys.stderr)
    rows = sum(map(len, written.values()))
    print(printable(f"{args.output}: sequences: {len(written)}, rows: {rows}"))


def _refuse_vain_flags(task: Task) -> None:
    """Raise ValueError for something that is given and that the input's format does not take."""
    source = FORMATS[task.source]
    for fact, (what, flag) in _FLAGS.items():
        if getattr(task.given, fact) is not None and fact not in source.takes:
            why = f"says {what} itself" if fact in source.says else f"has no use for {what}"
            raise ValueError(f"{flag.split()[0]}: {task.source} {why}")


def _refuse_own_input(task: Task) -> None:
    """Raise ValueError if a file that is read could be overwritten."""
    outputs = [task.output.resolve()]
    if not is_one_file(task.output, FORMATS[task.target].suffix):
        outputs += [folder.resolve() for folder in task.output.glob("*/")]  # some may be links
    beside = [file for file in (task.given.truth, task.numbered) if file is not None]
    for file in [*FORMATS[task.source].files(task.input), *beside]:
        if any(file.resolve().is_relative_to(output) for output in outputs):
            raise ValueError(f"{task.output}: is or holds the input {file}: name another place")


def _number(task: Task) -> Numbering | None:
    """Return how the output is written with the numbers of a ground truth, if one is named."""
    if task.numbered is None:
        return None
    number = FORMATS[task.target].number
    if number is None:
        raise ValueError(f"--number-as: {task.target} has no numbers of videos or images")
    return number(task.numbered)


def _is_known(task: Task, fact: Fact) -> bool:
    """Whether the input's format or a flag says something of the sequences."""
    source = FORMATS[task.source]
    return fact in source.says | source.known or getattr(task.given, fact) is not None


def _refuse_unknown(task: Task) -> None:
    """Raise ValueError for what the output has to say, and neither the input nor a flag does.

    With the numbers of a ground truth it is just the names by which classes are found there.
    """
    target = FORMATS[task.target]
    asked = target.says | target.asks if task.numbered is None else {"classes"}
    for fact in _NEEDED:
        if fact in asked and not _is_known(task, fact):
            what, flag = _FLAGS[fact]
            raise ValueError(f"{task.target} needs {what}, {task.source} does not say: give {flag}")


def _rename(sequences: Sequences, names: Mapping[str, str]) -> Sequences:
    known = {name for tracks in sequences.values() for name in tracks.extent.classes.values()}
    unknown = sorted(set(names) - known)
    if unknown:
        raise ValueError(f"--rename: no class {unknown}: expected some of {sorted(known)}")
    if not names:
        return sequences
    return {key: rename_classes(tracks, names) for key, tracks in sequences.items()}


def _fit(task: Task, numbering: Numbering | None, name: str, tracks: Tracks) -> Tracks:
    """Return tracks as the output's ground truth has them, or with its format's own classes."""
    classes, ignored = FORMATS[task.target].classes, FORMATS[task.target].ignored
    if numbering is not None:
        tracks = _fit_extent(task, numbering, name, tracks)
        classes = numbering.extents[name].classes
    if classes is None:
        return tracks
    try:
        return fit_classes(tracks, classes, ignored)
    except ValueError as error:
        raise ValueError(f"{name}: {error}: use --rename, as in --rename a=b") from error


def _fit_extent(task: Task, numbering: Numbering, name: str, tracks: Tracks) -> Tracks:
    if name not in numbering.extents:
        known = sorted(numbering.extents)
        raise ValueError(f"{task.numbered}: no sequence {name!r}: expected one of {known}")
    try:
        extent = numbering.extents[name]
        return fit_extent(tracks, extent, counted=_is_known(task, "frames"))
    except ValueError as error:
        raise ValueError(f"{task.numbered}: {name}: {error}") from error


def _count_facts(task: Task, tracks: Tracks) -> Counts:
    """Return what the input says of the sequence as a whole and the output does not."""
    facts = FORMATS[task.source].says - FORMATS[task.target].says
    there = {
        "size": tracks.extent.height > 0,
        "frames": tracks.extent.frame_count > tracks.frame.max(initial=-1) + 1,
        "classes": len(tracks) > 0,
    }
    return {_FLAGS[fact][0]: 0 for fact in _NEEDED if fact in facts and there[fact]}


def _count_marks(tracks: Tracks, fitted: Tracks) -> Counts:
    """Return how many rows were ignored and are not among a format's own classes."""
    before, after = (np.isin(each.class_id, each.extent.ignored) for each in (tracks, fitted))
    count = int((before & ~after).sum())
    return {"marks of what is ignored": count} if count else {}


def _plan(args: argparse.Namespace) -> Task:
    """Return the task the command line names; ValueError for classes that cannot be."""
    classes, ignored = args.classes, tuple(args.ignored or ())
    if classes:
        if len(dict(classes)) < len(classes):
            raise ValueError(f"--classes: an id is given twice: {[key for key, _ in classes]}")
        classes, ignored = check_classes("--", dict(classes), ignored)
    more = Given(
        tuple(args.size) if args.size else None,
        args.frames,
        classes,
        ignored or None,
        args.first_frame,
        args.truth,
    )
    renamed = dict(args.rename or ())
    kinds = args.source, args.target
    return Task(*kinds, args.input, args.output, more, renamed, args.number_as, args.name_as)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = ", ".join(FORMATS)
    for flag, name in (("--from", "source"), ("--to", "target")):
        parser.add_argument(
            flag, dest=name, choices=FORMATS, required=True, metavar="FORMAT", help=known
        )
    parser.add_argument("input", type=Path, metavar="IN")
    parser.add_argument("output", type=Path, metavar="OUT")
    parser.add_argument(
        "--size", type=_count, nargs=2, metavar=("HEIGHT", "WIDTH"), help="in pixels"
    )
    parser.add_argument("--frames", type=_count, metavar="N", help="of each sequence")
    parser.add_argument(
        "--classes", type=_pair, nargs="+", metavar="ID=NAME", help="what class ids are called"
    )
    parser.add_argument(
        "--ignored", type=int, nargs="+", metavar="ID", help="classes neither right nor wrong"
    )
    parser.add_argument(
        "--rename", type=_pair, nargs="+", metavar="NAME=NAME", help="classes to call otherwise"
    )
    parser.add_argument(
        "--first-frame", type=int, metavar="N", help="number of the first image, in sam2_jsonl"
    )
    parser.add_argument(
        "--truth", type=Path, metavar="FILE", help="ground truth that IN has results for"
    )
    parser.add_argument(
        "--number-as", type=Path, metavar="FILE", help="ground truth that OUT has results for"
    )
    parser.add_argument(
        "--name-as", type=Path, metavar="FOLDER", help="images whose names OUT takes, in sam2_jsonl"
    )
    return parser.parse_args()


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} found, expected a whole number from 1")
    return int(text)


def _pair(text: str) -> tuple[str, str]:
    key, sign, name = text.partition("=")
    if not (key and sign and name):
        raise argparse.ArgumentTypeError(f"{text!r} found, expected two words as in 1=person")
    return key, name


if __name__ == "__main__":
    sys.exit(run_main(main))
