"""Read files of one endless line, each in a process of its own; tell how long and how much it took.

    python -m broken.long_lines ROOM BYTES [CASE ...]

A line is a thousand million bytes where BYTES says so. Prints a JSON object a file.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from pathlib import Path

from broken.cases import Case, all_cases
from broken.check import check_error

LINES = {
    "digits": b"1",
    "blanks": b" ",
    "commas": b",",
    "numbers": b"12,",
    "words": b"12 ",
    "nothing": b"\0",
    "ends": b"\n",
    "returns": b"\r",
    "quotes": b'"',
    "lists": b"[",
    "many lists": b"[],",
    "objects": b'{"a":',
    "letters": b"A",
    "no letters": b"\xff",
}
CASES = [
    *("mot16 truth", "mot16 results", "seqinfo", "classes.yaml", "kitti_mots truth"),
    *("kitti results", "convert kitti_dump", "convert sam2_jsonl", "youtube_vis results"),
    *("coco truth", "davis truth", "parquet truth", "sequence.json"),
]


def long_line(case: Case, kind: str, size: int) -> bytes:
    """Return the broken file of a case, its second line, or half its text, made that long."""
    whole, piece = case.files[case.broken], LINES[kind]
    place = whole.find(b"\n", 0, -1) + 1 or len(whole) // 2
    return whole[:place] + piece * (size // len(piece)) + whole[place:]


def measure(case: Case, folder: Path, kind: str, size: int) -> dict[str, object]:
    """Return what reading took, in a child process; `wrong` if it ended badly."""
    path, reason = folder / case.broken, folder / "reason"
    path.write_bytes(long_line(case, kind, size))
    reason.write_text("crashed")
    child = os.fork()
    began = time.perf_counter()
    if not child:
        try:
            reason.write_text(outcome(case, folder))
        finally:
            os._exit(0)
    _, _, used = os.wait4(child, 0)
    seconds, peak = time.perf_counter() - began, used.ru_maxrss / 1024
    return {"seconds": round(seconds, 2), "peak_mb": round(peak), "wrong": reason.read_text()}


def outcome(case: Case, folder: Path) -> str:
    """Return what is wrong with how reading ends, "" if nothing."""
    try:
        case.read(folder)
    except (ValueError, OSError) as error:
        return check_error(case, folder, (folder / case.broken).read_bytes(), error)
    except (Exception, RecursionError) as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    return ""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("room", type=Path)
    parser.add_argument("bytes", type=int)
    parser.add_argument("cases", nargs="*", default=CASES)
    parser.add_argument("--memory", type=int, help="of a process, in bytes")
    given = parser.parse_args()
    cases = all_cases()
    if given.memory:
        resource.setrlimit(resource.RLIMIT_AS, (given.memory, given.memory))
    for name in given.cases:
        case, folder = cases[name], given.room / name.replace(" ", "_")
        for path, content in case.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        for kind in LINES:
            found = measure(case, folder, kind, given.bytes)
            print(json.dumps({"case": name, "line": kind, **found}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
