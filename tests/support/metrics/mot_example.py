"""A small example in MOTChallenge layout, what TrackEval makes of it, and changes of its files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from metrics.crosscheck import trackeval_run
from tests.support import trackeval_oracle
from tests.support.metrics.inputs import Change, Example, Scores
from tests.support.metrics.text_changes import Chosen, Line, both, every, some, without

TRUTH, RESULTS, INFO = "truth/s/gt/gt.txt", "results/s.txt", "truth/s/seqinfo.ini"
FRAMES = range(1, 9)
BENCHMARKS = {"mot17": "MOT17", "mot15": "MOT15", "plain": "DanceTrack"}


def _corner(frame: int, track: int) -> tuple[int, int]:
    """Return left and top of an object."""
    return 100 * track + 5 * frame * (-1) ** track, 100 + 50 * track + frame


def _labels(track: int, frames: Iterable[int] = FRAMES) -> Iterator[str]:
    for frame in frames:
        left, top = _corner(frame, track)
        yield f"{frame},{track},{left},{top},60,150,1,1,1\n"


def _results(track: int, name: int, frames: Iterable[int]) -> Iterator[str]:
    for frame in frames:
        left, top = _corner(frame, track)
        yield f"{frame},{name},{left + 3},{top - 2},62,150,0.9,-1,-1,-1\n"


FILES = {
    INFO: "[Sequence]\nname=s\nframeRate=30\nseqLength=8\nimWidth=1920\nimHeight=1080\n",
    TRUTH: "".join([*_labels(1), *_labels(2), *_labels(3, range(1, 7))]),
    RESULTS: "".join(
        [
            *_results(1, 11, FRAMES),
            *_results(2, 12, range(1, 5)),
            *_results(2, 13, range(5, 9)),  # an identity switch
            *_results(3, 14, range(1, 5)),  # two misses
            *_results(9, 15, range(3, 6)),  # three false positives
        ]
    ),
}
FIELDS = ("HOTA", "AssA", "MOTA", "IDF1", "IDSW", "CLR_TP", "CLR_FP", "CLR_FN", "IDs", "GT_Dets")


def _theirs(folder: Path, options: Mapping[str, Any]) -> Scores:
    protocol, found = options.get("protocol", "mot17"), folder / "results"
    setting = trackeval_run.mot_challenge(
        folder / "truth",
        found / "data" if (found / "data").is_dir() else found,
        {"s": None},
        BENCHMARKS[protocol],
        preprocess=protocol == "mot17",
    )
    scores = trackeval_oracle.score(setting)["pedestrian"]["COMBINED"]
    return {f"0 {name}": scores[name] for name in FIELDS}


MOT = Example("mot17", FILES, ("truth", "results"), _theirs)
PLAIN, MOT15 = {"protocol": "plain"}, {"protocol": "mot15"}


def early(cells: list[str]) -> bool:
    """Return whether a line is of one of the first three frames."""
    return int(cells[0]) < 4


def of_track(name: str) -> Chosen:
    """Return whether a line is of a track."""
    return lambda cells: cells[1] == name


def ending(text: str, columns: int = 7) -> Line:
    """Return the line with the first columns, and others instead of the rest."""
    return lambda cells: ",".join([*cells[:columns], text])


def sized(width: str, height: str) -> Line:
    """Return the line with a box of another size."""
    return lambda cells: ",".join([*cells[:4], width, height, *cells[6:]])


def with_decimal_comma(separator: str) -> Line:
    """Return the line with other separators, and a comma in the left edge of its box."""
    return lambda cells: separator.join([*cells[:2], f"{cells[2]},5", *cells[3:]])


def of_class_2(path: str, track: str, end: str) -> Change:
    """Return the change that gives class 2 to one track."""
    return some(path, of_track(track), ending(end))


TWO_CLASSES = both(
    of_class_2(TRUTH, "3", "2,1"),
    every(RESULTS, ending("1,-1,-1")),
    of_class_2(RESULTS, "14", "2,-1,-1"),
)
ONE_OF_TWO = both(without(TRUTH, of_track("3")), without(RESULTS, of_track("14")))
