"""Class names that differ between data sets and networks."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many

_SAME = ({"person", "pedestrian"},)


def synonyms(name: str) -> set[str]:
    """Return all names of the class with this name, the name itself included."""
    return next((same for same in _SAME if name in same), {name})


def class_ids(known: Many[str], classes: Mapping[int, str]) -> dict[int, int]:
    """Return the sequence's class ids, keyed by the network's class indices.

    Args:
        known: The network's class names, in order.
        classes: The sequence's class names by class id; names unknown to the network are left out.

    Raises:
        ValueError: The network knows none of the classes.
    """
    found = {
        index: class_id
        for class_id, name in classes.items()
        for index, each in enumerate(known)
        if each in synonyms(name)
    }
    if not found:
        names = [*classes.values()]
        raise ValueError(f"none of the classes {names} is among the network's, {[*known]}")
    return found
