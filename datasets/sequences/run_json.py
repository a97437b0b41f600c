"""The file that says what made a tracks.parquet, run.json beside it.

program, method, options   what was asked for; `command` is the same in words
sequence                   path of its sequence.json
inputs                     SHA-256 of what was read of it: sequence.json, detections.parquet,
                           prompts.parquet, and `images` as `sha256_of` a folder or video
files, engines             SHA-256 of what the options name, by path
code                       digest of all code that ran, by the workflow; null without it
commit, lock               of the repository; SHA-256 of requirements.lock
machine, threads           facts, and the settings that say on how many threads sums are made
started, seconds           when, in UTC, and how long
tracks                     SHA-256 of tracks.parquet
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import Any

from datasets.formats.json_records import show
from datasets.io.files import read_json

SCHEMA_VERSION = 1
_PROGRAM = re.compile(r"trackers\.(run|timing\.streaming|adopt|methods\.\w+\.run)")
_TEXTS = ("program", "method", "sequence", "commit", "lock", "started", "tracks")
_TEXTS_BY_NAME = ("inputs", "files", "engines", "machine")
_KINDS: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(_TEXTS, (str,)),
    **dict.fromkeys((*_TEXTS_BY_NAME, "options", "threads"), (dict,)),
    "command": (list,),
    "code": (str, NoneType),
    "seconds": (int, float),
}


def read_run_json(path: Path) -> dict[str, Any]:
    """Return what a run.json says.

    Raises:
        OSError: There is no such file.
        ValueError: It is none, or of another schema version. Names the file and the key.
    """
    content = read_json(path)
    found = content.get("schema_version") if isinstance(content, dict) else None
    if found != SCHEMA_VERSION:
        raise ValueError(f"{path}: schema version {show(found)} found, expected {SCHEMA_VERSION}")
    for key, kinds in _KINDS.items():
        if not isinstance(content.get(key), kinds):
            names = " or ".join(kind.__name__ for kind in kinds)
            raise ValueError(f"{path}, {key}: {show(content.get(key))} found, expected {names}")
    for key in _TEXTS_BY_NAME:
        if not all(isinstance(value, str) for value in content[key].values()):
            raise ValueError(f"{path}, {key}: {show(content[key])} found, expected texts by name")
    if not _PROGRAM.fullmatch(content["program"]):
        raise ValueError(f"{path}, program: {show(content['program'])} found, expected a tracker's")
    return content
