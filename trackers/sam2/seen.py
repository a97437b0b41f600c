"""What is seen of the objects in one frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from trackers.parts.dense_masks import tight_boxes


@dataclass(frozen=True)
class Seen:
    """What the model says of each object.

    Args:
        identity: (B,) int64.
        iou: (B,) float32, how well the mask fits, as the model thinks.
        presence: (B,) float32, above 0 where the object is visible, as the model thinks.
        prompted: (B,) bool, whether the mask is of a prompt in this frame.
        coarse: Returns the masks on the grid of logits, (B, L, L) bool; called only where wanted.
        size: Height and width of the image, in pixels.
    """

    identity: np.ndarray
    iou: np.ndarray
    presence: np.ndarray
    prompted: np.ndarray
    coarse: Callable[[], np.ndarray]
    size: tuple[int, int]

    def boxes(self) -> np.ndarray:
        """Return the boxes of the masks, (B, 4) in pixels, as fine as the grid of logits is.

        Zeros for an object that is not seen.
        """
        masks = self.coarse()
        there, tight = tight_boxes(masks)
        box = np.zeros((len(masks), 4))
        box[there] = tight * np.tile(np.array(self.size[::-1]) / masks.shape[:0:-1], 2)
        return box
