"""Conventions of Mask R-CNN implementations; the same weights give other numbers in another one.

| | torchvision | MaskTrack R-CNN (mmdetection 0.5) | mmtracking (mmdetection 2) |
|---|---|---|---|
| far corner of a box | exclusive | its last pixel (`inclusive`) | exclusive |
| anchors | around 0, rounded | around the centre of the first cell's pixels, rounded | around 0 |
| step between anchors | input size / number of cells | stride | stride |
| RoIAlign | 2 samples a bin | 2, of boxes a pixel larger | adaptive, shifted by half a pixel |
| growth of a box | bounded above | bounded above and below | bounded above and below |
| mask on the image | padded by a pixel | resized to whole pixels | sampled at each pixel |
| embeddings | | unchanged | ReLU |

The background is always class 0 here: `convert.py` moves it. Source: the projects' documentation
and torchvision 0.29; He et al., Mask R-CNN, ICCV 2017.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Convention:
    """One column of the table above.

    Args:
        inclusive: Whether the far corner of a box is its last pixel, so that its width is right
            minus left plus one.
        centred: Whether anchors are centred on 0; otherwise on the centre of a cell's pixels.
        rounded: Whether anchor corners are rounded to integers.
        divided: Whether the step between anchors is the input's side divided by the number of
            cells; otherwise it is the stride.
        aligned: Whether RoIAlign shifts boxes by half a pixel.
        samples: Number of RoIAlign samples per bin in each direction; 0 for adaptive, one per pixel
            of the bin.
        bounded: Whether the shrinking of a box is bounded as its growth is.
        paste: How a mask is pasted onto the image: `widened`, `resized` or `sampled`.
        positive: Whether embeddings pass through a final ReLU.
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
