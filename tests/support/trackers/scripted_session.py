"""A stand-in for a SAM 2 session whose masks a test writes down."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from trackers.engines.numpy_arrays import NumpyArrays
from trackers.sam2.object_outputs import ObjectOutputs
from trackers.sam2.prompt import Prompt

Script = Callable[[int, np.ndarray, int], list]


class ScriptedSession:
    """Objects whose masks are unions of boxes, with a high object score in every frame.

    Args:
        script: Return the boxes of an object's mask; takes its track id, the box of its latest
            prompt and the number of frames since that prompt.
        side: Height and width of the frames.
    """

    def __init__(self, script: Script, side: int) -> None:
        self._script, self._side = script, side
        self.start()

    def start(self) -> None:
        self._box: dict[int, np.ndarray] = {}
        self._age: dict[int, int] = {}

    @property
    def identities(self) -> list[int]:
        return list(self._box)

    @property
    def outputs(self) -> ObjectOutputs:
        masks, count = self.masks(), len(self._box)
        found = {
            "logits": np.where(masks, 1.0, -1.0),
            "iou": np.full(count, 0.9, np.float32),
            "presence": np.full(count, 20.0, np.float32),
        }
        size, unprompted = (self._side, self._side), np.zeros(count, bool)
        arrays = NumpyArrays(np.float32)
        return ObjectOutputs(arrays, self._side, size, tuple(self._box), found, unprompted)

    def track(self, image: np.ndarray) -> ObjectOutputs:
        self._age = {identity: age + 1 for identity, age in self._age.items()}
        return self.outputs

    def prompt(self, prompts: Mapping[int, Prompt]) -> None:
        for identity, prompt in prompts.items():
            assert prompt.box is not None
            self._box[identity], self._age[identity] = prompt.box, 0

    refresh = prompt

    def drop(self, identity: int) -> None:
        del self._box[identity], self._age[identity]

    def masks(self) -> np.ndarray:
        masks = np.zeros((len(self._box), self._side, self._side), bool)
        for mask, (identity, box) in zip(masks, self._box.items(), strict=True):
            for left, top, right, bottom in self._script(identity, box, self._age[identity]):
                mask[top:bottom, left:right] = True
        return masks

    def memorize(self) -> None:
        pass
