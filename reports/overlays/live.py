"""Draw objects on frames one after the other, without knowing later frames."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from datasets.types import Tracks
from datasets.zone import Zone
from reports.overlays.drawing import draw, draw_note, draw_trails, draw_zone


class FramePainter:
    """Draws masks, boxes, labels and trails; colours follow the order in which tracks appear.

    Args:
        zone: Zone to draw; None for none.
        trail: Length of the trails behind objects, in frames; 0 for none.
        note: Line of text on every image; "" for none.
    """

    def __init__(self, zone: Zone | None = None, trail: int = 0, note: str = "") -> None:
        self._zone, self._trail, self._note = zone, trail, note
        self._recent: deque[Tracks] = deque(maxlen=trail + 1)
        self._ranks: dict[int, int] = {}

    def paint(self, image: np.ndarray, frame: int, rows: Tracks) -> None:
        """Draw the objects of the next frame on its image, in place."""
        for track in rows.track.tolist():
            self._ranks.setdefault(track, len(self._ranks))
        if self._zone is not None:
            draw_zone(image, self._zone)
        if self._trail:
            self._recent.append(rows)
            frames = range(frame - self._trail, frame + 1)
            draw_trails(image, _boxes_of(self._recent), self._ranks, frames)
        draw(image, rows, self._ranks)
        if self._note:
            draw_note(image, self._note)


def _boxes_of(frames: deque[Tracks]) -> Tracks:
    """Return the boxes of several frames together."""
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(each, name) for each in frames])
        for name in ("frame", "track", "class_id", "score", "box")
    }
    return Tracks(frames[-1].extent, **columns)
