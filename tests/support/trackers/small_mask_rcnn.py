"""A small MaskTrack R-CNN that detects objects in noise, and noise images."""

from __future__ import annotations

import numpy as np
import torch

from trackers.mask_rcnn.architecture import build_model

CLASSES = ("person", "dog")


def lively(size="demo", seed=0):
    """Return a model that detects objects in noise, with outputs that vary over the image."""
    torch.manual_seed(seed)
    model = build_model(size, len(CLASSES))
    with torch.no_grad():
        for name, each in model.named_parameters():
            if "predictor" in name and each.dim() > 1:
                each.normal_(std=0.2)
        for name, each in model.named_buffers():
            if name.endswith("running_var"):
                each.fill_(0.5)
    return model


def image(height=288, width=384, seed=0):
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), np.uint8)
    return np.kron(coarse, np.ones((height // 9, width // 12, 1), np.uint8))
