"""The official predictor with the weights of one of our models, and what it says of each object."""

from __future__ import annotations

import warnings
from pathlib import Path

import hydra
import numpy as np
import torch
from omegaconf import OmegaConf
from PIL import Image

from trackers.sam2.architecture import CONFIGS


def build_predictor(size: str, seed: int = 0, image_size: int | None = None):
    """Return a predictor with random weights that takes every object for present.

    With the settings `build_sam2_video_predictor` has by default, but for the filling of holes, which
    needs a compiled extension and is left out without it.
    """
    config = OmegaConf.load(CONFIGS[size])
    config.model._target_ = "sam2.sam2_video_predictor.SAM2VideoPredictor"
    config.model.sam_mask_decoder_extra_args = {
        "dynamic_multimask_via_stability": True,
        "dynamic_multimask_stability_delta": 0.05,
        "dynamic_multimask_stability_thresh": 0.98,
    }
    config.model.binarize_mask_from_pts_for_mem_enc = True
    if image_size:
        config.model.image_size = image_size
    torch.manual_seed(seed)
    model = hydra.utils.instantiate(config.model).eval()
    with torch.no_grad():
        model.sam_mask_decoder.pred_obj_score_head.layers[-1].bias.fill_(1.0)
        for name, each in model.named_parameters():
            if each.abs().max() == 0 and "bias" not in name:
                torch.nn.init.normal_(each, std=0.1)
    return model


def save_frames(folder: Path, frames: list[np.ndarray]) -> list[np.ndarray]:
    """Write frames as the predictor reads them, and return what it reads."""
    folder.mkdir(parents=True)
    for number, frame in enumerate(frames):
        Image.fromarray(frame).save(folder / f"{number:05d}.jpg", quality=95)
    paths = sorted(folder.iterdir())
    return [np.asarray(Image.open(path).convert("RGB")) for path in paths]


def follow(model, folder: Path, first: int, **prompt) -> dict[int, np.ndarray]:
    """Return the logits of one object alone by frame, (L, L), prompted in frame `first`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        state = model.init_state(str(folder))
        if "mask" in prompt:
            model.add_new_mask(state, first, 1, torch.from_numpy(prompt["mask"]))
        else:
            model.add_new_points_or_box(state, first, 1, **prompt)
        found = {}
        for frame, _, _ in model.propagate_in_video(state, start_frame_idx=first):
            outputs = state["output_dict_per_obj"][0]
            kind = "cond" if frame == first else "non_cond"
            found[frame] = outputs[f"{kind}_frame_outputs"][frame]["pred_masks"][0, 0].numpy()
    return found
