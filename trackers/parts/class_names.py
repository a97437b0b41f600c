"""Names that different data sets and networks have for one class."""

from __future__ import annotations

_SAME = ({"person", "pedestrian"},)


def synonyms(name: str) -> set[str]:
    """Return all names of the class that is called so, that one among them."""
    return next((same for same in _SAME if name in same), {name})
