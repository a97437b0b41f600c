"""SAM 2 models of every size, built from the modules of the official package."""

from __future__ import annotations

from pathlib import Path

import hydra
import sam2
from omegaconf import OmegaConf
from sam2.modeling.sam2_base import SAM2Base

_OFFICIAL = Path(sam2.__file__).parent / "configs" / "sam2.1"
CONFIGS = {
    "demo": Path(__file__).parent / "demo.yaml",
    "tiny": _OFFICIAL / "sam2.1_hiera_t.yaml",
    "small": _OFFICIAL / "sam2.1_hiera_s.yaml",
    "base_plus": _OFFICIAL / "sam2.1_hiera_b+.yaml",
    "large": _OFFICIAL / "sam2.1_hiera_l.yaml",
}


def build_model(size: str) -> SAM2Base:
    """Return a model with random weights, in evaluation mode.

    Args:
        size: `demo`, `tiny`, `small`, `base_plus` or `large`.

    Raises:
        ValueError: The size is unknown.
    """
    if size not in CONFIGS:
        raise ValueError(f"size: expected one of {list(CONFIGS)}, found {size!r}")
    config = OmegaConf.load(CONFIGS[size])
    model: SAM2Base = hydra.utils.instantiate(config.model)
    return model.eval()
