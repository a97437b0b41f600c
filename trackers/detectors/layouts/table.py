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
        name: Name of the layout.
        decode: Function that reads the outputs.
        preparation: Preparation of the image.
        units: Possible units of the boxes; the first is assumed where no box can be measured.
        overlap: Maximum IoU with a detection of the same class and a higher score; 1 for networks
            that suppress their detections themselves.
        stride: Height and width of the input are multiples of this.
        dense: Whether there are candidates everywhere, so that they cover the input.
        flat: Whether the rows of all images lie in one output without an axis of images.
    """

    name: str
    decode: Decode
    preparation: Preparation = Preparation()
    units: tuple[Unit, ...] = ("pixels", "fractions")
    overlap: float = 0.45
    stride: int = 1
    dense: bool = False
    flat: bool = False


_STRETCHED = Preparation("stretch")
_FROM_CARD = Preparation("stretch", mean=None, divide=None)
_LEGACY = Preparation("corner", mean=IMAGENET_MEAN, divide=IMAGENET_DEVIATION)
_YOLOX = Layout(
    "yolox",
    yolox,
    Preparation("corner", blue_first=True, divide=1.0),
    units=("cells", "pixels"),
    stride=_STRIDE,
    dense=True,
)
_RFB = Preparation("stretch", mean=127.0, divide=128.0)

LAYOUTS = {
    each.name: each
    for each in (
        _YOLOX,
        replace(_YOLOX, name="yolox_legacy", preparation=_LEGACY),
        Layout("yolov5", yolov5, stride=_STRIDE, dense=True),
        Layout("yolov8", yolov8, stride=_STRIDE, dense=True),
        Layout("end_to_end", end_to_end, overlap=1.0, stride=_STRIDE),
        Layout("yolov7_nms", yolov7_nms, overlap=1.0, stride=_STRIDE, flat=True),
        Layout("yolo_nas", yolo_nas, stride=_STRIDE, dense=True),
        Layout("rtdetr", rtdetr, _STRETCHED, units=("fractions", "pixels"), overlap=1.0),
        Layout("boxes_labels_scores", boxes_labels_scores, _STRETCHED, overlap=1.0),
        Layout("mmdet", mmdet, replace(_FROM_CARD, fit="corner"), overlap=1.0),
        Layout("paddle", paddle, _FROM_CARD, overlap=1.0, flat=True),
        Layout("detectnet", detectnet, _STRETCHED, units=("pixels",)),
        Layout("rfb", rfb, _RFB, units=("fractions",)),
    )
}
