"""Train the demo SAM 2 on synthetic people.

    python -m trackers.weights.train_sam2 --room .cache/training/sam2 --minutes 90 --output W.safetensors

Each step takes a batch of clips, prompts every person in the first frame (a box mostly, else points or
a mask), follows them through the clip with the model's own predictions as memory, and lowers focal,
dice, IoU and presence losses of all frames, weighted 20 : 1 : 1 : 1 as the paper does. The rate decays
by a cosine. State is kept in the room every few minutes, so an interrupted run goes on.

Source: Ravi et al., SAM 2, arXiv 2408.00714, appendix D.2.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from trackers.sam2.architecture import build_model
from trackers.weights.clips import Clip, draw_clips, load_worlds

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_TAUGHT = 0.3  # share of batches in which true masks are remembered
_LOSS_SCALE = 2  # masks are compared at so many times the resolution of the logits


@dataclass(frozen=True)
class Plan:
    """How long a stage of the training is, and what its batches are."""

    steps: int
    size: int
    clips: int
    length: int
    people: int
    rate: float
    rate_end: float


def batch(draw: np.random.Generator, source: Any, clips: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return images (T, B, 3, S, S), masks (T, N, S, S) and the clip of each person (N,)."""
    chosen: list[Clip] = [next(source) for _ in range(clips)]
    images = torch.from_numpy(np.stack([clip.images for clip in chosen], 1))
    gain = torch.from_numpy(draw.uniform(0.8, 1.2, (clips, 3))).float()
    shift = torch.from_numpy(draw.uniform(-0.08, 0.08, (clips, 3))).float()
    pixels = (images.float() / 255 * gain[:, None, None] + shift[:, None, None]).clamp(0, 1)
    pixels = (pixels - torch.tensor(_MEAN)) / torch.tensor(_DEVIATION)
    masks = torch.from_numpy(np.concatenate([clip.masks for clip in chosen], 1))
    owner = torch.tensor([n for n, clip in enumerate(chosen) for _ in range(clip.masks.shape[1])])
    return pixels.permute(0, 1, 4, 2, 3).contiguous(), masks, owner


def prompts(draw: np.random.Generator, masks: Tensor, shown: bool = True) -> dict[str, Any]:
    """Return the prompt of a batch: boxes mostly, else one to three points inside, or the masks.

    Args:
        masks: (N, S, S) bool, none of them empty.
        shown: Whether the masks themselves may be it, which teaches nothing in that frame.
    """
    kind = draw.random()
    if shown and kind < 0.1:
        return {"mask_inputs": masks[:, None].float(), "point_inputs": None}
    if kind < 0.75:
        coordinates = _boxes(draw, masks)
        labels = torch.tensor([2, 3]).expand(len(masks), 2)
    else:
        count = int(draw.integers(1, 4))
        coordinates = _points(draw, masks, count)
        labels = torch.ones(len(masks), count)
    points = {"point_coords": coordinates, "point_labels": labels.to(torch.int32)}
    return {"point_inputs": points, "mask_inputs": None}


def _boxes(draw: np.random.Generator, masks: Tensor) -> Tensor:
    size, found = masks.shape[-1], []
    for mask in masks:
        rows, columns = torch.nonzero(mask.any(1)).ravel(), torch.nonzero(mask.any(0)).ravel()
        box = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], float)
        extent = np.tile(box[2:] - box[:2], 2)
        found.append((box + draw.normal(0, 0.04, 4).clip(-0.1, 0.1) * extent).clip(0, size))
    return torch.tensor(np.array(found), dtype=torch.float32).reshape(-1, 2, 2)


def _points(draw: np.random.Generator, masks: Tensor, count: int) -> Tensor:
    found = []
    for mask in masks:
        places = torch.nonzero(mask)
        chosen = torch.from_numpy(draw.integers(len(places), size=count))
        found.append(places[chosen].flip(1).float() + 0.5)
    return torch.stack(found)


def losses(decoded: tuple[Tensor, ...], masks: Tensor) -> Tensor:
    """Return the loss of one frame, summed over people.

    Args:
        decoded: What the mask decoder answers, before presence blots masks out: logits
            (N, M, L, L), IoU (N, M), tokens, presence (N, 1).
        masks: (N, S, S) bool.
    """
    logits, ious, _, presence = decoded
    here = masks.flatten(1).any(1)
    side = logits.shape[-1] * _LOSS_SCALE
    fine = functional.interpolate(logits, (side, side), mode="bilinear", align_corners=False)
    truth = functional.interpolate(masks[:, None].float(), (side, side), mode="area")
    share, truth = fine.sigmoid().flatten(2), truth.flatten(2).expand(-1, fine.shape[1], -1)
    cross = functional.binary_cross_entropy_with_logits(fine.flatten(2), truth, reduction="none")
    agree = share * truth + (1 - share) * (1 - truth)
    focal = ((0.25 * truth + 0.75 * (1 - truth)) * cross * (1 - agree) ** 2).mean(2)
    both = (share * truth).sum(2)
    dice = 1 - (2 * both + 1) / (share.sum(2) + truth.sum(2) + 1)
    with torch.no_grad():
        on, real = fine.flatten(2) > 0, truth > 0.5
        reached = (on & real).sum(2) / (on | real).sum(2).clamp(min=1)
    best = (20 * focal + dice).argmin(1, keepdim=True)
    mask_loss = (20 * focal + dice).gather(1, best)[:, 0] + (ious - reached).abs().mean(1)
    score = functional.binary_cross_entropy_with_logits(
        presence[:, 0], here.float(), reduction="none"
    )
    return (mask_loss * here + score).sum()


def follow(
    model: Any,
    images: Tensor,
    masks: Tensor,
    owner: Tensor,
    prompt: Mapping[str, Any],
    taught: bool,
) -> Tensor:
    """Return the mean loss of a batch of clips, each person followed from the prompt on.

    Args:
        taught: Whether true masks are remembered rather than those the model gives.
    """
    length, people = len(images), len(owner)
    features = model.forward_image(images.flatten(0, 1))
    _, vision, places, sizes = model._prepare_backbone_features(features)
    memory: dict[str, dict[int, Any]] = {"cond_frame_outputs": {}, "non_cond_frame_outputs": {}}
    total, decoded = torch.zeros(()), []
    hook = model.sam_mask_decoder.register_forward_hook(lambda *each: decoded.append(each[2]))
    for frame in range(length):
        index = frame * images.shape[1] + owner
        here = [level[:, index] for level in vision]
        where = [level[:, index] for level in places]
        first = frame == 0
        given = prompt if first else {"point_inputs": None, "mask_inputs": None}
        out, answers, _, _ = model._track_step(
            frame_idx=frame,
            is_init_cond_frame=first,
            current_vision_feats=here,
            current_vision_pos_embeds=where,
            feat_sizes=sizes,
            output_dict=memory,
            num_frames=max(length, model.max_obj_ptrs_in_encoder),  # as in a long video
            track_in_reverse=False,
            prev_sam_mask_logits=None,
            **given,
        )
        out["obj_ptr"] = answers[5]
        if not (first and given["mask_inputs"] is not None):
            total = total + losses(decoded[-1], masks[frame])
        if frame + 1 < length:
            seen, presence = answers[4], answers[6]
            if taught:
                seen = 20.0 * masks[frame][:, None] - 10
                presence = 20.0 * masks[frame].flatten(1).any(1)[:, None] - 10
            model._encode_memory_in_output(
                here, sizes, given["point_inputs"], True, seen, presence, out
            )
        memory["cond_frame_outputs" if first else "non_cond_frame_outputs"][frame] = out
    hook.remove()
    return total / (length * people)


@torch.inference_mode()
def evaluate(model: Any, images: Tensor, masks: Tensor, owner: Tensor) -> list[float]:
    """Return the mean IoU of each frame of a batch, prompted with true boxes, presence counted."""
    draw = np.random.default_rng(0)
    points = {
        "point_coords": _boxes(draw, masks[0]),
        "point_labels": torch.tensor([2, 3], dtype=torch.int32).expand(len(owner), 2),
    }
    features = model.forward_image(images.flatten(0, 1))
    _, vision, places, sizes = model._prepare_backbone_features(features)
    memory: dict[str, dict[int, Any]] = {"cond_frame_outputs": {}, "non_cond_frame_outputs": {}}
    reached = []
    for frame in range(len(images)):
        index = frame * images.shape[1] + owner
        out = model.track_step(
            frame_idx=frame,
            is_init_cond_frame=frame == 0,
            current_vision_feats=[level[:, index] for level in vision],
            current_vision_pos_embeds=[level[:, index] for level in places],
            feat_sizes=sizes,
            point_inputs=points if frame == 0 else None,
            mask_inputs=None,
            output_dict=memory,
            num_frames=max(len(images), model.max_obj_ptrs_in_encoder),
        )
        memory["cond_frame_outputs" if frame == 0 else "non_cond_frame_outputs"][frame] = out
        on, real = out["pred_masks_high_res"][:, 0] > 0, masks[frame]
        both, either = (on & real).sum((1, 2)), (on | real).sum((1, 2))
        reached.append(torch.where(either > 0, both / either.clamp(min=1), 1.0).mean().item())
    return reached


def resize(model: Any, size: int) -> None:
    """Make a model take images of another size; no weight depends on it."""
    model.image_size, model.sam_image_embedding_size = size, size // model.backbone_stride
    encoder = model.sam_prompt_encoder
    encoder.input_image_size = size, size
    encoder.image_embedding_size = size // model.backbone_stride, size // model.backbone_stride
    encoder.mask_input_size = size // 4, size // 4


def train(plans: list[Plan], room: Path, minutes: float, worlds: int, seed: int) -> Any:
    """Return the trained model; the room keeps its state, log and worlds."""
    torch.manual_seed(seed)
    model = build_model("demo").train()
    kept: dict[int, Any] = {}
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01)
    done, log = 0, []
    if (room / "state.pt").is_file():
        state = torch.load(room / "state.pt", weights_only=True)
        model.load_state_dict(state["model"])
        if "optimizer" in state:
            optimizer.load_state_dict(state["optimizer"])
        done, log = state["done"], state["log"]
    until, spoken = time.monotonic() + 60 * minutes, time.monotonic()
    before = 0
    for plan in plans:
        if done >= before + plan.steps:
            before += plan.steps
            continue
        resize(model, plan.size)
        if plan.size not in kept:
            kept = {plan.size: load_worlds(room / "worlds", worlds, plan.size, seed)}
        draw = np.random.default_rng([seed, done, plan.length])
        source = draw_clips(draw, kept[plan.size], plan.length, plan.people)
        while done < before + plan.steps and time.monotonic() < until:
            share = (done - before) / plan.steps
            rate = plan.rate_end + (plan.rate - plan.rate_end) * (1 + math.cos(math.pi * share)) / 2
            for group in optimizer.param_groups:
                group["lr"] = rate * min(1, (done + 1) / 200)
            images, masks, owner = batch(draw, source, plan.clips)
            taught = bool(draw.random() < _TAUGHT)
            loss = follow(
                model, images, masks, owner, prompts(draw, masks[0], plan.length > 1), taught
            )
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            done += 1
            log.append([done, round(loss.item(), 4), round(time.monotonic() - spoken, 2)])
            if done % 100 == 0:
                model.eval()
                ious = evaluate(model, images, masks, owner)
                model.train()
                mean = sum(entry[1] for entry in log[-100:]) / 100
                took = (time.monotonic() - spoken) / 100
                spoken = time.monotonic()
                text = " ".join(f"{iou:.2f}" for iou in ious)
                print(f"{done} loss {mean:.3f} rate {rate:.1e} {took:.2f} s IoU {text}", flush=True)
                part = room / "state.part"
                torch.save(
                    {
                        "model": model.state_dict(),
                        "optimizer": optimizer.state_dict(),
                        "done": done,
                        "log": log,
                    },
                    part,
                )
                part.replace(room / "state.pt")
        before += plan.steps
    return model


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--room", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--worlds", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plans", type=json.loads, required=True)
    given = parser.parse_args()
    train([Plan(**p) for p in given.plans], given.room, given.minutes, given.worlds, given.seed)


if __name__ == "__main__":
    main()
