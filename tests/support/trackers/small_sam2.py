"""A SAM 2 small enough to be exported in a test, with random weights that find objects."""

from __future__ import annotations

import hydra
import torch
from omegaconf import OmegaConf

from trackers.sam2.architecture import CONFIGS


def small_model(seed=0, image_size=64):
    config = OmegaConf.load(CONFIGS["demo"])
    config.model.image_size = image_size
    config.model.image_encoder.trunk.stages = [1, 1, 2, 1]
    config.model.image_encoder.trunk.global_att_blocks = [3]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = hydra.utils.instantiate(config.model).eval()
        for weight in model.parameters():
            if not weight.any():
                torch.nn.init.normal_(weight, std=0.02)
    transformer = model.sam_mask_decoder.transformer
    transformer.layers = transformer.layers[:1]
    torch.nn.init.constant_(model.sam_mask_decoder.pred_obj_score_head.layers[-1].bias, 0.3)
    return model
