"""SAM's mask decoder for many objects of one frame."""

from __future__ import annotations

import torch
from sam2.modeling.sam2_base import NO_OBJ_SCORE, SAM2Base
from torch import Tensor, nn

_STABLE, _MARGIN = 0.98, 0.05  # a mask whose area hardly depends on the threshold is trusted

Answers = tuple[Tensor, Tensor, Tensor, Tensor]  # logits, iou, presence, pointer


class Decoder(nn.Module):
    """The decoder, and how one of the masks it gives is chosen."""

    def __init__(self, model: SAM2Base) -> None:
        super().__init__()
        self.decoder, self.to_pointer = model.sam_mask_decoder, model.obj_ptr_proj
        self.absent = nn.Parameter(model.no_obj_ptr.detach())
        encoder = model.sam_prompt_encoder
        self.no_mask = nn.Parameter(encoder.no_mask_embed.weight.detach()[..., None, None])
        self.nothing = nn.Parameter(encoder.not_a_point_embed.weight.detach().repeat(2, 1)[None])
        self.register_buffer("place", encoder.get_dense_pe().detach(), persistent=False)

    def forward(
        self,
        image: Tensor,
        sparse: Tensor,
        high0: Tensor,
        high1: Tensor,
        dense: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return masks (B, 4, L, L), iou (B, 4), tokens (B, 4, C), presence (B, 1)."""
        found: tuple[Tensor, Tensor, Tensor, Tensor] = self.decoder.predict_masks(
            image_embeddings=image,
            image_pe=self.place,
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=self.no_mask if dense is None else dense,
            repeat_image=False,
            high_res_features=[high0, high1],
        )
        return found

    def best(self, found: tuple[Tensor, Tensor, Tensor, Tensor]) -> Answers:
        """Return the mask of largest predicted IoU of the last three, and the pointer with it."""
        masks, iou, tokens, presence = found
        chosen = iou[:, 1:].argmax(1) + 1
        token = _take(tokens, chosen)
        return self._answer(_take(masks, chosen), _take(iou, chosen), token, presence)

    def single(self, found: tuple[Tensor, Tensor, Tensor, Tensor]) -> Answers:
        """Return the first mask, or the best of the others where it is unstable."""
        masks, iou, tokens, presence = found
        sure = (masks[:, 0] > _MARGIN).flatten(1).sum(1)
        maybe = (masks[:, 0] > -_MARGIN).flatten(1).sum(1)
        stable = sure >= _STABLE * maybe
        chosen = torch.where(stable, 0, iou[:, 1:].argmax(1) + 1)
        return self._answer(_take(masks, chosen), _take(iou, chosen), tokens[:, 0], presence)

    def _answer(self, logits: Tensor, iou: Tensor, token: Tensor, presence: Tensor) -> Answers:
        there = presence > 0
        logits = torch.where(there[..., None], logits, NO_OBJ_SCORE)
        return logits, iou, presence[:, 0], torch.where(there, self.to_pointer(token), self.absent)


def _take(values: Tensor, chosen: Tensor) -> Tensor:
    """Return one of the second axis for each of the first."""
    index = chosen.reshape(-1, *[1] * (values.dim() - 1)).expand(-1, 1, *values.shape[2:])
    return values.gather(1, index)[:, 0]
