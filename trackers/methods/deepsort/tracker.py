"""DeepSORT: association by appearance if an embedding network is named, else by motion alone.

Source: Wojke et al., ICIP 2017; see `trackers.parts.deep_sort`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datasets.types import Frame, Sequence
from trackers.contract import TrackerOutput
from trackers.methods.deepsort.options import Options
from trackers.networks.runner import NetworkRunner
from trackers.parts.deep_sort import DeepSortAssociation
from trackers.parts.detections import select, suppress

if TYPE_CHECKING:
    from trackers.appearance.embedder import Embedder


def build(options: Options) -> DeepSortTracker:
    """Return a DeepSORT tracker.

    Raises:
        FileNotFoundError: The network card or the network does not exist.
        ValueError: The network card or the network is invalid.
    """
    embed = None
    if options.embedding is not None:
        from trackers.appearance.embedder import load_embedder

        runner = NetworkRunner(options.embedding_device, options.embedding_precision)
        embed = load_embedder(options.embedding, runner)
    return DeepSortTracker(options, embed)


class DeepSortTracker:
    """The DeepSORT tracker.

    Args:
        embed: Returns the appearance embeddings of boxes in an image; None for motion alone.
    """

    def __init__(self, options: Options, embed: Embedder | None) -> None:
        self._options, self._embed = options, embed
        self._association = DeepSortAssociation(
            options.rules, report_coasted=options.report_coasted
        )

    def start(self, sequence: Sequence) -> None:
        self._association.start()

    def step(self, frame: Frame) -> TrackerOutput:
        selected = select(frame.detections, self._options.min_confidence)
        detections = suppress(selected, self._options.nms_max_overlap)
        embeddings = None
        if self._embed is not None:
            if frame.image is None:
                raise ValueError("option embedding needs images and the frame carries none")
            embeddings = self._embed(frame.image, detections.box)
        reported = self._association.step(detections, embeddings, frame.elapsed)
        return TrackerOutput(reported.track, reported.box, reported.score, reported.class_id)
