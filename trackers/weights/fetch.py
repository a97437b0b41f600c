"""Weights from where they were published → a file, checked.

python -m trackers.weights.fetch --output data/weights/sam2.1_hiera_tiny.pt

The name of the file is that of an entry in `catalogue.yaml`.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import pooch
import requests

from datasets.io.files import replacing, sha256
from datasets.io.program import run_main
from datasets.io.yaml_text import read_yaml

CATALOGUE = Path(__file__).parent / "catalogue.yaml"


@dataclass(frozen=True)
class Published:
    """An entry of the catalogue.

    Args:
        sha256: Of the file, in hexadecimal digits; None where nobody has told it: then that of the
            first download is kept beside the file, and another is refused.
        bytes: Of the file, if known.
        licence: SPDX identifier.
    """

    url: str
    licence: str
    sha256: str | None = None
    bytes: int | None = None


def read_catalogue(path: Path = CATALOGUE) -> dict[str, Published]:
    """Return the entries by file name."""
    content = read_yaml(path)
    return {name: Published(**entry) for name, entry in content.items()}


def fetch(published: Published, output: Path) -> None:
    """Download a file; nothing is left of one that cannot be got whole.

    Raises:
        OSError: The server does not give it. Names the address.
        ValueError: It is not the file that the catalogue means. Names both digests.
    """
    download = pooch.HTTPDownloader(progressbar=True, timeout=60)
    with replacing(output) as part:
        try:
            download(published.url, str(part), None)
        except requests.RequestException as error:
            raise OSError(f"{published.url}: not downloaded: {error}") from error
        found, expected = sha256(part), published.sha256 or _first(output)
        if found != (expected or found):
            raise ValueError(
                f"{published.url}: a file of {part.stat().st_size} bytes and SHA-256 {found} "
                f"found, expected {expected}"
            )
        if expected is None:
            with replacing(_note(output)) as note:
                note.write_text(f"{found}\n")


def _note(output: Path) -> Path:
    return output.with_name(output.name + ".sha256")


def _first(output: Path) -> str | None:
    """Return the digest of the first download, None before it."""
    note = _note(output)
    return note.read_text().strip() if note.is_file() else None


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    known = read_catalogue()
    if args.output.name not in known:
        parser.error(f"--output: {args.output.name} found, expected one of {sorted(known)}")
    fetch(known[args.output.name], args.output)


if __name__ == "__main__":
    sys.exit(run_main(main))
