"""SAM's mask decoder for many objects of one frame."""

from __future__ import annotations

import torch
from sam2.modeling.sam2_base import NO_OBJ_SCORE, SAM2Base
from torch import Tensor, nn

from trackers.sam2.two_way import TwoWay

_STABLE, _MARGIN = 0.98, 0.05  # a mask whose area hardly depends on the threshold is trusted

MaskOutputs = tuple[Tensor, Tensor, Tensor, Tensor]  # logits, iou, presence, pointer


class Decoder(nn.Module):
    """The decoder, and how one of the masks it gives is chosen."""

    def __init__(self, model: SAM2Base) -> None:
        super().__init__()
        self.decoder, self.to_pointer = model.sam_mask_decoder, model.obj_ptr_proj
        self.two_way = TwoWay(self.decoder.transformer)
        self.absent = nn.Parameter(model.no_obj_ptr.detach())
        encoder = model.sam_prompt_encoder
        self.no_mask = nn.Parameter(encoder.no_mask_embed.weight.detach()[None])
        self.nothing = nn.Parameter(encoder.not_a_point_embed.weight.detach().repeat(2, 1)[None])
        own = [self.decoder.obj_score_token, self.decoder.iou_token, self.decoder.mask_tokens]
        self.own = nn.Parameter(torch.cat([token.weight.detach() for token in own])[None])
        self.register_buffer("place", as_tokens(encoder.get_dense_pe().detach()), persistent=False)

    def forward(
        self,
        image: Tensor,
        sparse: Tensor,
        high0: Tensor,
        high1: Tensor,
        dense: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return masks (B, 4, L, L), iou (B, 4), tokens (B, 4, C), presence (B, 1).

        Args:
            image: (B, G * G, C).
            sparse: (B, Q, C) the prompt.
            dense: (B, G * G, C) likewise, of a mask.
        """
        decoder = self.decoder
        tokens = torch.cat([self.own.expand(sparse.shape[0], -1, -1), sparse], 1)
        image = image + (self.no_mask if dense is None else dense)
        found, image = self.two_way(image, self.place, tokens)
        masks = found[:, 2 : self.own.shape[1]]
        heads = enumerate(decoder.output_hypernetworks_mlps)
        mixed = torch.stack([head(masks[:, number]) for number, head in heads], 1)
        fine = self._fine(image, high0, high1)
        logits = (mixed @ fine.flatten(2)).reshape(*mixed.shape[:2], *fine.shape[2:])
        iou = decoder.iou_prediction_head(found[:, 1])
        return logits, iou, masks, decoder.pred_obj_score_head(found[:, 0])

    def _fine(self, image: Tensor, high0: Tensor, high1: Tensor) -> Tensor:
        """Return the image at the size of the logits, (B, C / 8, L, L)."""
        side = int(image.shape[1] ** 0.5)
        first, norm, bend, second, bend_again = self.decoder.output_upscaling
        middle = first(image.transpose(1, 2).reshape(image.shape[0], -1, side, side))
        fine: Tensor = bend_again(second(bend(norm(middle + high1))) + high0)
        return fine

    def best(self, found: tuple[Tensor, Tensor, Tensor, Tensor]) -> MaskOutputs:
        """Return logits, iou, presence and pointer of the best of the last three masks.

        The best is that of largest predicted IoU.
        """
        masks, iou, tokens, presence = found
        chosen = iou[:, 1:].argmax(1) + 1
        token = _take(tokens, chosen)
        return self._answer(_take(masks, chosen), _take(iou, chosen), token, presence)

    def single(self, found: tuple[Tensor, Tensor, Tensor, Tensor]) -> MaskOutputs:
        """Return the same of the first mask, or of the best of the others where it is unstable."""
        masks, iou, tokens, presence = found
        sure = (masks[:, 0] > _MARGIN).flatten(1).sum(1)
        maybe = (masks[:, 0] > -_MARGIN).flatten(1).sum(1)
        stable = sure >= _STABLE * maybe
        chosen = torch.where(stable, 0, iou[:, 1:].argmax(1) + 1)
        return self._answer(_take(masks, chosen), _take(iou, chosen), tokens[:, 0], presence)

    def _answer(self, logits: Tensor, iou: Tensor, token: Tensor, presence: Tensor) -> MaskOutputs:
        there = presence > 0
        logits = torch.where(there[..., None], logits, NO_OBJ_SCORE)
        return logits, iou, presence[:, 0], torch.where(there, self.to_pointer(token), self.absent)


def as_tokens(image: Tensor) -> Tensor:
    """Return (B, C, G, G) as (B, G * G, C)."""
    return image.flatten(2).transpose(1, 2)


def _take(values: Tensor, chosen: Tensor) -> Tensor:
    """Return one of the second axis for each of the first."""
    index = chosen.reshape(-1, *[1] * (values.dim() - 1)).expand(-1, 1, *values.shape[2:])
    return values.gather(1, index)[:, 0]
