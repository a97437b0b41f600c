"""Remove from texts what says whose machine they come from: paths, user name, host name."""

from __future__ import annotations

import getpass
import re
import socket
from collections.abc import Mapping
from typing import Any

_FOLDERS = re.compile(r"(?<![\w.~)\]])~?/(?:[^\s/:'\"(),;]+/)+")
_MIN_NAME = 3  # shorter names would be found inside words
_COMMON = {"root", "user", "localhost"}  # tell nothing


def private_names() -> list[str]:
    """Return the names of the user and of the host, if they tell anything."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = ""
    host = socket.gethostname()
    found = {user, host, host.split(".")[0]}
    return sorted((each for each in found - _COMMON if len(each) >= _MIN_NAME), key=len)[::-1]


def anonymous(value: Any) -> Any:
    """Return JSON values with every text cleaned: `.../` for folders, `<name>` for private names.

    The last part of a path is kept. Keys of objects are kept as they are.
    """
    if isinstance(value, str):
        return _clean(value, private_names())
    if isinstance(value, Mapping):
        return {key: anonymous(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [anonymous(each) for each in value]
    return value


def _clean(text: str, names: list[str]) -> str:
    text = _FOLDERS.sub(".../", text)
    for name in names:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "<name>", text)
    return text
