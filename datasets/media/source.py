"""What a user names as images: a folder or a video file, and not a live source."""

from __future__ import annotations

import re
from pathlib import Path

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/{1,2}(?:[^/@]*@)?([^/].*)")
_WEBCAM = re.compile(r"[0-9]{1,2}|/dev/video[0-9]+")
_RECORD = "live sources are not read: record to a file first, such as with ffmpeg -t 60"
_FILES = ("http", "https", "ftp", "ftps", "file", "s3", "gs")


def check_source(images: Path) -> None:
    """Check that images are a folder or a regular file.

    Raises:
        FileNotFoundError: There is no such folder or file.
        ValueError: The path is a webcam or an address: of a live source, or of a file to download.
    """
    text = str(images)
    address = _ADDRESS.fullmatch(text)
    if images.is_dir() or images.is_file():
        return
    if address is not None:
        scheme, rest = address.groups()
        what, advice = "an address", "save the file, or record the stream to a file, first"
        if scheme.lower() not in _FILES:
            what, advice = "the address of a live source", _RECORD
        shown = f"{scheme}://{rest}"  # without user name and password
        raise ValueError(f"{shown}: expected a folder or a video file, found {what}: {advice}")
    if _WEBCAM.fullmatch(text):
        raise ValueError(f"{text}: expected a folder or a video file, found a webcam: {_RECORD}")
    if images.exists():
        raise ValueError(f"{text}: expected a folder or a video file, found neither")
    raise FileNotFoundError(f"{text}: no such image folder or video file")
