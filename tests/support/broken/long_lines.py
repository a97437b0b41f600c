"""Read files with one very long line, and images that decompress to as much, in child processes.

    python -m tests.support.broken.long_lines WORKDIR BYTES
        [--cases CASE ...] [--kinds KIND ...] [--memory BYTES]

BYTES is the size, for example 10^9. Prints a JSON object per file: processor time, peak memory, and
the reason if the outcome is unacceptable.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import zlib
from pathlib import Path

from tests.support.broken.by_chunks import chunks_of, png_of
from tests.support.broken.cases import Case, all_cases
from tests.support.broken.check import check_error

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
BOMBS = {"IDAT": b"", "zTXt": b"a\0\0", "iCCP": b"a\0\0", "iTXt": b"a\0\1\0\0\0"}
CASES = (
    *("mot16 truth", "mot16 results", "seqinfo", "classes.yaml", "kitti_mots truth"),
    *("kitti results", "convert kitti_dump", "convert sam2_jsonl", "youtube_vis results"),
    *("coco truth", "davis truth", "parquet truth", "sequence.json"),
)


def kinds_of(name: str) -> dict[str, bytes]:
    return BOMBS if name.startswith("davis") else LINES


def swollen(whole: bytes, kind: str, size: int) -> bytes:
    """Return a file with `size` bytes more in its second line or middle, or once decompressed."""
    if kind in BOMBS:
        first, *rest = chunks_of(whole)
        packer = zlib.compressobj()
        packed = b"".join(
            packer.compress(bytes(min(1 << 20, size))) for _ in range(size >> 20 or 1)
        )
        return png_of([first, (kind.encode(), BOMBS[kind] + packed + packer.flush()), *rest])
    place = whole.find(b"\n", 0, -1) + 1 or len(whole) // 2
    return whole[:place] + LINES[kind] * (size // len(LINES[kind])) + whole[place:]


def measure(case: Case, folder: Path) -> dict[str, object]:
    """Return the cost of reading in a child process; `wrong` is "" if the outcome is acceptable."""
    reason = folder / "reason"
    reason.write_text("crashed")
    child = os.fork()
    if not child:
        try:
            reason.write_text(outcome(case, folder))
        finally:
            os._exit(0)
    _, _, used = os.wait4(child, 0)
    seconds, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    return {"seconds": round(seconds, 2), "peak_mb": round(peak), "wrong": reason.read_text()}


def outcome(case: Case, folder: Path) -> str:
    """Return the reason why the outcome of reading is unacceptable, "" if it is acceptable."""
    try:
        case.read(folder)
    except (ValueError, OSError) as error:
        return check_error(case, folder, (folder / case.broken).read_bytes(), error)
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    return ""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("workdir", type=Path)
    parser.add_argument("bytes", type=int)
    parser.add_argument("--cases", nargs="+", default=CASES)
    parser.add_argument("--kinds", nargs="+", default=[*LINES, *BOMBS])
    parser.add_argument("--memory", type=int, help="memory limit of a process, in bytes")
    args = parser.parse_args()
    cases = all_cases()
    if args.memory:
        resource.setrlimit(resource.RLIMIT_AS, (args.memory, args.memory))
    for name in args.cases:
        case, folder = cases[name], args.workdir / name.replace(" ", "_")
        for path, content in case.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        for kind in (each for each in kinds_of(name) if each in args.kinds):
            data = swollen(case.files[case.broken], kind, args.bytes)
            (folder / case.broken).write_bytes(data)
            del data
            found = {"case": name, "kind": kind, **measure(case, folder)}
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    sys.exit(main())
