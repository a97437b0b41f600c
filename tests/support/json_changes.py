"""JSON content with one value changed, to test what readers refuse."""

from __future__ import annotations

import json

MISSING = object()


def changed(content, *keys, to):
    """Return a copy with another value at a place, or without the key if the value is MISSING."""
    content = json.loads(json.dumps(content))
    inner = content
    for key in keys[:-1]:
        inner = inner[key]
    if to is MISSING:
        del inner[keys[-1]]
    else:
        inner[keys[-1]] = to
    return content
