"""The official SAM 2 video predictor, and its logits for each object."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hydra
import numpy as np
import torch
from omegaconf import OmegaConf
from PIL import Image

from trackers.sam2.architecture import CONFIGS

_STABILITY = {
    "dynamic_multimask_via_stability": True,
    "dynamic_multimask_stability_delta": 0.05,
    "dynamic_multimask_stability_thresh": 0.98,
}


def build_predictor(size: str, *, compiled: bool = False, image_size: int | None = None) -> Any:
    """Return a predictor with random weights.

    Its settings are the defaults of `build_sam2_video_predictor`, without hole filling, which needs
    a compiled extension.

    Args:
        size: Size as in `trackers.sam2.architecture.build_model`.
        compiled: Whether to use the variant that compiles every part, `vos_optimized`.
        image_size: Side of the image that the encoder takes, in pixels; None for the published one.
    """
    config = OmegaConf.load(CONFIGS[size])
    name = "SAM2VideoPredictorVOS" if compiled else "SAM2VideoPredictor"
    config.model._target_ = f"sam2.sam2_video_predictor.{name}"
    config.model.compile_image_encoder = compiled
    config.model.image_size = image_size or config.model.image_size
    config.model.sam_mask_decoder_extra_args = _STABILITY
    config.model.binarize_mask_from_pts_for_mem_enc = True
    return hydra.utils.instantiate(config.model).eval()


def make_lively(model: Any, seed: int = 0) -> None:
    """Give a model random weights under which every object is present and memory matters."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, each in model.named_parameters():
            if each.dim() > 1:
                torch.nn.init.normal_(each, std=float(each.std()) if each.abs().max() else 0.1)
            elif each.abs().max() == 0 and "bias" not in name:
                torch.nn.init.normal_(each, std=0.1)
        model.sam_mask_decoder.pred_obj_score_head.layers[-1].bias.fill_(1.0)


def save_frames(folder: Path, frames: list[np.ndarray]) -> list[np.ndarray]:
    """Write frames as JPEG, and return them as the predictor decodes them."""
    folder.mkdir(parents=True)
    for number, frame in enumerate(frames):
        Image.fromarray(frame).save(folder / f"{number:05d}.jpg", quality=95)
    return [np.asarray(Image.open(path).convert("RGB")) for path in sorted(folder.iterdir())]


def follow(
    model: Any, folder: Path, first: int, prompts: dict[int, dict[str, Any]]
) -> Iterator[tuple[int, dict[int, np.ndarray]]]:
    """Yield each frame's number and the logits (L, L) of each object, from the prompted frame on.

    Args:
        first: Index of the prompted frame.
        prompts: Prompts by object: `box`, `points` and `labels`, or `mask`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        state = model.init_state(str(folder))
        for identity, prompt in prompts.items():
            if "mask" in prompt:
                model.add_new_mask(state, first, identity, torch.from_numpy(prompt["mask"]))
            else:
                model.add_new_points_or_box(state, first, identity, **prompt)
        for frame, names, _ in model.propagate_in_video(state, start_frame_idx=first):
            kind = "cond" if frame == first else "non_cond"
            outputs = state["output_dict_per_obj"]
            yield (
                frame,
                {
                    name: outputs[row][f"{kind}_frame_outputs"][frame]["pred_masks"][0, 0]
                    .float()
                    .cpu()
                    .numpy()
                    for row, name in enumerate(names)
                },
            )
