"""DeepSORT: by appearance where a network of it is named, otherwise by motion alone.

Source: Wojke et al., ICIP 2017; see `trackers.parts.deep_sort`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datasets.types import Frame, Sequence
from trackers.contract import TrackerOutput
from trackers.methods.deepsort.options import Options
from trackers.parts.deep_sort import DeepSort
from trackers.parts.detections import select, suppress

if TYPE_CHECKING:
    from trackers.appearance.embedder import Embedder


def build(options: Options) -> Deepsort:
    """Return a DeepSORT tracker.

    Raises:
        FileNotFoundError: The card or the network is not there.
        ValueError: One of them is not as it should be.
    """
    embed = None
    if options.embedding is not None:
        from trackers.appearance.embedder import load_embedder

        embed = load_embedder(options.embedding, options.device)
    return Deepsort(options, embed)


class Deepsort:
    """See the module.

    Args:
        embed: From boxes in an image to what is in there; None where it goes by motion alone.
    """

    def __init__(self, options: Options, embed: Embedder | None) -> None:
        self._options, self._embed = options, embed
        self._targets = DeepSort(options.rules, report_coasted=options.report_coasted)

    def start(self, sequence: Sequence) -> None:
        self._targets.start()

    def step(self, frame: Frame) -> TrackerOutput:
        found = select(frame.detections, self._options.min_confidence)
        seen = suppress(found, self._options.nms_max_overlap)
        looks = None
        if self._embed is not None:
            if frame.image is None:
                raise ValueError("option embedding needs images and the frame carries none")
            looks = self._embed(frame.image, seen.box)
        told = self._targets.step(seen, looks)
        return TrackerOutput(told.track, told.box, told.score, told.class_id)
