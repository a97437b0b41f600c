"""Names that different data sets and networks have for one class."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many

_SAME = ({"person", "pedestrian"},)


def synonyms(name: str) -> set[str]:
    """Return all names of the class that is called so, that one among them."""
    return next((same for same in _SAME if name in same), {name})


def class_ids(known: Many[str], classes: Mapping[int, str]) -> dict[int, int]:
    """Return the class ids of a sequence by the number a network has for the class.

    Args:
        known: The network's classes, in order.
        classes: The sequence's names by class id; those that the network does not know are left
            out.

    Raises:
        ValueError: It knows none of them.
    """
    found = {
        number: key
        for key, name in classes.items()
        for number, each in enumerate(known)
        if each in synonyms(name)
    }
    if not found:
        names = [*classes.values()]
        raise ValueError(f"none of the classes {names} is among the network's, {[*known]}")
    return found
