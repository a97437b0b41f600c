"""Object detectors: a detection network with its network card, which describes how to use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from trackers.detectors.candidates import CandidateFilter, DetectedObjects
from trackers.detectors.card import Card, read_card
from trackers.detectors.layouts.reader import OutputReader
from trackers.detectors.loading import load_module
from trackers.detectors.metadata import combine, read_metadata
from trackers.detectors.network_input import NetworkInput, find_input
from trackers.engines.card import network_path
from trackers.engines.contract import DescribedEngine, Engine
from trackers.networks.opening import open_network
from trackers.networks.runner import NetworkRunner
from trackers.parts.class_names import class_ids
from trackers.profiling.stages import stage

_GREY = 114  # pixel value of the plain image
_ON_CPU = NetworkRunner()


class Detector:
    """A network that detects objects in images.

    `with_masks` is whether it can return masks.

    Args:
        engine: Engine of the network.
        network_input: Inputs of the network.
        reader: Reader of its outputs.
        candidate_filter: Filter of the candidates.
        names: Names of the classes, in the order of the network.

    Raises:
        ValueError: The outputs are of another layout.
    """

    def __init__(
        self,
        engine: Engine,
        network_input: NetworkInput,
        reader: OutputReader,
        candidate_filter: CandidateFilter,
        names: tuple[str, ...],
    ) -> None:
        self._engine, self._input, self._filter = engine, network_input, candidate_filter
        self._names = names
        self._classes: dict[int, int] = {}
        plain, _ = network_input.prepare(np.full((*network_input.size, 3), _GREY, np.uint8))
        outputs = engine(**plain)
        self._reader = replace(reader, unit=reader.unit or reader.measure(outputs))
        merged = candidate_filter.density is not None and candidate_filter.density.merge
        self.with_masks = self._reader(outputs).prototype is not None and not merged

    def start(self, classes: Mapping[int, str]) -> None:
        """Set the classes to detect, those of a sequence.

        Args:
            classes: Names by class id.

        Raises:
            ValueError: The network knows none of the classes.
        """
        self._classes = class_ids(self._names, classes)

    @stage("detect")
    def __call__(self, image: np.ndarray, *, masks: bool = False) -> DetectedObjects:
        """Return the objects in an image.

        Args:
            image: (height, width, 3) uint8 RGB.
            masks: Whether masks are computed, if the network outputs them.

        Raises:
            ValueError: The output of the network is not finite, or of another layout.
        """
        inputs, placement = self._input.prepare(image)
        candidates = self._reader(self._engine(**inputs))
        return self._filter.take(candidates, placement, self._classes, masks=masks)


def load_detector(
    path: str, runner: NetworkRunner = _ON_CPU, threads: int = 0, score: float = 0.0
) -> Detector:
    """Return a detector on the engine that its network file is for, see `open_network`.

    Args:
        path: Path of its network card, of a folder made by a rule, or of a network file whose
            metadata says what a card would.
        runner: Its device and precision.
        threads: Number of threads per operator with ONNX Runtime; 0 for one per core.
        score: Detections of a lower score are discarded; the card may have a higher minimum.

    Raises:
        FileNotFoundError: The card or the network does not exist.
        ValueError: The card or the network is invalid, or they contradict each other.
        RuntimeError: The engine is not installed or does not support the device.
    """
    card = read_card(Path(path))
    file = network_path(Path(path), card.file)
    return make_detector(open_network(file, runner, load_module, threads), card, str(file), score)


def make_detector(engine: DescribedEngine, card: Card, place: str, score: float = 0.0) -> Detector:
    """Return a detector on any engine.

    Args:
        place: Name of the network, for messages.
        score: See `load_detector`.

    Raises:
        ValueError: The network and its card contradict each other, or say too little. Names the
            network.
    """
    metadata = read_metadata(engine.metadata, place)
    layout, names = combine(card, metadata, place)
    try:
        network_input = find_input(engine.inputs, card, metadata, layout)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error
    size = network_input.size
    reader = OutputReader(place, layout, len(names), size, card.batch, card.boxes)
    return Detector(engine, network_input, reader, card.filter(layout, score), names)
