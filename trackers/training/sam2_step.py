"""One step of the demo SAM 2's training: clips, prompts, the model's way through them, its loss.

Everybody in the first frame is prompted, with a box mostly, else with points or a mask, and
followed with what the model itself remembers. The loss adds focal, dice, IoU and presence losses of
all frames, 20 : 1 : 1 : 1. Source: Ravi et al., SAM 2, arXiv 2408.00714, appendix D.2. A sharp one
adds cross-entropy, as a share of the person's area: people here are some twenty pixels wide, of
which the focal loss, a mean over the image, sees next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from trackers.parts.dense_masks import tight_boxes
from trackers.sam2.policies import undisputed
from trackers.training.clips import Clip

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_MASKS, _BOXES = 0.1, 0.65  # shares of steps whose prompts are masks, boxes; the others are points
_MOST_POINTS = 3
_SCALE, _SHARP_SCALE = 2, 4  # masks are compared at so many times the resolution of the logits
_LEAST = 256.0  # pixels; a smaller person weighs less
_FOCAL, _ALPHA = 20.0, 0.25  # weight of the focal loss, and of an object's pixels in it
_HALF = 0.5


@dataclass(frozen=True)
class Lesson:
    """Clips side by side.

    Args:
        images: (T, B, 3, S, S) normalised.
        masks: (T, N, S, S) bool, of everybody followed; none is empty in the first frame.
        clip: (N,) the clip each is in.
    """

    images: Tensor
    masks: Tensor
    clip: Tensor


def make_lesson(
    draw: np.random.Generator, source: Iterator[Clip], clips: int, coloured: float = 0.0
) -> Lesson:
    """Return the next clips, each in another light.

    Args:
        coloured: Share of clips whose channels change places: six times as many people to tell
            apart as are drawn.
    """
    chosen = list(islice(source, clips))
    images = torch.from_numpy(np.stack([_recolour(draw, clip, coloured) for clip in chosen], 1))
    gain = torch.from_numpy(draw.uniform(0.8, 1.2, (clips, 1, 1, 3))).float()
    shift = torch.from_numpy(draw.uniform(-0.08, 0.08, (clips, 1, 1, 3))).float()
    pixels = (images.float() / 255 * gain + shift).clamp(0, 1)
    pixels = (pixels - torch.tensor(_MEAN)) / torch.tensor(_DEVIATION)
    masks = torch.from_numpy(np.concatenate([clip.masks for clip in chosen], 1))
    people = [clip.masks.shape[1] for clip in chosen]
    owner = torch.arange(clips).repeat_interleave(torch.tensor(people))
    return Lesson(pixels.permute(0, 1, 4, 2, 3).contiguous(), masks, owner)


def _recolour(draw: np.random.Generator, clip: Clip, share: float) -> np.ndarray:
    if not share or draw.random() >= share:
        return clip.images
    return np.ascontiguousarray(clip.images[..., draw.permutation(3)])


def draw_prompts(draw: np.random.Generator, masks: Tensor, shown: bool) -> dict[str, Any]:
    """Return the prompts of a lesson, all of one kind, as `SAM2Base.track_step` takes them.

    Args:
        masks: (N, S, S) bool, none of them empty.
        shown: Whether the masks themselves may be the prompt, which teaches nothing in that frame.
    """
    kind = draw.random()
    if kind < _MASKS and shown:
        return {"mask_inputs": masks[:, None].float(), "point_inputs": None}
    if kind < _MASKS + _BOXES:
        return box_prompts(masks, draw.normal(0, 0.04, (len(masks), 4)).clip(-0.1, 0.1))
    count = int(draw.integers(1, _MOST_POINTS + 1))
    places = [torch.nonzero(mask) for mask in masks]
    chosen = [place[torch.from_numpy(draw.integers(len(place), size=count))] for place in places]
    labels = torch.ones(len(masks), count, dtype=torch.int32)
    return _points(torch.stack(chosen).flip(2).float() + _HALF, labels)


def box_prompts(masks: Tensor, error: np.ndarray | float = 0.0) -> dict[str, Any]:
    """Return the boxes of masks as prompts, off by `error`, (N, 4) of their width and height."""
    size = masks.shape[-1]
    _, box = tight_boxes(masks.numpy())
    box = (box + np.tile(box[:, 2:] - box[:, :2], 2) * error).clip(0, size)
    labels = torch.tensor([2, 3], dtype=torch.int32).expand(len(masks), 2)
    return _points(torch.from_numpy(box).float().reshape(-1, 2, 2), labels)


def _points(coordinates: Tensor, labels: Tensor) -> dict[str, Any]:
    points = {"point_coords": coordinates, "point_labels": labels}
    return {"point_inputs": points, "mask_inputs": None}


def loss_of(
    model: Any,
    lesson: Lesson,
    prompts: Mapping[str, Any],
    taught: bool,
    exclusive: bool,
    sharp: bool = False,
) -> Tensor:
    """Return the mean loss of a lesson over frames and people.

    Args:
        taught: Whether true masks are remembered rather than those the model gives.
        exclusive: Whether, of the latter, a pixel is remembered as of one person only.
        sharp: Whether masks are compared pixel by pixel of the image, with their cross-entropy.
    """
    decoded: list[tuple[Tensor, ...]] = []
    hook = model.sam_mask_decoder.register_forward_hook(lambda *each: decoded.append(each[2]))
    total = torch.zeros(())
    for frame, _ in _frames(model, lesson, prompts, taught, exclusive):
        if frame or prompts["mask_inputs"] is None:
            total = total + _loss(decoded[-1], lesson.masks[frame], sharp)
    hook.remove()
    return total / (len(lesson.images) * len(lesson.clip))


@torch.inference_mode()
def evaluate(model: Any, lesson: Lesson, exclusive: bool) -> list[float]:
    """Return the mean IoU of each frame, prompted with true boxes; nothing equals nothing."""
    reached = []
    prompts = box_prompts(lesson.masks[0])
    for frame, logits in _frames(model, lesson, prompts, False, exclusive):
        on, real = logits[:, 0] > 0, lesson.masks[frame]
        both, either = (on & real).sum((1, 2)), (on | real).sum((1, 2))
        reached.append(torch.where(either > 0, both / either.clamp(min=1), 1.0).mean().item())
    return reached


def _frames(
    model: Any, lesson: Lesson, prompts: Mapping[str, Any], taught: bool, exclusive: bool
) -> Iterator[tuple[int, Tensor]]:
    """Yield each frame's number and masks, (N, 1, S, S) logits, as the model goes along."""
    features = model.forward_image(lesson.images.flatten(0, 1))
    _, levels, places, sizes = model._prepare_backbone_features(features)
    memory: dict[str, dict[int, Any]] = {"cond_frame_outputs": {}, "non_cond_frame_outputs": {}}
    length, clips = lesson.images.shape[:2]
    for frame in range(length):
        index = frame * clips + lesson.clip
        here = [level[:, index] for level in levels]
        given = {"point_inputs": None, "mask_inputs": None} if frame else prompts
        out, answers, _, _ = model._track_step(
            frame_idx=frame,
            is_init_cond_frame=not frame,
            current_vision_feats=here,
            current_vision_pos_embeds=[place[:, index] for place in places],
            feat_sizes=sizes,
            output_dict=memory,
            num_frames=max(length, model.max_obj_ptrs_in_encoder),  # as in a long video
            track_in_reverse=False,
            prev_sam_mask_logits=None,
            **given,
        )
        yield frame, answers[4]
        seen = _enlarge(_exclusive(answers[3], lesson.clip)) if exclusive else answers[4]
        presence, out["obj_ptr"] = answers[6], answers[5]
        if taught:
            seen = 20.0 * lesson.masks[frame][:, None] - 10
            presence = 20.0 * lesson.masks[frame].flatten(1).any(1)[:, None] - 10
        if frame + 1 < length:
            model._encode_memory_in_output(
                here, sizes, given["point_inputs"], True, seen, presence, out
            )
        memory["non_cond_frame_outputs" if frame else "cond_frame_outputs"][frame] = out


def _exclusive(logits: Tensor, clip: Tensor) -> Tensor:
    """Return logits (N, 1, L, L) by which no two people of a clip claim a pixel."""
    apart = [logits[clip == each, 0] for each in range(int(clip.max()) + 1)]  # clips in order
    return torch.cat([_parted(each) for each in apart])[:, None]


def _parted(logits: Tensor) -> Tensor:
    number = torch.arange(len(logits))
    return undisputed(logits, number, number < 0)[0]


def _enlarge(logits: Tensor) -> Tensor:
    return functional.interpolate(logits, scale_factor=4, mode="bilinear", align_corners=False)


def _loss(decoded: tuple[Tensor, ...], masks: Tensor, sharp: bool) -> Tensor:
    """Return the loss of one frame, summed over people.

    Args:
        decoded: What the mask decoder answers, before presence blots masks out: logits
            (N, M, L, L), IoU (N, M), tokens, presence (N, 1).
        masks: (N, S, S) bool.
    """
    logits, ious, _, presence = decoded
    here = masks.flatten(1).any(1).float()
    side = logits.shape[-1] * (_SHARP_SCALE if sharp else _SCALE)
    fine = functional.interpolate(logits, (side, side), mode="bilinear", align_corners=False)
    truth = functional.interpolate(masks[:, None].float(), (side, side), mode="area")
    fine, truth = fine.flatten(2), truth.flatten(2).expand(-1, fine.shape[1], -1)
    error = _FOCAL * _focal(fine, truth) + _dice(fine.sigmoid(), truth)
    if sharp:
        error = error + _cross_entropy(fine, truth).sum(2) / truth.sum(2).clamp(min=_LEAST)
    with torch.no_grad():
        on, real = fine > 0, truth > _HALF
        reached = (on & real).sum(2) / (on | real).sum(2).clamp(min=1)
    mask_loss = error.amin(1) + (ious - reached).abs().mean(1)
    missed = _cross_entropy(presence[:, 0], here)
    return (mask_loss * here + missed).sum()


def _focal(logits: Tensor, truth: Tensor) -> Tensor:
    share = logits.sigmoid()
    cross = _cross_entropy(logits, truth)
    agree = share * truth + (1 - share) * (1 - truth)
    weight = _ALPHA * truth + (1 - _ALPHA) * (1 - truth)
    return (weight * cross * (1 - agree) ** 2).mean(2)


def _cross_entropy(logits: Tensor, truth: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")


def _dice(share: Tensor, truth: Tensor) -> Tensor:
    return 1 - (2 * (share * truth).sum(2) + 1) / (share.sum(2) + truth.sum(2) + 1)
