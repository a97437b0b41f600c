"""Convert label and result files from one format to another.

    python -m datasets.convert --from kitti_dump --to mot DUMP OUT
    python -m datasets.convert --from mot --to parquet IN.txt OUT.parquet
        --size 1080 1920 --frames 600 --classes 1=person 2=bag
    python -m datasets.convert --from youtube_vis_results --to mots IN.json OUT --truth TRUTH.json

IN and OUT are either a file, which holds one sequence and is named after it, or a folder with one
file per sequence. YouTube-VIS and COCO store all sequences in one file, which is called
instances.json or results.json if a folder is given. DAVIS has one folder per sequence.
docs/formats.md lists what each format holds. Fields of IN which the output format cannot hold are
listed as dropped. Facts which OUT requires and IN does not provide (image size, number of frames,
class names) are given by flags. Exits with 2 and one line of explanation on invalid input.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.class_mapping import fit_classes, fit_extent, rename_classes
from datasets.conversion.codec import Fact, Numbering, Sequences, SourceFacts, is_single_file
from datasets.conversion.dropped_fields import Counts, add_counts, describe_counts
from datasets.conversion.registry import FORMATS
from datasets.io.files import printable
from datasets.io.flags import positive_int
from datasets.io.program import run_main
from datasets.media.frames import list_images
from datasets.sequences.classes_yaml import check_classes
from datasets.types import Tracks

_FLAGS: Mapping[Fact, tuple[str, str]] = {
    "size": ("image size", "--size HEIGHT WIDTH"),
    "frames": ("number of frames", "--frames N"),
    "classes": ("class names", "--classes 1=NAME ..."),
    "ignored": ("ignored classes", "--ignored ID ..."),
    "first_frame": ("number of the first image", "--first-frame N"),
    "truth": ("ground truth", "--truth FILE"),
}
_REQUIRED: tuple[Fact, ...] = ("size", "frames", "classes")


@dataclass(frozen=True)
class Conversion:
    """One conversion, as requested on the command line.

    Args:
        source: Name of the input format, a key of FORMATS.
        target: Name of the output format.
        given: Facts which the input does not provide itself.
        renamed: New class names by old class name.
        number_as: Ground truth whose numbers of videos, images and classes the output uses.
        name_as: Folder of the images whose file names the output uses.
    """

    source: str
    target: str
    input: Path
    output: Path
    given: SourceFacts
    renamed: Mapping[str, str]
    number_as: Path | None = None
    name_as: Path | None = None


def convert(task: Conversion) -> tuple[Sequences, Counts]:
    """Write the sequences in another format; return them and the counts of dropped fields.

    Raises:
        OSError: A file is missing or cannot be written.
        ValueError: A file is invalid, a required fact is missing, a superfluous one is given, or
            the output would overwrite the input.
    """
    source, target = FORMATS[task.source], FORMATS[task.target]
    _check_given_facts(task)
    _check_output_path(task)
    numbering = _load_numbering(task)
    read = _rename(source.read(task.input, task.given), task.renamed)
    for name, tracks in read.items():
        if target.masks_only and tracks.rle is None and len(tracks):
            raise ValueError(f"{name}: {task.target} holds only masks, but the input has none")
    _check_required_facts(task)
    fitted = {name: _fit(task, numbering, name, tracks) for name, tracks in read.items()}
    dropped = [source.count_unread(task.input)]
    dropped += [_count_facts(task, tracks) for tracks in read.values()]
    dropped += [_count_ignore_flags(read[name], fitted[name]) for name in read]
    dropped.append(target.count_dropped(fitted))
    if task.name_as is not None:
        _write_with_names(task, fitted)
    else:
        write = target.write if numbering is None else numbering.write
        write(task.output, fitted)
    return fitted, add_counts(dropped)


def _write_with_names(task: Conversion, sequences: Sequences) -> None:
    """Write the single sequence with the file names of its images."""
    write = FORMATS[task.target].write_with_names
    if write is None or task.name_as is None:
        raise ValueError(f"--name-as: {task.target} has no image names")
    if len(sequences) != 1 or not is_single_file(task.output, FORMATS[task.target].suffix):
        raise ValueError("--name-as: expected one sequence and an output file")
    (tracks,) = sequences.values()
    write(task.output, tracks, [path.name for path in list_images(task.name_as)])


def main() -> None:
    """Run the command line program."""
    args = _arguments()
    written, dropped = convert(_plan(args))
    if dropped:
        print(printable(f"dropped: {describe_counts(dropped)}"), file=sys.stderr)
    rows = sum(map(len, written.values()))
    print(printable(f"{args.output}: sequences: {len(written)}, rows: {rows}"))


def _check_given_facts(task: Conversion) -> None:
    """Raise ValueError for a given fact which the input format does not accept."""
    source = FORMATS[task.source]
    for fact, (what, flag) in _FLAGS.items():
        if getattr(task.given, fact) is not None and fact not in source.takes:
            provided = fact in source.provides
            why = f"provides the {what} itself" if provided else f"does not use the {what}"
            raise ValueError(f"{flag.split()[0]}: {task.source} {why}")


def _check_output_path(task: Conversion) -> None:
    """Raise ValueError if an input file could be overwritten."""
    outputs = [task.output.resolve()]
    if not is_single_file(task.output, FORMATS[task.target].suffix):
        outputs += [folder.resolve() for folder in task.output.glob("*/")]  # some may be links
    beside = [file for file in (task.given.truth, task.number_as) if file is not None]
    for file in [*FORMATS[task.source].files(task.input), *beside]:
        if any(file.resolve().is_relative_to(output) for output in outputs):
            raise ValueError(
                f"{task.output}: this is or contains the input {file}: choose another output"
            )


def _load_numbering(task: Conversion) -> Numbering | None:
    """Return how the output is numbered as a ground truth, if one is given."""
    if task.number_as is None:
        return None
    load = FORMATS[task.target].load_numbering
    if load is None:
        raise ValueError(f"--number-as: {task.target} has no video or image ids")
    return load(task.number_as)


def _is_known(task: Conversion, fact: Fact) -> bool:
    """Return whether the input format or a flag provides a fact about the sequences."""
    source = FORMATS[task.source]
    provided = source.provides | source.provided_by_truth
    return fact in provided or getattr(task.given, fact) is not None


def _check_required_facts(task: Conversion) -> None:
    """Raise ValueError for a fact which the output requires and neither input nor flags provide.

    With the numbering of a ground truth, only the class names are required: classes are looked up
    by name there.
    """
    target = FORMATS[task.target]
    required = target.provides | target.requires if task.number_as is None else {"classes"}
    for fact in _REQUIRED:
        if fact in required and not _is_known(task, fact):
            what, flag = _FLAGS[fact]
            missing = f"the {what}, which {task.source} does not provide"
            raise ValueError(f"{task.target} requires {missing}: add {flag}")


def _rename(sequences: Sequences, names: Mapping[str, str]) -> Sequences:
    known = {name for tracks in sequences.values() for name in tracks.extent.classes.values()}
    unknown = sorted(set(names) - known)
    if unknown:
        raise ValueError(f"--rename: expected classes among {sorted(known)}, found {unknown}")
    if not names:
        return sequences
    return {key: rename_classes(tracks, names) for key, tracks in sequences.items()}


def _fit(task: Conversion, numbering: Numbering | None, name: str, tracks: Tracks) -> Tracks:
    """Return tracks with the ground truth's extent, if any, and the output format's classes."""
    classes, ignored = FORMATS[task.target].classes, FORMATS[task.target].ignored
    if numbering is not None:
        tracks = _fit_extent(task, numbering, name, tracks)
        classes = numbering.extents[name].classes
    if classes is None:
        return tracks
    try:
        return fit_classes(tracks, classes, ignored)
    except ValueError as error:
        raise ValueError(f"{name}: {error}: rename classes by --rename OLD=NEW") from error


def _fit_extent(task: Conversion, numbering: Numbering, name: str, tracks: Tracks) -> Tracks:
    if name not in numbering.extents:
        known = sorted(numbering.extents)
        raise ValueError(f"{task.number_as}: expected a sequence among {known}, found {name!r}")
    try:
        extent = numbering.extents[name]
        return fit_extent(tracks, extent, counted=_is_known(task, "frames"))
    except ValueError as error:
        raise ValueError(f"{task.number_as}: {name}: {error}") from error


def _count_facts(task: Conversion, tracks: Tracks) -> Counts:
    """Return the facts about a sequence which the input provides and the output does not hold."""
    facts = FORMATS[task.source].provides - FORMATS[task.target].provides
    present = {
        "size": tracks.extent.height > 0,
        "frames": tracks.extent.frame_count > tracks.frame.max(initial=-1) + 1,
        "classes": len(tracks) > 0,
    }
    return {_FLAGS[fact][0]: 0 for fact in _REQUIRED if fact in facts and present[fact]}


def _count_ignore_flags(tracks: Tracks, fitted: Tracks) -> Counts:
    """Return the count of rows which were ignored and no longer are with the format's classes."""
    before, after = (np.isin(each.class_id, each.extent.ignored) for each in (tracks, fitted))
    count = int((before & ~after).sum())
    return {"ignore flags": count} if count else {}


def _plan(args: argparse.Namespace) -> Conversion:
    """Return the conversion requested on the command line; ValueError for invalid classes."""
    classes, ignored = args.classes, tuple(args.ignored or ())
    if classes:
        if len(dict(classes)) < len(classes):
            raise ValueError(f"--classes: expected unique ids, found {[key for key, _ in classes]}")
        classes, ignored = check_classes("--", dict(classes), ignored)
    facts = SourceFacts(
        tuple(args.size) if args.size else None,
        args.frames,
        classes,
        ignored or None,
        args.first_frame,
        args.truth,
    )
    renamed = dict(args.rename or ())
    formats = args.source, args.target
    return Conversion(
        *formats, args.input, args.output, facts, renamed, args.number_as, args.name_as
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = ", ".join(FORMATS)
    for flag, name in (("--from", "source"), ("--to", "target")):
        parser.add_argument(
            flag, dest=name, choices=FORMATS, required=True, metavar="FORMAT", help=known
        )
    parser.add_argument("input", type=Path, metavar="IN", help="file or folder to read")
    parser.add_argument("output", type=Path, metavar="OUT", help="file or folder to write")
    parser.add_argument(
        "--size",
        type=positive_int,
        nargs=2,
        metavar=("HEIGHT", "WIDTH"),
        help="image size in pixels",
    )
    parser.add_argument(
        "--frames", type=positive_int, metavar="N", help="number of frames of each sequence"
    )
    parser.add_argument(
        "--classes", type=_pair, nargs="+", metavar="ID=NAME", help="class names by class id"
    )
    parser.add_argument(
        "--ignored", type=int, nargs="+", metavar="ID", help="class ids which are not scored"
    )
    parser.add_argument(
        "--rename", type=_pair, nargs="+", metavar="OLD=NEW", help="classes to rename"
    )
    parser.add_argument(
        "--first-frame", type=int, metavar="N", help="number of the first image in sam2_jsonl names"
    )
    parser.add_argument(
        "--truth", type=Path, metavar="FILE", help="ground truth for the results in IN"
    )
    parser.add_argument(
        "--number-as", type=Path, metavar="FILE", help="ground truth whose ids OUT uses"
    )
    parser.add_argument(
        "--name-as",
        type=Path,
        metavar="FOLDER",
        help="images whose file names OUT uses (sam2_jsonl only)",
    )
    return parser.parse_args()


def _pair(text: str) -> tuple[str, str]:
    key, sign, name = text.partition("=")
    if not (key and sign and name):
        raise argparse.ArgumentTypeError(f"expected a pair such as 1=person, found {text!r}")
    return key, name


if __name__ == "__main__":
    sys.exit(run_main(main))
