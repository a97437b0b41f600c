"""Remove what the rules made in this folder, and nothing else.

    python -m workflow.clean
    python -m workflow.clean --downloads --yes

What a rule made is known from the records of all runs (`workflow/cleaning/made.py`), not from its
folder. Kept are: downloads and the engines made from them, unless `--downloads` is passed; files
changed since a rule made them; links; and everything that no rule made, such as data sets, your own
sequences, weights, baselines and the gate's history.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from datasets.io.program import run_main
from workflow.cleaning.leftovers import describe, walk
from workflow.cleaning.made import METADATA, Made, forget, read_logs, read_made
from workflow.run_lock import LOCK, hold_lock

_PLACES = ("data", "engines", "logs", "results", "reports/media", "reports/tables")
_PAGE = "reports/summary.html"
_WEIGHTS = ("data", "weights")
_SHIPPED = "trackers/weights/"  # weights in the repository
_DOWNLOADS = {"fetch_weights", "environment"}
_ENGINES = {"export", "build", "parity"}
_SCRATCH = ("auxiliary", "iocache", "locks", "log", "shadow", "source_cache")  # Snakemake's
_SECOND = 1.0  # copying a folder may round the times of its files
_NOT_CONFIRMED = 2

NOT_MADE = "no record that a rule made it"
DOWNLOAD = "downloads, and engines made from weights of your own: `make clean-downloads`"
CHANGED = "changed since a rule made it, or left by a run that was killed"


def find_removable(root: Path, made: list[Made], *, downloads: bool) -> tuple[set[Path], set[Path]]:
    """Return the files made by rules that may be removed, and those kept as downloads.

    Args:
        downloads: Whether downloads may be removed too.
    """
    by_path = {each.path: each for each in made if each.rule}
    removed: set[Path] = set()
    kept: set[Path] = set()
    for each in made:
        if _is_inside(each.path):
            keep = not downloads and is_download(each, by_path)
            (kept if keep else removed).update(_files(root, each))
    return removed - kept, kept


def is_download(made: Made, by_path: dict[Path, Made]) -> bool:
    """Whether making it again takes a network, or weights that are not in the repository."""
    if made.rule in _DOWNLOADS or made.path.parts[:2] == _WEIGHTS:
        return True
    return made.rule in _ENGINES and any(
        is_download(by_path[Path(name)], by_path)
        if Path(name) in by_path
        else not name.startswith(_SHIPPED)
        for name in made.inputs
    )


def remove(root: Path, files: Iterable[Path]) -> None:
    """Remove files and the folders left empty; a link to a folder is never removed."""
    folders: set[Path] = set()
    for path in files:
        (root / path).unlink(missing_ok=True)
        folders.update(path.parents)
    for folder in sorted(folders - {Path()}, key=lambda each: len(each.parts), reverse=True):
        place = root / folder
        if place.is_dir() and not place.is_symlink() and not any(place.iterdir()):
            place.rmdir()


def _is_inside(path: Path) -> bool:
    return not path.is_absolute() and ".." not in path.parts and path.parts != ()


def _files(root: Path, made: Made) -> set[Path]:
    """Return the unchanged files of an output, those its job wrote beside it included."""
    place = root / made.path
    files = {made.path.with_name(each.name) for each in place.parent.glob(f".{place.name}.*.part")}
    if place.is_symlink():
        return files
    if place.is_dir():
        return files | _written_by(root, made, walk(root, made.path))
    if place.exists() and not _is_unchanged(root, made, made.path):
        return files  # changed by hand: the files beside it may belong to it now
    return files | _written_by(root, made, [made.path, *_beside(root, made)])


def _beside(root: Path, made: Made) -> Iterable[Path]:
    """Return files a job may have written beside its output that the rule does not name."""
    folder = made.path.parent
    if made.rule == "environment" or (made.rule, made.path.name) == ("prepare", "sequence.json"):
        return walk(root, folder)  # a virtual environment; labels and images
    if made.path.name == "networks.json":
        return [path for path in walk(root, folder) if path.parent == folder]
    return []


def _written_by(root: Path, made: Made, paths: Iterable[Path]) -> set[Path]:
    if made.rule == "environment" and _is_unchanged(root, made, made.path):
        return set(paths)  # its rule clears the folder whenever it runs
    return {path for path in paths if _is_unchanged(root, made, path)}


def _is_unchanged(root: Path, made: Made, path: Path) -> bool:
    """Whether a file was last written while its job ran; the output itself at the job's end."""
    place = root / path
    if not place.is_file() or (place.is_symlink() and made.rule != "environment"):
        return False
    time = place.lstat().st_mtime
    if made.end is None:  # killed: Snakemake removes the output before it runs the job again
        by_hand = made.path.parts[0] == "engines" or made.path.parts[:2] == _WEIGHTS
        return time >= made.begin - _SECOND and not by_hand
    first = made.end if path == made.path else made.begin
    return first - _SECOND <= time <= made.end + _SECOND


def _clean(root: Path, *, downloads: bool, really: bool) -> list[str]:
    """Remove what may be removed, and return the lines to print."""
    if not (root / METADATA).is_dir():
        return [
            f"Nothing removed: {METADATA}, which records what the rules made, is missing. "
            "Remove by hand what you do not need:",
            *_left(root, set(), set()),
        ]
    made = read_made(root)
    removed, kept = find_removable(root, made, downloads=downloads)
    logs = {log for log in read_logs(root, made) if _is_inside(log) and log.parts[0] == "logs"}
    removed |= {log for log in logs if (root / log).is_file() and not (root / log).is_symlink()}
    lines = describe(root, removed)
    if really:
        remove(root, removed)
        _forget(root, made, logs)
    heading = "Removed" if really else "Would be removed"
    on_record = {each.path for each in made}
    left = _left(root, kept, on_record, removed)
    return [f"{heading}:", *(lines or ["  nothing"]), *left]


def _forget(root: Path, made: list[Made], logs: Iterable[Path]) -> None:
    forget(root, [each for each in made if not (root / each.path).exists()], logs)
    for name in _SCRATCH:
        shutil.rmtree(root / LOCK.parent / name, ignore_errors=True)


def _left(
    root: Path, kept: set[Path], on_record: set[Path], removed: Iterable[Path] = ()
) -> list[str]:
    """Return lines that list the remaining files by reason."""
    there = {path for place in _PLACES for path in walk(root, Path(place))}
    there = (there | {path for path in [Path(_PAGE)] if (root / path).is_file()}) - {*removed}
    changed = {path for path in there - kept if {path, *path.parents} & on_record}
    lines = []
    for reason, paths in (
        (DOWNLOAD, there & kept),
        (CHANGED, changed),
        (NOT_MADE, there - kept - changed),
    ):
        if paths:
            lines += [f"Left, {reason}:", *describe(root, paths)]
    return lines


def main() -> int:
    """Run the command line program; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--downloads",
        action="store_true",
        help="also remove downloads and the engines made from them",
    )
    parser.add_argument("--yes", action="store_true", help="confirm --downloads")
    parser.add_argument("--dry-run", action="store_true", help="only list what would be removed")
    args = parser.parse_args()
    confirmed = args.yes or not args.downloads
    with hold_lock():
        really = confirmed and not args.dry_run
        print("\n".join(_clean(Path(), downloads=args.downloads, really=really)))
    if not confirmed and not args.dry_run:
        print("Nothing was removed: downloading again takes time and a network. "
              "`make clean-downloads YES=1` removes these files.")  # fmt: skip
        return _NOT_CONFIRMED
    return 0


if __name__ == "__main__":
    sys.exit(run_main(main))
