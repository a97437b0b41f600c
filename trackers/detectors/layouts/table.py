"""The layouts of detection networks: how an image is prepared, and how outputs are read."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np

from trackers.detectors.candidates import Candidates
from trackers.detectors.layouts.boxes import Unit
from trackers.detectors.layouts.detectnet import detectnet
from trackers.detectors.layouts.rfb import rfb
from trackers.detectors.layouts.suppressed import (
    boxes_labels_scores,
    end_to_end,
    mmdet,
    paddle,
    yolov7_nms,
)
from trackers.detectors.layouts.yolo import rtdetr, yolo_nas, yolov5, yolov8, yolox
from trackers.engines.card import IMAGENET_DEVIATION, IMAGENET_MEAN, PerChannel

Fit = Literal["corner", "centre", "stretch"]
_STRIDE = 32  # pixels, of the largest cells of YOLO


class Decode(Protocol):
    """A function that reads the outputs of a network."""

    def __call__(
        self, outputs: Many[np.ndarray], size: tuple[int, int], classes: int, unit: Unit, /
    ) -> Candidates:
        """Return the candidates.

        Args:
            outputs: Outputs for one image, in the order of the network.
            size: Height and width of the input.
            classes: Number of classes.
            unit: Unit of the boxes in the outputs.

        Raises:
            ValueError: The outputs are of another layout.
        """


@dataclass(frozen=True)
class Preparation:
    """How an image becomes the input of a network.

    Args:
        fit: How an image is fitted to the input, see `letterbox.place`.
        fill: Pixel value of the padding.
        blue_first: Whether the channels are in the order BGR.
        mean: Value subtracted from each pixel value, which is from 0 to 255; for each channel in
            the order of the network, or one for all. None if the network card has to say it.
        divide: Divisor of the pixel values after the subtraction; likewise.
    """

    fit: Fit = "centre"
    fill: int = 114
    blue_first: bool = False
    mean: PerChannel | None = 0.0
    divide: PerChannel | None = 255.0


@dataclass(frozen=True)
class Layout:
    """Input and output format of a kind of network.

    Args:
        decode: Function that reads the outputs.
        preparation: Preparation of the image.
        units: Possible units of the boxes; the first is assumed where no box can be measured.
        overlap: Maximum IoU with a detection of the same class and a higher score; 1 for networks
            that suppress their detections themselves.
        stride: Height and width of the input are multiples of this.
        flat: Whether the rows of all images lie in one output without an axis of images.
    """

    decode: Decode
    preparation: Preparation = Preparation()
    units: tuple[Unit, ...] = ("pixels", "fractions")
    overlap: float = 0.45
    stride: int = 1
    flat: bool = False


_STRETCHED = Preparation("stretch")
_FROM_CARD = Preparation("stretch", mean=None, divide=None)
_YOLOX = Layout(
    yolox,
    Preparation("corner", blue_first=True, divide=1.0),
    units=("cells", "pixels"),
    stride=_STRIDE,
)

LAYOUTS = {
    "yolox": _YOLOX,
    "yolox_legacy": replace(
        _YOLOX, preparation=Preparation("corner", mean=IMAGENET_MEAN, divide=IMAGENET_DEVIATION)
    ),
    "yolov5": Layout(yolov5, stride=_STRIDE),
    "yolov8": Layout(yolov8, stride=_STRIDE),
    "end_to_end": Layout(end_to_end, overlap=1.0, stride=_STRIDE),
    "yolov7_nms": Layout(yolov7_nms, overlap=1.0, stride=_STRIDE, flat=True),
    "yolo_nas": Layout(yolo_nas, stride=_STRIDE),
    "rtdetr": Layout(rtdetr, _STRETCHED, units=("fractions", "pixels"), overlap=1.0),
    "boxes_labels_scores": Layout(boxes_labels_scores, _STRETCHED, overlap=1.0),
    "mmdet": Layout(mmdet, replace(_FROM_CARD, fit="corner"), overlap=1.0),
    "paddle": Layout(paddle, _FROM_CARD, overlap=1.0, flat=True),
    "detectnet": Layout(detectnet, _STRETCHED, units=("pixels",)),
    "rfb": Layout(rfb, Preparation("stretch", mean=127.0, divide=128.0), units=("fractions",)),
}
