"""A training step of the demo SAM 2: clips, prompts, tracking through the clips, and the loss.

Everyone in the first frame is prompted, mostly with a box, otherwise with points or a mask, and
tracked with the model's own memories. The loss is the weighted sum of focal, dice, IoU and object
score losses over all frames, 20 : 1 : 1 : 1. Source: Ravi et al., SAM 2, arXiv 2408.00714, appendix
D.2. The sharp loss adds the cross-entropy divided by the person's area: people here are some twenty
pixels wide, and contribute little to the focal loss, which is a mean over the image.
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
from trackers.sam2.policies import non_overlapping_logits
from trackers.training.clips import Clip

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_MASKS, _BOXES = 0.1, 0.65  # shares of steps with mask and box prompts; the others have points
_MAX_POINTS = 3
_SCALE, _SHARP_SCALE = 2, 4  # resolution of the loss as a multiple of the logits' resolution
_MIN_AREA = 256.0  # pixels; smaller people have less weight
_FOCAL, _ALPHA = 20.0, 0.25  # weight of the focal loss, and of an object's pixels in it
_HALF = 0.5


@dataclass(frozen=True)
class Batch:
    """A batch of B clips.

    Args:
        images: (T, B, 3, S, S), normalised.
        masks: (T, N, S, S) bool, masks of N people; none is empty in the first frame.
        clip: (N,), the clip that each person is in.
    """

    images: Tensor
    masks: Tensor
    clip: Tensor


def make_batch(
    draw: np.random.Generator, source: Iterator[Clip], clips: int, coloured: float = 0.0
) -> Batch:
    """Return a batch of the next clips, each with random brightness and contrast.

    Args:
        draw: Source of random numbers.
        source: The clips.
        clips: Number of clips.
        coloured: Share of clips with permuted colour channels, so that people have up to six times
            as many appearances as are drawn.
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
    return Batch(pixels.permute(0, 1, 4, 2, 3).contiguous(), masks, owner)


def _recolour(draw: np.random.Generator, clip: Clip, share: float) -> np.ndarray:
    if not share or draw.random() >= share:
        return clip.images
    return np.ascontiguousarray(clip.images[..., draw.permutation(3)])


def draw_prompts(draw: np.random.Generator, masks: Tensor, allow_masks: bool) -> dict[str, Any]:
    """Return random prompts for a batch, all of one kind, as arguments of `SAM2Base.track_step`.

    Args:
        draw: Source of random numbers.
        masks: (N, S, S) bool, none of them empty.
        allow_masks: Whether the prompts may be masks, whose frame has no loss.
    """
    kind = draw.random()
    if kind < _MASKS and allow_masks:
        return {"mask_inputs": masks[:, None].float(), "point_inputs": None}
    if kind < _MASKS + _BOXES:
        return box_prompts(masks, draw.normal(0, 0.04, (len(masks), 4)).clip(-0.1, 0.1))
    count = int(draw.integers(1, _MAX_POINTS + 1))
    pixels = [torch.nonzero(mask) for mask in masks]
    chosen = [each[torch.from_numpy(draw.integers(len(each), size=count))] for each in pixels]
    labels = torch.ones(len(masks), count, dtype=torch.int32)
    return _points(torch.stack(chosen).flip(2).float() + _HALF, labels)


def box_prompts(masks: Tensor, error: np.ndarray | float = 0.0) -> dict[str, Any]:
    """Return the boxes of masks as prompts, with an error (N, 4) relative to their sides."""
    size = masks.shape[-1]
    _, box = tight_boxes(masks.numpy())
    box = (box + np.tile(box[:, 2:] - box[:, :2], 2) * error).clip(0, size)
    labels = torch.tensor([2, 3], dtype=torch.int32).expand(len(masks), 2)
    return _points(torch.from_numpy(box).float().reshape(-1, 2, 2), labels)


def _points(coordinates: Tensor, labels: Tensor) -> dict[str, Any]:
    points = {"point_coords": coordinates, "point_labels": labels}
    return {"point_inputs": points, "mask_inputs": None}


def batch_loss(
    model: Any,
    batch: Batch,
    prompts: Mapping[str, Any],
    teacher_forced: bool,
    exclusive: bool,
    sharp: bool = False,
) -> Tensor:
    """Return the mean loss of a batch over frames and people.

    Args:
        model: An official SAM 2 model.
        batch: The clips.
        prompts: Prompts of the first frame.
        teacher_forced: Whether memories are made from ground-truth masks instead of predictions.
        exclusive: Whether a pixel of predicted masks belongs to one person only in the memories.
        sharp: Whether the loss is computed at the image's resolution, with the cross-entropy.
    """
    decoded: list[tuple[Tensor, ...]] = []
    hook = model.sam_mask_decoder.register_forward_hook(lambda *each: decoded.append(each[2]))
    total = torch.zeros(())
    for frame, _ in _track(model, batch, prompts, teacher_forced, exclusive):
        if frame or prompts["mask_inputs"] is None:
            total = total + frame_loss(decoded[-1], batch.masks[frame], sharp)
    hook.remove()
    return total / (len(batch.images) * len(batch.clip))


@torch.inference_mode()
def evaluate(model: Any, batch: Batch, exclusive: bool) -> list[float]:
    """Return the mean mask IoU of each frame, with ground-truth boxes as prompts.

    The IoU of two empty masks is 1.
    """
    ious = []
    prompts = box_prompts(batch.masks[0])
    for frame, logits in _track(model, batch, prompts, False, exclusive):
        predicted, true = logits[:, 0] > 0, batch.masks[frame]
        both, either = (predicted & true).sum((1, 2)), (predicted | true).sum((1, 2))
        ious.append(torch.where(either > 0, both / either.clamp(min=1), 1.0).mean().item())
    return ious


def _track(
    model: Any, batch: Batch, prompts: Mapping[str, Any], teacher_forced: bool, exclusive: bool
) -> Iterator[tuple[int, Tensor]]:
    """Yield each frame's number and mask logits, (N, 1, S, S), while the model tracks."""
    features = model.forward_image(batch.images.flatten(0, 1))
    _, levels, positions, sizes = model._prepare_backbone_features(features)
    memory: dict[str, dict[int, Any]] = {"cond_frame_outputs": {}, "non_cond_frame_outputs": {}}
    length, clips = batch.images.shape[:2]
    for frame in range(length):
        index = frame * clips + batch.clip
        current = [level[:, index] for level in levels]
        frame_prompts = {"point_inputs": None, "mask_inputs": None} if frame else prompts
        out, outputs, _, _ = model._track_step(
            frame_idx=frame,
            is_init_cond_frame=not frame,
            current_vision_feats=current,
            current_vision_pos_embeds=[position[:, index] for position in positions],
            feat_sizes=sizes,
            output_dict=memory,
            num_frames=max(length, model.max_obj_ptrs_in_encoder),  # as in a long video
            track_in_reverse=False,
            prev_sam_mask_logits=None,
            **frame_prompts,
        )
        yield frame, outputs[4]
        logits = _upsample(non_overlapping(outputs[3], batch.clip)) if exclusive else outputs[4]
        presence, out["obj_ptr"] = outputs[6], outputs[5]
        if teacher_forced:
            logits = 20.0 * batch.masks[frame][:, None] - 10
            presence = 20.0 * batch.masks[frame].flatten(1).any(1)[:, None] - 10
        if frame + 1 < length:
            model._encode_memory_in_output(
                current, sizes, frame_prompts["point_inputs"], True, logits, presence, out
            )
        memory["non_cond_frame_outputs" if frame else "cond_frame_outputs"][frame] = out


def non_overlapping(logits: Tensor, clip: Tensor) -> Tensor:
    """Return logits (N, 1, L, L) in which no two people of a clip claim a pixel."""
    by_clip = [logits[clip == each, 0] for each in range(int(clip.max()) + 1)]  # clips in order
    return torch.cat([_separated(each) for each in by_clip])[:, None]


def _separated(logits: Tensor) -> Tensor:
    number = torch.arange(len(logits))
    return non_overlapping_logits(logits, number, number < 0)[0]


def _upsample(logits: Tensor) -> Tensor:
    return functional.interpolate(logits, scale_factor=4, mode="bilinear", align_corners=False)


def frame_loss(decoded: tuple[Tensor, ...], masks: Tensor, sharp: bool) -> Tensor:
    """Return the loss of one frame, summed over people.

    Args:
        decoded: Outputs of the mask decoder, before absent people's masks are suppressed: logits
            (N, M, L, L), IoU (N, M), tokens, object score (N, 1).
        masks: (N, S, S) bool.
        sharp: See `batch_loss`.
    """
    logits, ious, _, presence = decoded
    visible = masks.flatten(1).any(1).float()
    side = logits.shape[-1] * (_SHARP_SCALE if sharp else _SCALE)
    fine = functional.interpolate(logits, (side, side), mode="bilinear", align_corners=False)
    truth = functional.interpolate(masks[:, None].float(), (side, side), mode="area")
    fine, truth = fine.flatten(2), truth.flatten(2).expand(-1, fine.shape[1], -1)
    error = _FOCAL * _focal(fine, truth) + _dice(fine.sigmoid(), truth)
    if sharp:
        error = error + _cross_entropy(fine, truth).sum(2) / truth.sum(2).clamp(min=_MIN_AREA)
    with torch.no_grad():
        predicted, true = fine > 0, truth > _HALF
        true_iou = (predicted & true).sum(2) / (predicted | true).sum(2).clamp(min=1)
    mask_loss = error.amin(1) + (ious - true_iou).abs().mean(1)
    presence_loss = _cross_entropy(presence[:, 0], visible)
    return (mask_loss * visible + presence_loss).sum()


def _focal(logits: Tensor, truth: Tensor) -> Tensor:
    probability = logits.sigmoid()
    cross_entropy = _cross_entropy(logits, truth)
    correct = probability * truth + (1 - probability) * (1 - truth)
    weight = _ALPHA * truth + (1 - _ALPHA) * (1 - truth)
    return (weight * cross_entropy * (1 - correct) ** 2).mean(2)


def _cross_entropy(logits: Tensor, truth: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")


def _dice(probability: Tensor, truth: Tensor) -> Tensor:
    both = (probability * truth).sum(2)
    return 1 - (2 * both + 1) / (probability.sum(2) + truth.sum(2) + 1)
