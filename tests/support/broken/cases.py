"""Small valid files of every format, each with how it is read and how it may be harmed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from datasets.conversion.codec import Given
from datasets.conversion.registry import FORMATS
from datasets.layout import load_layout
from datasets.sequences.sequence_json import open_sequence, read_sequence
from metrics.family import load_benchmark
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

Harm = Callable[[bytes, Random], bytes]
Pair = tuple[Any, Any]


@dataclass(frozen=True)
class Case:
    """A file among those it is read with.

    Args:
        files: Of a folder, by path in it.
        broken: Path of the one to harm.
        read: Return what the files of the folder hold, of each sequence a pair: what the others
            say, or its name, and what the broken one says.
        harms: Of the format, beside those of any bytes.
        harmless: Change nothing of what the file says.
        expected: Return what must be read of a file, if it is read at all.
        lines: Whether an error of the file is that of a line.
        use: What is done with what was read; it may be refused then.
    """

    files: Mapping[str, bytes]
    broken: str
    read: Callable[[Path], list[Pair]]
    harms: tuple[Harm, ...]
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


LINES = (trailing, spaced, unfinished, crlf, marked)
JSON = (trailing, crlf, marked)
COMMAS = (*by_cells.cell_harms(","), by_cells.lines)
BLANKS = (*by_cells.cell_harms(" "), by_cells.lines)
MASKS = (*BLANKS, by_cells.run_lengths, by_cells.run_lengths, by_cells.huge)


def on_a_line(harm: Harm) -> Harm:
    """Return a harm of one line of a file whose lines are JSON."""

    def changed(data: bytes, random: Random) -> bytes:
        lines = data.split(b"\n")
        place = random.randrange(len(lines) - 1)
        lines[place] = harm(lines[place], random).replace(b"\n", b"")
        return b"\n".join(lines)

    return changed


OBJECTS = (*map(on_a_line, dict.fromkeys(by_values.HARMS)), by_cells.lines)


def _pair(layout: str, side: int, truth: str, results: str) -> Callable[[Path], list[Pair]]:
    """Return a reader of all sequences: the broken file is the truth (0) or the results (1)."""

    def read(folder: Path) -> list[Pair]:
        known = load_layout(layout)
        names = known.list_sequences(folder / truth)
        pairs = [known.read_pair(folder / truth, folder / results, name) for name in names]
        return [(pair[1 - side], pair[side]) for pair in pairs]

    return read


def _both(
    layout: str, truth: str, results: str, files: Mapping[str, bytes], **kinds: Any
) -> dict[str, Case]:
    """Return a case for the truth and one for the results.

    Args:
        truth: File of the truth.
        results: File of the results.
        kinds: Fields of a case; a pair where they differ.
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
        score_tracks(truth, prediction, protocol, load_benchmark(protocol).families)


def _converted(name: str, like: Case, given: Given, truth: str = "") -> dict[str, Case]:
    """Return the case of a file that is read alone, without what a layout knows beside it.

    Args:
        truth: File of the ground truth that has to be given.
    """
    file = Path(like.broken)
    path = file.parent if name in ("kitti_dump", "davis") else file
    kept = [each for each in like.files if each == truth or Path(each).is_relative_to(path)]

    def read(folder: Path) -> list[Pair]:
        known = replace(given, truth=folder / truth) if truth else given
        found = FORMATS[name].read(folder / path, known)
        FORMATS[name].unread(folder / path)
        return [(key, each) for key, each in found.items()]

    def use(found: list[Pair]) -> None:
        with TemporaryDirectory() as workdir:
            for each in ("parquet", name):
                FORMATS[each].lost(dict(found))
                FORMATS[each].write(Path(workdir) / each, dict(found))

    fields = {key: getattr(like, key) for key in ("harms", "harmless", "expected", "lines")}
    files = {each: like.files[each] for each in kept}
    return {f"convert {name}": Case(files, like.broken, read, use=use, **fields)}


def _sequence(folder: Path) -> list[Pair]:
    path = folder / "sequence.json"
    return [(open_sequence(path).detections(), read_sequence(path))]


MOT_TRUTH = partial(expected.mot, classes=True)
MOT_RESULTS = partial(expected.mot, classes=True, unnamed=True)
MOT15 = partial(expected.mot, classes=False)
MOT = {"truth": "truth/a/gt/gt.txt", "results": "results/a.txt"}
ONE = {"truth": "truth/a.txt", "results": "results/a.txt"}


def all_cases() -> dict[str, Case]:
    """Return every case by name."""
    text: dict[str, Any] = {"harmless": LINES, "lines": True}
    json: dict[str, Any] = {"harms": by_values.HARMS, "harmless": JSON}
    cases = {
        **_both("mot16", **MOT, files=seeds.mot(), harms=COMMAS, expected=[MOT_TRUTH, MOT_RESULTS],
                protocol="mot17", **text),
        **_both("mot15", **MOT, files=seeds.mot15(), harms=COMMAS, expected=[MOT15, MOT_RESULTS],
                protocol="mot15", **text),
        **_both("plain", **MOT, files=seeds.plain(), harms=COMMAS,
                expected=[MOT_TRUTH, MOT_RESULTS], protocol="plain", **text),
        **_both("mots", **MOT, files=seeds.mots_challenge(), harms=MASKS,
                expected=partial(expected.mots, first_frame=1), protocol="mots", **text),
        **_both("kitti_mots", **ONE, files=seeds.kitti_mots(), harms=MASKS,
                expected=partial(expected.mots, first_frame=0), protocol="kitti_mots", **text),
        **_both("kitti", **ONE, files=seeds.kitti(), harms=BLANKS, expected=expected.kitti,
                protocol="kitti", **text),
        **_both("youtube_vis", "truth.json", "results.json", seeds.youtube_vis(),
                expected=expected.segmentations, protocol="youtube_vis", **json),
        **_both("coco", "truth.json", "results.json", seeds.coco(),
                expected=[expected.annotations, expected.entries], protocol="coco", **json),
        **_both("davis", "truth/a/00001.png", "results/a/00001.png", seeds.davis(),
                harms=by_chunks.HARMS, protocol="davis"),
        **_both("davis2016", "truth/a/00001.png", "results/a/00001.png", seeds.davis(),
                harms=by_chunks.HARMS, protocol="davis2016"),
        **_both("parquet", "truth/a/truth.parquet", "results/a/tracks.parquet", seeds.parquet(),
                harms=by_columns.HARMS, protocol="youtube_vis"),
    }  # fmt: skip
    mot = Case(seeds.mot(), "truth/a/seqinfo.ini", cases["mot16 truth"].read,
               (*by_cells.cell_harms("="), by_cells.lines), LINES)  # fmt: skip
    plain = Case(seeds.plain(), "truth/classes.yaml", cases["plain truth"].read,
                 (*by_cells.cell_harms(":"), by_cells.lines, *by_nodes.HARMS),
                 (blank, unfinished, crlf, marked))  # fmt: skip
    dump = Case(seeds.dump(), "00_000_000001.txt", list, BLANKS, LINES, lines=True)
    lines = Case(seeds.lines(), "a.jsonl", list, OBJECTS, LINES, expected.labels_in_lines, True)
    sequence = Case(seeds.sequence(), "sequence.json", _sequence, by_values.HARMS, JSON)
    sources: dict[str, tuple[Any, ...]] = {
        "mot": (cases["plain results"], Given(classes=seeds.CLASSES)),
        "mot_truth": (cases["plain truth"], Given(classes=seeds.CLASSES)),
        "mot15": (cases["mot15 truth"], Given()),
        "mots": (cases["kitti_mots truth"], Given()),
        "mots_challenge": (cases["mots results"], Given()),
        "kitti": (cases["kitti results"], Given()),
        "kitti_truth": (cases["kitti truth"], Given()),
        "kitti_dump": (dump, Given()),
        "sam2_jsonl": (lines, Given()),
        "youtube_vis_truth": (cases["youtube_vis truth"], Given()),
        "youtube_vis_results": (cases["youtube_vis results"], Given(), "truth.json"),
        "coco_truth": (cases["coco truth"], Given()),
        "coco_results": (cases["coco results"], Given(), "truth.json"),
        "davis": (cases["davis truth"], Given()),
        "parquet": (cases["parquet results"], Given()),
    }
    assert sources.keys() == FORMATS.keys()
    alone = [_converted(name, *source) for name, source in sources.items()]
    others = {"seqinfo": mot, "classes.yaml": plain, "sequence.json": sequence}
    return {key: each for part in (cases, others, *alone) for key, each in part.items()}
