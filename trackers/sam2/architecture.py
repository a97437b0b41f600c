"""SAM 2 models of every size, built from the modules of the official package."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hydra
import sam2
from hydra.errors import InstantiationException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from sam2.modeling.sam2_base import SAM2Base
from yaml import YAMLError

from datasets.io.errors import shorten

_OF_2_1 = (  # what the networks of `split` take for granted, and SAM 2.0 lacks in part
    *("no_obj_embed_spatial", "add_tpos_enc_to_obj_ptrs", "proj_tpos_enc_in_obj_ptrs"),
    *("use_obj_ptrs_in_encoder", "use_high_res_features_in_sam", "pred_obj_scores"),
)
_SUFFIX, _MODEL = ".yaml", "sam2.modeling.sam2_base.SAM2Base"
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
        size: `demo`, `tiny`, `small`, `base_plus` or `large`, or a model
            configuration file `*.yaml`.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The size is unknown, or the file does not describe a SAM 2 model.
    """
    if size in CONFIGS:
        config = OmegaConf.load(CONFIGS[size])
    elif size.endswith(_SUFFIX):
        config = _read_config(Path(size))
    else:
        expected = f"one of {list(CONFIGS)} or a file *{_SUFFIX}"
        raise ValueError(f"size: expected {expected}, found {size!r}")
    try:
        model: SAM2Base = hydra.utils.instantiate(config.model)
    except (InstantiationException, OmegaConfBaseException) as error:
        raise ValueError(f"{size}: not a SAM 2 model: {shorten(str(error))}") from error
    return model.eval()


def _read_config(path: Path) -> DictConfig:
    """Return a model configuration that creates nothing but objects of the package `sam2`."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: expected a model configuration file, found no file")
    try:
        config = OmegaConf.load(path)
    except (YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not YAML: {shorten(str(error))}") from error
    if not isinstance(config, DictConfig) or not isinstance(config.get("model"), DictConfig):
        raise ValueError(f"{path}: expected the key model with the parts of a SAM 2 model")
    found = [*_targets(OmegaConf.to_container(config.model))]
    if found[:1] != [_MODEL]:
        raise ValueError(f"{path}, model._target_: expected {_MODEL}, found {found[:1]}")
    missing = [name for name in _OF_2_1 if config.model.get(name) is not True]
    if missing:
        raise ValueError(f"{path}, model: expected a model of SAM 2.1, found no {missing[0]}: true")
    for target in found:
        if not isinstance(target, str) or not target.startswith("sam2.modeling."):
            raise ValueError(
                f"{path}, _target_: expected classes of sam2.modeling, found {target!r}"
            )
    return config


def _targets(content: Any) -> Iterator[Any]:
    """Yield the classes that a configuration names, the outer ones first."""
    if isinstance(content, dict):
        yield from [content["_target_"]] if "_target_" in content else []
    inner = content.values() if isinstance(content, dict) else content
    if isinstance(content, dict | list):
        for each in inner:
            yield from _targets(each)
