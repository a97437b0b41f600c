"""The networks of a model as PyTorch modules, with their inputs and the shapes they are built for.

Everything here is the product's own: modules, signatures, profiles.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from bench.compiler.models import Model
from trackers.appearance.export import OFFICIAL_SIDES
from trackers.appearance.export import signature as signature_of_crops
from trackers.appearance.osnet import Osnet
from trackers.appearance.osnet_weights import CROPS
from trackers.detectors.loading import load_yolox
from trackers.detectors.yolox import Yolox
from trackers.engines.export import Signature
from trackers.engines.tensorrt_build import AxisRange, Profile
from trackers.mask_rcnn.architecture import MaskTrackRcnn
from trackers.mask_rcnn.architecture import build_model as build_mask_rcnn
from trackers.mask_rcnn.build import PROFILE
from trackers.mask_rcnn.card import Card, read_card
from trackers.mask_rcnn.conventions import CONVENTIONS
from trackers.mask_rcnn.export import signature
from trackers.mask_rcnn.loading import load_model as load_mask_rcnn
from trackers.mask_rcnn.modules import Head
from trackers.mask_rcnn.modules import modules as mask_rcnn_modules
from trackers.mask_rcnn.sizes import SIZES
from trackers.networks.build import OBJECTS as CROPS_PER_CALL
from trackers.sam2.build import profiles
from trackers.sam2.export import traceable
from trackers.sam2.loading import RANDOM, load_model

OBJECTS = [AxisRange(1, 4, 16)]  # as in config/engines.yaml
_SEED = 0
_CLASSES, _SIDE = 80, 640  # of YOLOX with random weights
_DEMO_SIDES = (288, 384)  # of YOLOX with demo weights, whose only class is a person
_FIT = (640, 360)  # of MaskTrack R-CNN with random weights
_BOXES = "boxes"  # the axis of pooled boxes


@dataclass(frozen=True)
class Network:
    """A network that is exported and compiled.

    Args:
        name: Its name in the model.
        module: The module, in evaluation mode.
        signature: Its inputs.
        profiles: Lengths of its dynamic axes.
    """

    name: str
    module: nn.Module
    signature: Signature
    profiles: Many[Profile]


def networks(model: Model) -> dict[str, Network]:
    """Return all networks of a model, by name."""
    torch.manual_seed(_SEED)
    found = {"sam2": _sam2, "yolox": _yolox, "osnet": _osnet, "masktrack_rcnn": _mask_rcnn}[
        model.kind
    ](model)
    return {each.name: each for each in found}


def _sam2(model: Model) -> list[Network]:
    loaded = load_model(model.size, model.weights or RANDOM)
    return [
        Network(name, module, inputs, profiles(name, OBJECTS))
        for name, (module, inputs) in traceable(loaded).items()
    ]


def _yolox(model: Model) -> list[Network]:
    if model.weights is None:
        module, sides = Yolox(model.size, _CLASSES).eval(), (_SIDE, _SIDE)
    else:
        module, sides = load_yolox(model.size, Path(model.weights), 1), _DEMO_SIDES
    inputs = Signature({"images": torch.zeros(1, 3, *sides)}, {}, ("images",))
    return [Network("detect", module, inputs, [{}])]


def _osnet(model: Model) -> list[Network]:
    inputs = signature_of_crops(OFFICIAL_SIDES)
    return [Network("embed", Osnet(model.size).eval(), inputs, [{CROPS: CROPS_PER_CALL}])]


def _mask_rcnn(model: Model) -> list[Network]:
    """Return the pyramid, and the heads without RoIAlign, a plug-in that needs a driver."""
    if model.weights is None:
        card = Card(model.size, ("person",), next(iter(CONVENTIONS)), _FIT)
        loaded: MaskTrackRcnn = build_mask_rcnn(model.size, 1)
    else:
        card = read_card(Path(model.weights))
        loaded = load_mask_rcnn(Path(model.weights), card)
    modules = mask_rcnn_modules(loaded, CONVENTIONS[card.convention])
    pyramid = Network("pyramid", modules["pyramid"], signature("pyramid", card), [PROFILE])
    heads = {name: each for name, each in modules.items() if isinstance(each, Head)}
    return [pyramid, *(_without_pooling(name, head, card) for name, head in heads.items())]


def _without_pooling(name: str, head: Head, card: Card) -> Network:
    layers = head.layers
    layers.outputs = head.outputs  # type: ignore[assignment]
    pooled = torch.zeros(2, SIZES[card.size].channels, head.pooler.bins, head.pooler.bins)
    opset = signature(name, card).opset
    inputs = Signature({"pooled": pooled}, {"pooled": {0: _BOXES}}, opset=opset)
    of_level = next(iter(PROFILE.values()))
    count = len(PROFILE)
    boxes = AxisRange(count * of_level.min, count * of_level.opt, count * of_level.max)
    return Network(f"{name}_layers", layers.eval(), inputs, [{_BOXES: boxes}])
