"""The run record beside tracks.parquet, run.json: how the tracks were made.

program, method, options   what was run; `command` is the same as command line words
sequence                   path of its sequence.json
inputs                     SHA-256 of the inputs: sequence.json, detections.parquet,
                           prompts.parquet, and `images` as `sha256_of` a folder or video
files, engines             SHA-256 of the files that the options name, by path
code                       digest of all code that ran, by the workflow; null without it
commit, lock               commit of the repository; SHA-256 of requirements.lock
machine, threads           the machine, and the settings that determine the number of threads
started, seconds           start in UTC, and duration
tracks                     SHA-256 of tracks.parquet
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import Any

from datasets.io.files import read_json
from datasets.records.columns import show

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
    """Return the content of a run.json.

    Raises:
        OSError: The file does not exist.
        ValueError: It is not a run.json, or has another schema version. Names the file and the key.
    """
    content = read_json(path)
    found = content.get("schema_version") if isinstance(content, dict) else None
    if found != SCHEMA_VERSION:
        raise ValueError(f"{path}: schema version: expected {SCHEMA_VERSION}, found {show(found)}")
    for key, kinds in _KINDS.items():
        if not isinstance(content.get(key), kinds):
            names = " or ".join(kind.__name__ for kind in kinds)
            raise ValueError(f"{path}, {key}: expected {names}, found {show(content.get(key))}")
    for key in _TEXTS_BY_NAME:
        if not all(isinstance(value, str) for value in content[key].values()):
            raise ValueError(f"{path}, {key}: expected strings by name, found {show(content[key])}")
    if not _PROGRAM.fullmatch(content["program"]):
        found = show(content["program"])
        raise ValueError(f"{path}, program: expected a tracker program, found {found}")
    return content
