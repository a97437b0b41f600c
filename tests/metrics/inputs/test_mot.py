"""Everyday files in MOTChallenge layout, beside TrackEval."""

from __future__ import annotations

import pytest

from tests.support.metrics.inputs import Like, Read, Refused, check, table
from tests.support.metrics.mot_example import (
    INFO,
    MOT,
    MOT15,
    ONE_OF_TWO,
    PLAIN,
    RESULTS,
    TRUTH,
    TWO_CLASSES,
    early,
    ending,
    of_class_2,
    of_track,
    sized,
    with_decimal_comma,
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

SCORES = "ground truth rows with a score between -1 and 1"
WIDTHS = "lines with fewer columns than others"
SIZES = "boxes of negative width or height"
ZERO = "found frame 0: do the frames of the file count from 0? Here they count from 1"
TWO = "expected one separator between columns, found ',' and "
UNNAMED = "expected an identity from 0, found {}: either a detection without track...or a track"

INPUTS = table(
    {
        "separators": {
            "tabs": (every(RESULTS, joined("\t")), Read()),
            "colons": (every(RESULTS, joined(":")), Read()),
            "bars": (every(TRUTH, joined("|")), Read()),
            "comma and blank": (every(RESULTS, joined(",  ")), Read()),
            "semicolons, also at the end": (every(TRUTH, joined(";", end=";")), Read()),
            "quoted cells": (every(RESULTS, lambda c: ",".join(f'"{x}"' for x in c)), Read()),
            "blanks around lines": (every(RESULTS, lambda c: f"  {' '.join(c)} "), Read()),
            "decimal commas": (every(RESULTS, with_decimal_comma(";")), Refused(f"{TWO}';'")),
            "decimal commas between blanks": (
                every(TRUTH, with_decimal_comma(" ")),
                Refused(f"{TWO}white space: numbers are written with a decimal point"),
            ),
            "another one in some lines": (
                some(RESULTS, of_track("12"), joined(";")),
                Refused("line 9 ...expected ',' between columns as in the first line, found ';'"),
            ),
        },
        "class of results": {
            "0 as the last column": (every(RESULTS, ending("0")), Read()),
            "0.0 between blanks": (every(RESULTS, joined(" ", 7, " 0.0 -1 -1")), Read()),
            "0 in some lines": (some(RESULTS, early, ending("0,-1,-1")), Read()),
            "1 or -1": (some(RESULTS, early, ending("1,-1,-1")), Read()),
            "none": (every(RESULTS, joined(",", 7)), Read(), MOT15),
            "2": (
                every(RESULTS, ending("2,-1,-1")),
                Refused(
                    "expected class 1 only...found 2: several classes are scored with --protocol"
                ),
            ),
        },
        "columns of the truth": {
            "8": (every(TRUTH, joined(",", 8)), Read()),
            "8, class 0": (every(TRUTH, ending("0")), Read(), PLAIN),
            "10, class 1": (every(TRUTH, joined(",", None, ",-1")), Read()),
            "a visibility of 1.5": (
                some(TRUTH, of_track("2"), ending("1.5", 8)),
                Read("rows whose visibility is not in 0 .. 1"),
            ),
            "7": (every(TRUTH, joined(",", 7)), Like(), MOT15),
            "7, one class": (every(TRUTH, joined(",", 7)), Like(), PLAIN),
            "class -1 in MOT17": (
                every(TRUTH, ending("-1,-1,-1")),
                Refused(
                    "found class -1: ground truth without classes is scored with --protocol mot"
                ),
            ),
        },
        "score of the truth": {
            "0.99": (some(TRUTH, early, ending("0.99,1,1", 6)), Read(SCORES)),
            "-0.5": (some(TRUTH, of_track("2"), ending("-0.5,1,1", 6)), Read(SCORES)),
            "1e-3": (some(TRUTH, early, ending("1e-3,1,1", 6)), Read(SCORES), PLAIN),
            "1.7": (some(TRUTH, of_track("2"), ending("1.7,1,1", 6)), Read()),
            "-1 and 0.0": (some(TRUTH, early, ending("0.0,1,1", 6)), Read(), MOT15),
        },
        "seqinfo.ini": {
            "keys in capitals": (of_text(INFO, lambda _: "[Sequence]\nSEQLENGTH : 8\n"), Read()),
            "no size": (of_text(INFO, lambda t: t.replace("1920", "")), Read()),
            "unknown rate": (of_text(INFO, lambda t: t.replace("30", "n/a")), Read()),
            "comments": (of_text(INFO, lambda t: f"# own\n; data\n{t}"), Read()),
            "mark and line ends": (
                of_text(INFO, lambda t: f"\ufeff{t}".replace("\n", "\r\n")),
                Like(),
            ),
            "no section": (
                of_text(INFO, lambda _: "seqLength=8\n"),
                Refused("seqinfo.ini, line 1: expected the section [Sequence], found none"),
            ),
            "no length": (
                of_text(INFO, lambda t: t.replace("seqLength", "length")),
                Refused("seqinfo.ini, seqLength: expected a whole number, found nothing"),
            ),
        },
        "first frame": {
            "0 in the truth": (every(TRUTH, with_cell(0, fewer)), Refused(f"gt.txt, ...{ZERO}")),
            "0 as 0.0": (every(RESULTS, with_cell(0, lambda x: f"{fewer(x)}.0")), Refused(ZERO)),
            "0 between tabs": (every(RESULTS, with_cell(0, fewer, "\t")), Refused(ZERO)),
            "2": (
                every(RESULTS, with_cell(0, more)),
                Refused("s.txt, line 8 ...expected a frame from 1 to 8, found frame 9"),
            ),
        },
        "names of classes": {
            "two classes in the truth": (
                of_class_2(TRUTH, "3", "2,1"),
                Refused("found class 2: class names of one's own data are given in classes.yaml"),
                PLAIN,
            ),
            "two classes in the results": (
                of_class_2(RESULTS, "14", "2,-1,-1"),
                Refused("s.txt, line 17 ...found class 2: class names...in classes.yaml"),
                PLAIN,
            ),
            "more classes than labels of CVAT": (
                both(TWO_CLASSES, added("truth/s/gt/labels.txt", "person\n")),
                Refused("expected 1 for person in column 8, found class 2: ...classes.yaml"),
                PLAIN,
            ),
            "labels of CVAT": (
                both(TWO_CLASSES, added("truth/s/gt/labels.txt", "\ufeffperson\r\n\r\nbag\r\n")),
                Like(change=ONE_OF_TWO, refused=False),
                PLAIN,
            ),
            "classes.yaml with 1.0 as id": (
                both(
                    TWO_CLASSES, added("truth/classes.yaml", "classes: {1.0: person, 2.0: bag}\n")
                ),
                Like(change=ONE_OF_TWO, refused=False),
                PLAIN,
            ),
        },
        "folder of results": {
            "data": (moved(RESULTS, "results/data/s.txt"), Read()),
            "data, among other files": (
                both(
                    moved(RESULTS, "results/data/s.txt"),
                    added("results/pedestrian_summary.txt", "HOTA\n"),
                ),
                Read(),
            ),
            "data and above it": (
                added("results/data/s.txt", ""),
                Refused(
                    "expected one file of results, found ...results/s.txt and ...results/data/s.txt"
                ),
            ),
            "another name": (
                moved(RESULTS, "results/txt/s.txt"),
                Refused(
                    "results/s.txt: no such file: results are read from s.txt or data/s.txt in this"
                ),
            ),
        },
        "negative sizes": {
            "height of results": (some(RESULTS, early, sized("60", "-5")), Read(SIZES)),
            "width of the truth": (some(TRUTH, of_track("2"), sized("-60", "150")), Read(SIZES)),
            "both": (some(RESULTS, early, sized("-60", "-150")), Read(SIZES), PLAIN),
            "none at all": (some(RESULTS, early, sized("0", "150")), Read()),
        },
        "hidden files": {
            "in results": (with_hidden("results"), Read()),
            "in the truth": (with_hidden("truth"), Read()),
            "in a sequence": (with_hidden("truth/s/gt"), Read(), PLAIN),
            "a hidden sequence": (added("truth/.s/gt/gt.txt", "damaged"), Read()),
        },
        "rows without identity": {
            "-1 in results of MOT": (
                added(RESULTS, "8,-1,5,5,9,9,1,-1,-1,-1\n"),
                Refused(f"s.txt, line 24 ...{UNNAMED.format(-1)}"),
            ),
            "-2 in results of MOT": (
                some(RESULTS, of_track("15"), with_cell(1, lambda _: "-2")),
                Refused(f"s.txt, line 21 ...{UNNAMED.format(-2)}"),
                PLAIN,
            ),
            "-1, not scored": (added(TRUTH, "1,-1,5,5,9,9,0,1,1\n"), Read()),
            "-1, a distractor": (added(TRUTH, "1,-1,5,5,9,9,1,8,1\n"), Read()),
        },
        "whole numbers": {
            "ids of 3.0": (every(RESULTS, with_cell(1, "{}.0".format)), Read()),
            "frames of 3e0": (every(TRUTH, with_cell(0, "{}e0".format)), Read()),
            "class of 1.": (every(TRUTH, with_cell(7, "{}.".format)), Read()),
            "length of 8.0": (of_text(INFO, lambda t: t.replace("=8", "=8.0")), Like()),
            "an id of 3.5": (
                some(RESULTS, early, with_cell(1, "{}.5".format)),
                Refused("s.txt, line 1 ...track: expected a whole number below 2^53, found 11.5"),
            ),
            "a frame of 3.5": (
                some(TRUTH, of_track("2"), with_cell(0, "{}.5".format)),
                Refused("gt.txt, line 9 ...expected a frame from 1 to 8, found frame 1.5"),
            ),
        },
        "columns that differ": {
            "between frames": (some(RESULTS, early, joined(",", 7)), Read(WIDTHS)),
            "more in some frames": (some(RESULTS, early, joined(",", None, ",7")), Read(WIDTHS)),
            "of the truth": (some(TRUTH, early, joined(",", None, ",7,7")), Read(WIDTHS)),
            "between blanks": (some(RESULTS, early, joined(",", 9)), Read(WIDTHS), PLAIN),
            "within a frame": (
                some(RESULTS, of_track("12"), joined(",", 8)),
                Refused("s.txt, line 9 ...as many columns as in other lines of its frame, found 8"),
            ),
            "a line that is cut off": (
                of_text(RESULTS, lambda text: text[: text.rindex(",0.9")]),
                Refused("s.txt, line 23 ...at least 7 columns, as other lines have more, found 6"),
            ),
        },
        "kinds of text": {
            "byte order mark": (of_text(RESULTS, lambda t: f"\ufeff{t}"), Like()),
            "line ends": (of_text(RESULTS, lambda t: t.replace("\n", "\r\n")), Read()),
            "empty lines": (of_text(TRUTH, lambda t: t.replace("\n", "\n \n")), Like()),
            "comments": (
                of_text(RESULTS, lambda t: f"# frame, id\n{t}  #\n"),
                Like("comment lines, skipped"),
            ),
            "column names": (
                of_text(RESULTS, lambda t: f"frame_id,id,x,y,w,h,s,-1,-1,-1\n{t}"),
                Refused("line 1 ...a number, found 'frame_id': column names are not read: remove"),
            ),
            "UTF-16": (
                of_text(RESULTS, lambda t: t.encode("utf-16")),
                Refused("s.txt: expected UTF-8 text, found UTF-16, which PowerShell writes"),
            ),
        },
    }
)


@pytest.mark.parametrize("given", INPUTS, ids=str)
def test_mot_files(given, tmp_path):
    check(MOT, given, tmp_path)
