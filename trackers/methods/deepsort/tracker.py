"""DeepSORT: by appearance where a network of it is named, otherwise by motion alone.

Source: Wojke et al., ICIP 2017; see `trackers.parts.deep_sort`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datasets.types import Frame, Sequence
from trackers.contract import Answer
from trackers.parts.deep_sort import DeepSort, Rules
from trackers.parts.detections import select, suppress

if TYPE_CHECKING:
    from trackers.appearance.embedder import Embedder


def build(
    *,
    embedding: str | None = None,
    device: str = "cpu",
    min_confidence: float = 0.3,
    nms_max_overlap: float = 1.0,
    max_iou_distance: float = 0.7,
    max_age: int = 30,
    n_init: int = 3,
    max_cosine_distance: float = 0.2,
    nn_budget: int | None = 100,
    report_coasted: bool = False,
) -> Deepsort:
    """Return a DeepSORT tracker; the names are those of its authors. See also `Rules`.

    Args:
        embedding: Card of a network of appearance, or the folder it is in. With it the frames must
            carry images.
        device: `cpu` or `cuda`, of that network.
        min_confidence: Detections below it are not looked at.
        nms_max_overlap: See `suppress`; 1 keeps all.

    Raises:
        FileNotFoundError: The card or the network is not there.
        ValueError: One of them is not as it should be, or there is to be less than one vector.
    """
    rules = Rules(max_iou_distance, max_age, n_init, max_cosine_distance, nn_budget, report_coasted)
    embed = None
    if embedding is not None:
        from trackers.appearance.embedder import load_embedder

        embed = load_embedder(embedding, device)
    return Deepsort(DeepSort(rules), embed, (min_confidence, nms_max_overlap))


class Deepsort:
    """See the module.

    Args:
        targets: Those it follows.
        embed: From boxes in an image to what is in there; None where it goes by motion alone.
        limits: The least score and the largest overlap of a detection.
    """

    def __init__(
        self, targets: DeepSort, embed: Embedder | None, limits: tuple[float, float]
    ) -> None:
        self._targets, self._embed, self._limits = targets, embed, limits

    def start(self, sequence: Sequence) -> None:
        self._targets.start()

    def step(self, frame: Frame) -> Answer:
        least, overlap = self._limits
        seen = suppress(select(frame.detections, least), overlap)
        looks = None
        if self._embed is not None:
            if frame.image is None:
                raise ValueError("option embedding needs images and the frame carries none")
            looks = self._embed(frame.image, seen.box)
        told = self._targets.step(seen, looks)
        return Answer(told.track, told.box, told.score, told.class_id)
