"""What the networks answer in one frame, and what of it is remembered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from trackers.engines.contract import Arrays


class Answers:
    """A row for each object.

    Args:
        arrays: Of the engines: where the answers are.
        identities: Of the objects that are followed, in the order of the rows.
        found: (B, ...) of each name; nothing where there are no objects.
    """

    def __init__(
        self, arrays: Arrays, identities: Iterable[int] = (), found: Mapping[str, Any] | None = None
    ) -> None:
        self.identities = list(identities)
        self.found = dict(found or {})
        self._arrays = arrays
        self._prompted = [False] * len(self.identities)
        self._again: set[int] = set()
        self._aside: dict[int, Mapping[str, Any]] = {}

    @property
    def prompted(self) -> np.ndarray:
        """Whose answers are of a prompt, (B,) bool."""
        return np.array(self._prompted, bool)

    @property
    def again(self) -> np.ndarray:
        """Whose prompts take the place of their last, and no other memory's, (B,) bool."""
        return np.isin(self.identities, list(self._again))

    def row(self, identity: int) -> int:
        """Return the row of an object; KeyError if there is none of that name."""
        if identity not in self.identities:
            raise KeyError(identity)
        return self.identities.index(identity)

    def put(self, identity: int, answer: Mapping[str, Any], row: int) -> None:
        """Take the answer to a prompt, in a row of what was answered, of an object or a new one."""
        if identity in self.identities:
            own = self.row(identity)
            for name, array in answer.items():
                self.found[name][own] = array[row]
            self._prompted[own] = True
            return
        self.identities.append(identity)
        self._prompted.append(True)
        for name, array in answer.items():
            before = [self.found[name]] if name in self.found else []
            self.found[name] = self._arrays.concatenate([*before, array[row : row + 1]])

    def begin(self, identities: Iterable[int]) -> None:
        """Let the prompts of objects be all that is remembered of them."""
        for identity in identities:
            self._again.discard(identity)
            self._aside.pop(identity, None)

    def renew(self, identities: Iterable[int]) -> None:
        """Let the prompts of objects take the place of their last; other memories stay."""
        for identity in identities:
            self._again.add(identity)
            self._aside.pop(identity, None)

    def set_aside(self, identities: Iterable[int]) -> None:
        """Remember of objects what is answered now, whatever they are shown later in the frame."""
        for identity in identities:
            if identity not in self._aside:
                row = self.row(identity)
                self._aside[identity] = self._copy(slice(row, row + 1))

    def drop(self, identity: int) -> None:
        """Forget an object; the last one takes its row."""
        row, last = self.row(identity), len(self.identities) - 1
        for name, array in self.found.items():
            array[row] = array[last]
            self.found[name] = array[:last]
        self.identities[row], self._prompted[row] = self.identities[last], self._prompted[last]
        del self.identities[last], self._prompted[last]
        self.begin([identity])
        if not last:
            self.found = {}

    def memorable(self) -> tuple[Mapping[str, Any], np.ndarray]:
        """Return the answers that are remembered, and whose are of a prompt, (B,) bool."""
        prompted = self.prompted
        if not self._aside:
            return self.found, prompted
        answers = self._copy(slice(None))
        for identity, kept in self._aside.items():
            row = self.row(identity)
            prompted[row] = False
            for name, array in kept.items():
                answers[name][row] = array[0]
        return answers, prompted

    def _copy(self, rows: slice) -> dict[str, Any]:
        copy = self._arrays.concatenate
        return {name: copy([array[rows]]) for name, array in self.found.items()}
