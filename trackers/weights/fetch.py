"""Download published weights and verify them.

python -m trackers.weights.fetch --output data/weights/sam2.1_hiera_tiny.pt

The file name is that of an entry in `catalogue.yaml`.
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
        url: Address of the file.
        licence: SPDX identifier.
        sha256: SHA-256 of the file, in hexadecimal digits. If it is None, the digest of the first
            download is stored beside the file, and a file with another digest is refused.
        bytes: Size of the file in bytes, if known.
    """

    url: str
    licence: str
    sha256: str | None = None
    bytes: int | None = None


def read_catalogue(path: Path = CATALOGUE) -> dict[str, Published]:
    """Return the entries of the catalogue by file name."""
    content = read_yaml(path)
    return {name: Published(**entry) for name, entry in content.items()}


def fetch(published: Published, output: Path) -> None:
    """Download a file and verify its digest; a failed download leaves no file.

    Raises:
        OSError: The download fails. The message has the address.
        ValueError: The file is not the one in the catalogue. The message has both digests.
    """
    download = pooch.HTTPDownloader(progressbar=True, timeout=60)
    with replacing(output) as part:
        try:
            download(published.url, str(part), None)
        except requests.RequestException as error:
            raise OSError(f"{published.url}: download failed: {error}") from error
        found, expected = sha256(part), published.sha256 or _recorded_digest(output)
        if found != (expected or found):
            raise ValueError(
                f"{published.url}: expected SHA-256 {expected}, found {found} and "
                f"{part.stat().st_size} bytes"
            )
        if expected is None:
            with replacing(_digest_file(output)) as digest:
                digest.write_text(f"{found}\n")


def _digest_file(output: Path) -> Path:
    return output.with_name(output.name + ".sha256")


def _recorded_digest(output: Path) -> str | None:
    """Return the digest of the first download; None before it."""
    digest = _digest_file(output)
    return digest.read_text().strip() if digest.is_file() else None


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--output", type=Path, required=True, help="file, named as in the catalogue"
    )
    args = parser.parse_args()
    known = read_catalogue()
    if args.output.name not in known:
        parser.error(f"--output: expected one of {sorted(known)}, found {args.output.name}")
    fetch(known[args.output.name], args.output)


if __name__ == "__main__":
    sys.exit(run_main(main))
