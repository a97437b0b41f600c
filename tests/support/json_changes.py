"""JSON content with one thing changed, for tests of what a reader refuses."""

from __future__ import annotations

import json

GONE = object()


def changed(content, *keys, to):
    """Return a copy with another value at a place, or without it where that is GONE."""
    content = json.loads(json.dumps(content))
    inner = content
    for key in keys[:-1]:
        inner = inner[key]
    if to is GONE:
        del inner[keys[-1]]
    else:
        inner[keys[-1]] = to
    return content
