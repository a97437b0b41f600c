"""The variant that `workflow.video` runs: its method with the options of config and flags."""

from __future__ import annotations

import argparse
import difflib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trackers.contract import Method, check_options, load_method
from trackers.engines.card import network_of_card
from trackers.weights.fetch import read_catalogue
from workflow.configs.files import read_configs
from workflow.planning.entries import Variant

_CONFIGS = ("config/engines.yaml", "config/trackers.yaml")
_WEIGHTS = "sam2.1_hiera_{}.pt"  # official weights by size
_DEMO = Path("trackers", "weights")
_DOWNLOADS = "data/weights/"
_FILES = (".pt", ".pth", ".onnx", ".safetensors", ".yaml")
_RANDOM = "random"
_CARD = "config/cards/yolox_nano.yaml"
_ENGINES = "engines/"  # networks that rules of the workflow make


@dataclass(frozen=True)
class Chosen:
    """A variant with all its options.

    Args:
        name: Name of the variant.
        method_name: Name of its method; `detected` for a box tracker behind a detector.
        options: Options of the method in config and flags.
        config: The whole config.
    """

    name: str
    method_name: str
    options: Mapping[str, Any]
    config: Mapping[str, Any]

    @property
    def method(self) -> Method:
        """The method with the inputs that the options need."""
        return load_method(self.method_name).with_options(self.options)

    @property
    def entry(self) -> Variant:
        """The variant as an entry of a config."""
        return Variant(self.name, {"method": self.method_name, "options": self.options})

    def with_option(self, name: str, value: Any) -> Chosen:
        """Return the variant with one more option."""
        return replace(self, options={**self.options, name: value})

    def check(self) -> None:
        """Raise ValueError for an unknown option or an invalid value."""
        check_options(self.method_name, self.options, f"variant {self.name}: options")


def choose_variant(args: argparse.Namespace) -> Chosen:
    """Return the variant that the flags name, with its options; for the flags see `flags`.

    Raises:
        FileNotFoundError: Weights of SAM 2 do not exist.
        ValueError: The variant is unknown or cannot run on a video, or a flag does not suit it.
    """
    config = read_configs([*_CONFIGS, *map(str, args.config)])
    variants = config["variants"]
    if args.variant not in variants:
        close = difflib.get_close_matches(args.variant, variants)
        hint = f": did you mean {' or '.join(close)}?" if close else ""
        names = ", ".join(sorted(variants))
        raise ValueError(f"--variant: expected one of {names}, found {args.variant!r}{hint}")
    entry = Variant(args.variant, variants[args.variant])
    if not entry.is_stepped:
        raise ValueError(
            f"--variant: expected a variant that runs frame by frame, found {args.variant!r}: its "
            f"method {entry.method_name} runs whole sequences in the workflow"
        )
    chosen = Chosen(args.variant, entry.method_name, entry.config_options, config)
    chosen = _with_model(_with_detector(chosen, args.detector), args)
    chosen = _with_flags(chosen, args)
    chosen = replace(chosen, options={**chosen.options, **args.options})
    chosen.check()
    _check_weights(chosen)
    _check_prompts(chosen, args.prompts)
    return chosen


def _with_flags(chosen: Chosen, args: argparse.Namespace) -> Chosen:
    """Return the variant with the options that have a flag of their own."""
    device = "device" if "device" in chosen.method.options else "detector_device"
    flags = {
        "--zone": ("zone", args.zone),
        "--key-frame": ("key_frame", args.key_frame),
        "--mask-threshold": ("mask_threshold", args.mask_threshold),
        "--device": (device, args.device),  # of the detector, before a box tracker
    }
    for flag, (name, value) in flags.items():
        known = name in chosen.method.options
        if value is not None and not known and flag != "--zone":
            raise ValueError(f"{flag}: expected a variant with this option, found {chosen.name}")
        if value is not None and known:
            chosen = chosen.with_option(name, value)
    return chosen


def demo_weights(chosen: Chosen) -> list[str]:
    """Return the demo or random weights that a variant uses, each once."""
    found = [_weights_behind(text, chosen.config) for text in _texts(_used_options(chosen))]
    return [*dict.fromkeys(each for each in found if _is_demo(each))]


def make_networks(chosen: Chosen, overlays: Sequence[Path]) -> None:
    """Make the networks of a variant that do not exist yet, by the rules of the workflow.

    Raises:
        RuntimeError: They cannot be made.
    """
    missing = [
        path.as_posix()
        for path in chosen.entry.network_files
        if path.as_posix().startswith(_ENGINES) and not path.is_file()
    ]
    if not missing:
        return
    print(f"{', '.join(missing)}: made once, by snakemake", file=sys.stderr, flush=True)
    quiet = ["--quiet", "host", "reason", "rules", "progress"]
    command = [sys.executable, "-m", "snakemake", *missing, "--cores", "all", *quiet]
    command += ["--configfile", *map(str, overlays)] if overlays else []
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(command, check=False, stdout=sys.stderr, env={**os.environ, "PATH": path})
    if done.returncode:
        raise RuntimeError(f"{missing[0]}: not made: see snakemake's messages above")


def _with_detector(chosen: Chosen, detector: str | None) -> Chosen:
    """Return the variant with a detector: its own, or one before a tracker of detections."""
    if "detector" in chosen.method.options:
        return chosen if detector is None else chosen.with_option("detector", detector)
    if "detections" not in chosen.method.inputs:
        if detector is not None:
            raise ValueError(
                f"--detector: expected a variant that takes detections, found {chosen.name}"
            )
        return chosen
    if detector is None:
        raise ValueError(
            f"--detector: expected a network card for {chosen.name}, which tracks detections, such "
            f"as {_CARD}, found none"
        )
    options = {
        "detector": detector,
        "tracker": chosen.method_name,
        "tracker_options": dict(chosen.options),
    }
    return replace(chosen, method_name="detected", options=options)


def _with_model(chosen: Chosen, args: argparse.Namespace) -> Chosen:
    """Return the variant with the SAM 2 model of --sam2, --checkpoint and --model-config."""
    if args.sam2 is None and args.checkpoint is None:
        return chosen
    if not {"size", "weights", "networks"} <= chosen.method.options.keys():
        flag = "--sam2" if args.sam2 is not None else "--checkpoint"
        raise ValueError(f"{flag}: expected a variant with SAM 2, found {chosen.name}")
    demo = load_method(chosen.method_name).options["weights"]
    official = demo if args.sam2 == "demo" else _DOWNLOADS + _WEIGHTS.format(args.sam2)
    weights = args.checkpoint or official
    size = args.sam2 or str(args.model_config)
    kept = {key: value for key, value in chosen.options.items() if key != "networks"}
    return replace(
        chosen, options={**kept, "engine": "torch", "size": size, "weights": str(weights)}
    )


def _check_prompts(chosen: Chosen, prompts: Sequence[Path] | None) -> None:
    needed = "prompts" in chosen.method.inputs and chosen.options.get("prompts") is None
    if needed and not prompts:
        raise ValueError(
            f"--prompts: expected what to track for {chosen.name}, found none: draw it in LabelMe, "
            "or write boxes as in config/first_frame.json"
        )
    if prompts and not needed:
        raise ValueError(
            f"--prompts: expected a prompted variant, such as sam2_prompted, found {chosen.name}"
        )


def _check_weights(chosen: Chosen) -> None:
    """Raise FileNotFoundError for weights or a network that an option names and that is missing."""
    used = _used_options(chosen)
    named = [Path(text) for text in _texts(used) if Path(text).suffix in _FILES]
    networks = [network for path in named if (network := network_of_card(path))]
    for path in [*named, *networks]:
        if not path.is_file():
            known = Path(os.path.normpath(path)).name in read_catalogue()
            remedy = f": download it by `snakemake --cores all {_DOWNLOADS}{path.name}`"
            raise FileNotFoundError(
                f"{os.path.normpath(path)}: expected a file that {chosen.name} uses, found none"
                f"{remedy if known else ''}"
            )


def _used_options(chosen: Chosen) -> Mapping[str, Any]:
    """Return all options, without weights that networks in a folder replace."""
    options = chosen.entry.options
    if options.get("networks") is None:
        return options
    return {name: value for name, value in options.items() if name != "weights"}


def _texts(value: Any) -> Iterator[str]:
    """Yield every text among nested options."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


def _weights_behind(text: str, config: Mapping[str, Any]) -> str:
    """Return the weights of networks that the workflow makes, or else the text itself."""
    if text.startswith(_ENGINES):
        model = Path(text).parts[1]
        return str(config["engines"].get(model, {}).get("weights", text))
    return text


def _is_demo(text: str) -> bool:
    return text == _RANDOM or Path(text).resolve().is_relative_to(_DEMO.resolve())
