"""Small valid files of every format, with their readers and possible corruptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from datasets.conversion.codec import SourceFacts
from datasets.conversion.registry import FORMATS
from datasets.layout import load_layout
from datasets.sequences.sequence_json import open_sequence, read_sequence
from metrics.family import load_protocol
from metrics.score import score_tracks
from tests.support.broken import (
    by_cells,
    by_chunks,
    by_columns,
    by_nodes,
    by_values,
    expected,
    seeds,
)

Corruption = Callable[[bytes, Random], bytes]
Pair = tuple[Any, Any]


@dataclass(frozen=True)
class Case:
    """A file to corrupt, with the other files that are read together with it.

    Args:
        files: Contents of a folder, by relative path.
        broken: Path of the file to corrupt.
        read: Function that reads the folder and returns a pair for each sequence: the content of
            the other files, or the sequence name, and the content of the corrupted file.
        corruptions: Corruptions specific to the format, in addition to those of any bytes.
        harmless: Changes which do not change the content of the file.
        expected: Function that returns what must be read from a file, if it is read at all.
        lines: Whether an error in the file names a line.
        use: Function that processes the content; it may raise.
    """

    files: Mapping[str, bytes]
    broken: str
    read: Callable[[Path], list[Pair]]
    corruptions: tuple[Corruption, ...]
    harmless: tuple[Callable[[bytes], bytes], ...] = ()
    expected: Callable[[bytes], Any] | None = None
    lines: bool = False
    use: Callable[[list[Pair]], None] = lambda _: None


def crlf(data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")


def marked(data: bytes) -> bytes:
    return b"\xef\xbb\xbf" + data


def trailing(data: bytes) -> bytes:
    return data.replace(b"\n", b" \t \n")


def blank(data: bytes) -> bytes:
    return data.replace(b"\n", b"  \n")


def spaced(data: bytes) -> bytes:
    return data.replace(b"\n", b"\n\n  \n")


def unfinished(data: bytes) -> bytes:
    return data.removesuffix(b"\n")


def commented(data: bytes) -> bytes:
    return b"# frame, id\n" + data.replace(b"\n", b"\n \t#1,1\n", 1)


LINES = (trailing, spaced, unfinished, crlf, marked)
JSON = (trailing, crlf, marked)
COMMAS = (*by_cells.cell_corruptions(","), by_cells.lines)
BLANKS = (*by_cells.cell_corruptions(" "), by_cells.lines)
MASKS = (*BLANKS, by_cells.run_lengths, by_cells.run_lengths, by_cells.huge)


def on_a_line(corruption: Corruption) -> Corruption:
    """Return a corruption of one line of a file whose lines are JSON."""

    def changed(data: bytes, random: Random) -> bytes:
        lines = data.split(b"\n")
        place = random.randrange(len(lines) - 1)
        lines[place] = corruption(lines[place], random).replace(b"\n", b"")
        return b"\n".join(lines)

    return changed


OBJECTS = (*map(on_a_line, dict.fromkeys(by_values.CORRUPTIONS)), by_cells.lines)


def _pair(layout: str, side: int, truth: str, results: str) -> Callable[[Path], list[Pair]]:
    """Return a reader of all sequences; the corrupted file is ground truth (0) or results (1)."""

    def read(folder: Path) -> list[Pair]:
        module = load_layout(layout)
        names = module.list_sequences(folder / truth)
        pairs = [module.read_pair(folder / truth, folder / results, name) for name in names]
        return [(pair[1 - side], pair[side]) for pair in pairs]

    return read


def _both(
    layout: str, truth: str, results: str, files: Mapping[str, bytes], **kinds: Any
) -> dict[str, Case]:
    """Return a case for the ground truth and one for the results.

    Args:
        truth: Path of the ground truth.
        results: Path of the results.
        kinds: Fields of the cases; a list of two where they differ.
    """
    folders = [path.split("/")[0] for path in (truth, results)]
    protocol = kinds.pop("protocol")
    return {
        f"{layout} {name}": Case(
            files,
            path,
            _pair(layout, side, *folders),
            use=partial(_score, protocol, side),
            **{k: v[side] if isinstance(v, list) else v for k, v in kinds.items()},
        )
        for side, (name, path) in enumerate({"truth": truth, "results": results}.items())
    }


def _score(protocol: str, side: int, found: list[Pair]) -> None:
    for other, own in found:
        truth, prediction = (other, own) if side else (own, other)
        score_tracks(truth, prediction, protocol, load_protocol(protocol).families)


def _converted(name: str, like: Case, given: SourceFacts, truth: str = "") -> dict[str, Case]:
    """Return the case of a file that is read by a codec, without the other files of a layout.

    Args:
        truth: Path of the required ground truth.
    """
    file = Path(like.broken)
    path = file.parent if name in ("kitti_dump", "davis") else file
    kept = [each for each in like.files if each == truth or Path(each).is_relative_to(path)]

    def read(folder: Path) -> list[Pair]:
        facts = replace(given, truth=folder / truth) if truth else given
        found = FORMATS[name].read(folder / path, facts)
        FORMATS[name].count_unread(folder / path)
        return [(key, each) for key, each in found.items()]

    def use(found: list[Pair]) -> None:
        with TemporaryDirectory() as workdir:
            for each in ("parquet", name):
                FORMATS[each].count_dropped(dict(found))
                FORMATS[each].write(Path(workdir) / each, dict(found))

    fields = {key: getattr(like, key) for key in ("corruptions", "harmless", "expected", "lines")}
    files = {each: like.files[each] for each in kept}
    return {f"convert {name}": Case(files, like.broken, read, use=use, **fields)}


def _sequence(folder: Path) -> list[Pair]:
    path = folder / "sequence.json"
    return [(open_sequence(path).detections(), read_sequence(path))]


MOT_TRUTH = partial(expected.mot, classes=True)
MOT_RESULTS = partial(expected.mot, classes=True, unnamed=True)
MOT15 = partial(expected.mot, classes=False)
KITTI_ROWS = partial(expected.kitti, detections=True)
MOT = {"truth": "truth/a/gt/gt.txt", "results": "results/a.txt"}
ONE = {"truth": "truth/a.txt", "results": "results/a.txt"}


def all_cases() -> dict[str, Case]:
    """Return all cases by name."""
    text: dict[str, Any] = {"harmless": (commented, *LINES), "lines": True}
    json: dict[str, Any] = {"corruptions": by_values.CORRUPTIONS, "harmless": JSON}
    cases = {
        **_both("mot16", **MOT, files=seeds.mot(), corruptions=COMMAS,
                expected=[MOT_TRUTH, MOT_RESULTS], protocol="mot17", **text),
        **_both("mot15", **MOT, files=seeds.mot15(), corruptions=COMMAS,
                expected=[MOT15, MOT_RESULTS], protocol="mot15", **text),
        **_both("plain", **MOT, files=seeds.plain(), corruptions=COMMAS,
                expected=[MOT_TRUTH, MOT_RESULTS], protocol="plain", **text),
        **_both("mots", **MOT, files=seeds.mots_challenge(), corruptions=MASKS,
                expected=partial(expected.mots, first_frame=1), protocol="mots", **text),
        **_both("kitti_mots", **ONE, files=seeds.kitti_mots(), corruptions=MASKS,
                expected=partial(expected.mots, first_frame=0), protocol="kitti_mots", **text),
        **_both("kitti", **ONE, files=seeds.kitti(), corruptions=BLANKS, expected=expected.kitti,
                protocol="kitti", **text),
        **_both("youtube_vis", "truth.json", "results.json", seeds.youtube_vis(),
                expected=expected.segmentations, protocol="youtube_vis", **json),
        **_both("coco", "truth.json", "results.json", seeds.coco(),
                expected=[expected.annotations, expected.entries], protocol="coco", **json),
        **_both("davis", "truth/a/00001.png", "results/a/00001.png", seeds.davis(),
                corruptions=by_chunks.CORRUPTIONS, protocol="davis"),
        **_both("davis2016", "truth/a/00001.png", "results/a/00001.png", seeds.davis(),
                corruptions=by_chunks.CORRUPTIONS, protocol="davis2016"),
        **_both("parquet", "truth/a/truth.parquet", "results/a/tracks.parquet", seeds.parquet(),
                corruptions=by_columns.CORRUPTIONS, protocol="youtube_vis"),
    }  # fmt: skip
    mot = Case(seeds.mot(), "truth/a/seqinfo.ini", cases["mot16 truth"].read,
               (*by_cells.cell_corruptions("="), by_cells.lines), LINES)  # fmt: skip
    plain = Case(seeds.plain(), "truth/classes.yaml", cases["plain truth"].read,
                 (*by_cells.cell_corruptions(":"), by_cells.lines, *by_nodes.CORRUPTIONS),
                 (blank, unfinished, crlf, marked))  # fmt: skip
    dump = Case(seeds.dump(), "00_000_000001.txt", list, BLANKS, LINES, lines=True)
    lines = Case(seeds.lines(), "a.jsonl", list, OBJECTS, LINES, expected.labels_in_lines, True)
    sequence = Case(seeds.sequence(), "sequence.json", _sequence, by_values.CORRUPTIONS, JSON)
    sources: dict[str, tuple[Any, ...]] = {
        "mot": (cases["plain results"], SourceFacts(classes=seeds.CLASSES)),
        "mot_truth": (cases["plain truth"], SourceFacts(classes=seeds.CLASSES)),
        "mot15": (cases["mot15 truth"], SourceFacts()),
        "mots": (cases["kitti_mots truth"], SourceFacts()),
        "mots_challenge": (cases["mots results"], SourceFacts()),
        "kitti": (replace(cases["kitti results"], expected=KITTI_ROWS), SourceFacts()),
        "kitti_truth": (replace(cases["kitti truth"], expected=KITTI_ROWS), SourceFacts()),
        "kitti_dump": (dump, SourceFacts()),
        "sam2_jsonl": (lines, SourceFacts()),
        "youtube_vis_truth": (cases["youtube_vis truth"], SourceFacts()),
        "youtube_vis_results": (cases["youtube_vis results"], SourceFacts(), "truth.json"),
        "coco_truth": (cases["coco truth"], SourceFacts()),
        "coco_results": (cases["coco results"], SourceFacts(), "truth.json"),
        "davis": (cases["davis truth"], SourceFacts()),
        "parquet": (cases["parquet results"], SourceFacts()),
    }
    assert sources.keys() == FORMATS.keys()
    converted = [_converted(name, *source) for name, source in sources.items()]
    small = {"seqinfo": mot, "classes.yaml": plain, "sequence.json": sequence}
    return {key: each for part in (cases, small, *converted) for key, each in part.items()}
