"""How implementations of Mask R-CNN differ where the same weights would give other numbers.

| | torchvision | MaskTrack R-CNN (mmdetection 0.5) | mmtracking (mmdetection 2) |
|---|---|---|---|
| a box of one pixel | has no width | is 1 wide (`inclusive`) | has no width |
| anchors | around 0, rounded | around the middle of the first cell's pixels, rounded | around 0 |
| from one to the next | the input over the cells | the stride | the stride |
| RoIAlign | 2 samples a bin | 2, of boxes a pixel larger | adaptive, shifted by half a pixel |
| sizes that a box may grow by | bounded above | bounded both ways | bounded both ways |
| a mask on the image | widened by a pixel | resized to whole pixels | sampled at each pixel |
| embeddings | | as they are | not below zero |

The background is class 0 here; `convert.py` puts it there. Source: the projects' documentation and
torchvision 0.29; He et al., Mask R-CNN, ICCV 2017.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Convention:
    """See the module.

    Args:
        inclusive: Whether the far corner of a box is its last pixel, so that a width is one more.
        centred: Whether anchors lie around 0, else around the middle of a cell's pixels.
        rounded: Whether their corners are whole numbers.
        divided: Whether the step from one to the next is the input's side over the cells.
        aligned: Whether RoIAlign shifts by half a pixel.
        samples: It takes in a bin each way; 0 for as many as the bin has pixels.
        bounded: Whether a box may shrink no more than it may grow.
        paste: How a mask comes onto the image: `widened`, `resized` or `sampled`.
        positive: Whether embeddings pass a ReLU at the end.
    """

    inclusive: bool
    centred: bool
    rounded: bool
    divided: bool
    aligned: bool
    samples: int
    bounded: bool
    paste: str
    positive: bool


CONVENTIONS = {
    "torchvision": Convention(
        inclusive=False,
        centred=True,
        rounded=True,
        divided=True,
        aligned=False,
        samples=2,
        bounded=False,
        paste="widened",
        positive=False,
    ),
    "masktrack_rcnn": Convention(
        inclusive=True,
        centred=False,
        rounded=True,
        divided=False,
        aligned=False,
        samples=2,
        bounded=True,
        paste="resized",
        positive=False,
    ),
    "mmtracking": Convention(
        inclusive=False,
        centred=True,
        rounded=False,
        divided=False,
        aligned=True,
        samples=0,
        bounded=True,
        paste="sampled",
        positive=True,
    ),
}
