"""Everyday files in the layouts of KITTI, KITTI-MOTS and MOTSChallenge, beside TrackEval."""

from __future__ import annotations

import pytest

from tests.support.metrics.inputs import Like, Read, Refused, check, table
from tests.support.metrics.kitti_example import (
    HEIGHT,
    KITTI,
    KITTI_MOTS,
    MOTS,
    MOTS_SEQMAP,
    MOTS_TRUTH,
    RESULTS,
    SEQMAP,
    TRUTH,
    WIDTH,
    mask,
)
from tests.support.metrics.text_changes import (
    added,
    both,
    every,
    fewer,
    joined,
    more,
    moved,
    of_text,
    some,
    with_cell,
    with_hidden,
)

WIDTHS = "lines with fewer columns than others"
SIZES = "boxes of negative width or height"
UNNAMED = "rows with a negative identity, skipped"
NAMELESS = "expected an identity from 0, found -1: either a detection without track...or a track"
ZERO = "found frame 0: do the frames of the file count from 0? Here they count from 1"
END = "sequences whose results end after the ground truth, scored up to the last row"


def cell(place, change):
    return with_cell(place, change, " ")


def of(kind):
    return lambda cells: cells[2] == kind


def early(cells):
    return int(cells[0]) < 3


def edges_exchanged(near, far):
    def line(cells):
        cells[near], cells[far] = cells[far], cells[near]
        return " ".join(cells)

    return line


def each(path, line):
    return every(path, line, None)


def chosen(path, which, line):
    return some(path, which, line, None)


def seqmap(text):
    return of_text(SEQMAP, lambda _: text)


BOXES = table(
    {
        "separators": {
            "commas in KITTI": (each(RESULTS, joined(",")), Read()),
            "semicolons in KITTI": (each(TRUTH, joined(";")), Read()),
            "tabs and a blank at the end": (each(RESULTS, joined("\t", None, " ")), Read()),
            "decimal commas in KITTI": (
                each(RESULTS, cell(6, "{},5".format)),
                Refused("0005.txt, line 1 ...one separator between columns, found ',' and white"),
            ),
        },
        "columns of KITTI": {
            "10": (each(RESULTS, joined(" ", 10)), Read()),
            "17 in results": (each(RESULTS, joined(" ", 17)), Read()),
            "18 in the truth": (each(TRUTH, joined(" ", 17, " 0.5")), Read()),
            "20": (each(RESULTS, joined(" ", 18, " 1 2")), Read()),
            "9": (
                each(RESULTS, joined(" ", 9)),
                Refused("0005.txt, line 1 ...expected at least 10 columns, found 9"),
            ),
        },
        "columns that differ": {
            "scores in some frames": (chosen(RESULTS, early, joined(" ", 17)), Read(WIDTHS)),
            "short ignore regions": (chosen(TRUTH, of("DontCare"), joined(" ", 10)), Read(WIDTHS)),
            "scores in some lines of KITTI": (
                chosen(RESULTS, of("Pedestrian"), joined(" ", 17)),
                Refused("line 2 ...as many columns as in other lines of its frame, found 17"),
            ),
        },
        "number of frames": {
            "a seqmap with commas": (seqmap("0005,empty,0,12\n"), Read()),
            "a seqmap beside the folder": (moved(SEQMAP, SEQMAP.split("/")[1]), Read()),
            "a seqmap with 12.0": (seqmap("0005 empty 0 12.0\n"), Read()),
            "a flag": (seqmap("0004 empty 0 9\n"), Read(), {"frames": ["30"]}),
            "a flag before a seqmap": (seqmap("0005 empty 0 9\n"), Read(), {"frames": ["0005=12"]}),
            "up to the last result": (seqmap(""), Read(END), {"length": 8}),
            "two that differ": (
                added("truth/evaluate_tracking.seqmap.val", "0005 empty 0 13\n"),
                Refused("0005: expected one number of frames, found 12 in ...and 13 in "),
            ),
            "a seqmap without it": (
                seqmap("0005 empty 12\n"),
                Refused("line 1: expected 4 columns: name, `empty`, first frame...found 3"),
            ),
            "12.5": (seqmap("0005 empty 0 12.5\n"), Refused("in column 4, found '12.5'")),
        },
        "negative sizes": {
            "past the right edge": (chosen(RESULTS, early, edges_exchanged(6, 8)), Read(SIZES)),
            "past the lower edge": (chosen(RESULTS, early, edges_exchanged(7, 9)), Read(SIZES)),
            "of ground truth": (chosen(TRUTH, of("Car"), edges_exchanged(6, 8)), Read(SIZES)),
        },
        "rows without identity": {
            "-2 in results": (chosen(RESULTS, early, cell(1, lambda _: "-2")), Read(UNNAMED)),
            "-1.0 of one class": (
                chosen(RESULTS, of("Pedestrian"), cell(1, lambda _: "-1.0")),
                Read(UNNAMED),
            ),
            "-1 in the truth": (chosen(TRUTH, of("Car"), cell(1, lambda _: "-1")), Read(UNNAMED)),
            "-1e0 in 17 columns": (
                both(
                    each(RESULTS, joined(" ", 17)),
                    chosen(RESULTS, early, cell(1, lambda _: "-1e0")),
                ),
                Read(UNNAMED),
            ),
        },
        "whole numbers": {
            "ids and frames of KITTI": (
                both(each(RESULTS, cell(1, "{}.0".format)), each(TRUTH, cell(0, "{}e0".format))),
                Read(),
            ),
            "an id of 3.5 in KITTI": (
                each(RESULTS, cell(1, "{}.5".format)),
                Refused("line 1 ...track: expected a whole number below 2^53, found 11.5"),
            ),
            "a frame of 0.5 in KITTI": (
                each(TRUTH, cell(0, "{}.5".format)),
                Refused("line 1 ...expected a frame from 0 to 11, found frame 0.5"),
            ),
        },
        "first frame": {
            "1 in KITTI": (
                both(each(RESULTS, cell(0, more)), seqmap("0005 empty 0 8\n")),
                Refused("found frame 8: do the frames of the file count from 1? Here they count"),
            ),
            "-1 in KITTI": (each(TRUTH, cell(0, fewer)), Refused("0 to 11, found frame -1")),
        },
        "folder of results": {"data in KITTI": (moved(RESULTS, "results/data/0005.txt"), Read())},
        "hidden files": {
            "beside results of KITTI": (with_hidden("results"), Read()),
            "beside the truth of KITTI": (with_hidden("truth"), Read()),
            "in TrackEval's folders": (
                both(moved(RESULTS, "results/data/0005.txt"), with_hidden("results/data")),
                Read(),
            ),
        },
        "kinds of text": {
            "comments in KITTI": (
                of_text(TRUTH, lambda t: f"# frame id\n{t}"),
                Like("comment lines, skipped"),
            ),
            "mark and line ends of KITTI": (
                of_text(RESULTS, lambda t: f"\ufeff{t}".replace("\n", "\r\n")),
                Like(),
            ),
            "column names of KITTI": (
                of_text(RESULTS, lambda t: f"frame id type\n{t}"),
                Refused("0005.txt, line 1 ...expected at least 10 columns, found 3"),
            ),
        },
    }
)

MASKS = table(
    {
        "unlisted": {
            "a class of MOTS in results": (
                added(RESULTS, f"0 3001 3 {HEIGHT} {WIDTH} {mask(30, 20)}\n"),
                Read("masks of classes other than [1, 2, 10], skipped"),
            ),
            "a class of MOTS in the truth": (
                added(TRUTH, f"1 3001 3 {HEIGHT} {WIDTH} {mask(30, 20)}\n"),
                Read("masks of classes other than [1, 2, 10], skipped"),
            ),
        },
        "columns that differ": {
            "scores in MOTS": (each(RESULTS, joined(" ", 6, " 0.9")), Read()),
            "scores in some lines of MOTS": (chosen(RESULTS, early, joined(" ", 6, " 1")), Read()),
        },
        "number of frames": {
            "a seqmap of KITTI-MOTS": (
                of_text(MOTS_SEQMAP, lambda _: "5 empty 0 11\n"),
                Read(),
            ),
        },
        "rows without identity": {
            "-1 in MOTS": (
                added(RESULTS, f"0 -1 2 {HEIGHT} {WIDTH} {mask(30, 20)}\n"),
                Refused(f"0005.txt, line 11: {NAMELESS}"),
            ),
        },
        "whole numbers": {
            "frames of MOTS": (each(RESULTS, cell(0, "{}.0".format)), Read()),
            "ids and classes of MOTS": (
                each(RESULTS, lambda c: " ".join([c[0], f"{c[1]}.0", "2e0", *c[3:]])),
                Like(),
            ),
            "an id of 3.5 in MOTS": (
                each(RESULTS, cell(1, "{}.5".format)),
                Refused("0005.txt, line 1: expected a whole number, found '2001.5'"),
            ),
        },
        "separators": {
            "tabs in MOTS": (each(RESULTS, joined("\t")), Like()),
            "commas in MOTS": (
                each(RESULTS, joined(",")),
                Refused("0005.txt, line 1: expected 6 columns, separated by spaces, found 1"),
            ),
        },
        "folder of results": {
            "data in KITTI-MOTS": (moved(RESULTS, "results/data/0005.txt"), Read()),
        },
        "hidden files": {"beside masks": (with_hidden("results"), Read())},
        "kinds of text": {
            "comments in MOTS": (
                of_text(RESULTS, lambda t: f"# frame id class\n{t}"),
                Like("comment lines, skipped"),
            ),
        },
    }
)

MASKS_FROM_1 = table(
    {
        "first frame": {
            "0 in MOTS": (each(RESULTS, cell(0, fewer)), Refused(f"0005.txt, line 1: ...{ZERO}")),
            "0 in the truth of MOTS": (each(MOTS_TRUTH, cell(0, fewer)), Refused(ZERO)),
        },
        "seqinfo.ini": {
            "of MOTS": (
                of_text("truth/0005/seqinfo.ini", lambda t: f"{t}imWidth=\nimHeight=30\n"),
                Read(),
            ),
        },
        "folder of results": {"data in MOTS": (moved(RESULTS, "results/data/0005.txt"), Read())},
        "hidden files": {"in a sequence of MOTS": (with_hidden("truth/0005/gt"), Read())},
    }
)


@pytest.mark.parametrize("given", BOXES, ids=str)
def test_kitti_files(given, tmp_path):
    check(KITTI, given, tmp_path)


@pytest.mark.parametrize("given", MASKS, ids=str)
def test_kitti_mots_files(given, tmp_path):
    check(KITTI_MOTS, given, tmp_path)


@pytest.mark.parametrize("given", MASKS_FROM_1, ids=str)
def test_mots_files(given, tmp_path):
    check(MOTS, given, tmp_path)
