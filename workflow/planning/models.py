"""Programs and flags that export, build and check the networks of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trackers.named_files import network_files
from workflow.digests import code_digest
from workflow.planning.flags import repeat_flag
from workflow.planning.plan import Plan

_EXPORTS: dict[str, tuple[str, tuple[str, ...]]] = {
    # by kind of model: the program, and the files it reads beside its modules
    "sam2": ("trackers.sam2.export", ("trackers/sam2/demo.yaml",)),
    "yolox": ("trackers.detectors.export", ()),
    "osnet": ("trackers.appearance.export", ()),
    "masktrack_rcnn": ("trackers.mask_rcnn.export", ()),
    "onnx_detector": ("trackers.detectors.convert", ()),
    "onnx_embedding": ("trackers.appearance.convert", ()),
}
_BUILDS = {"sam2": "trackers.sam2.build", "masktrack_rcnn": "trackers.mask_rcnn.build"}
_WITH_CARD = ("onnx_detector", "onnx_embedding")  # kinds whose weights are a network card
_BUILD = "trackers.networks.build"  # of models that are a single network


@dataclass(frozen=True)
class Models:
    """The entries of `engines`."""

    plan: Plan

    def weights(self, model: str) -> list[str]:
        """Return the weights file, unless the weights are random; or a network card's files."""
        entry = self._entry(model)
        if entry["kind"] in _WITH_CARD:
            return [str(path) for path in network_files(entry["weights"])]
        return [] if entry["weights"] == "random" else [entry["weights"]]

    def export_program(self, model: str) -> str:
        """Return the module that exports a model to ONNX."""
        return _EXPORTS[self._entry(model)["kind"]][0]

    def export_code(self, model: str) -> str:
        """Return the digest of the program that exports a model."""
        program, files = _EXPORTS[self._entry(model)["kind"]]
        return code_digest(program, files=files)

    def export_flags(self, model: str) -> list[str]:
        """Return the flags of the export program, from the entry of the model."""
        entry = self._entry(model)
        weights = "card" if entry["kind"] in _WITH_CARD else "weights"
        flags = repeat_flag(weights, [entry["weights"]])
        flags += repeat_flag("size", [entry["size"]] if "size" in entry else [])
        flags += repeat_flag("classes", entry.get("classes", []))
        return flags + (["--input", *entry["input"]] if "input" in entry else [])

    def build_program(self, model: str) -> str:
        """Return the module that builds TensorRT engines of a model."""
        return _BUILDS.get(self._entry(model)["kind"], _BUILD)

    def build_code(self, model: str) -> str:
        """Return the digest of the program that builds engines of a model."""
        return code_digest(self.build_program(model))

    def build_flags(self, model: str) -> list[str]:
        """Return the numbers of objects that engines are built for, if the entry has them."""
        objects = self._entry(model).get("objects")
        return ["--objects", *objects] if objects else []

    def parity_networks(self, model: str, precision: str, engine: str) -> dict[str, str]:
        """Return networks.json of an engine, and of the ONNX files it was built from."""
        exported = f"engines/{model}/{precision}/networks.json"
        built = f"engines/{model}/{precision}/tensorrt/networks.json"
        of_engines: dict[str, dict[str, str]] = {
            "torch": {},
            "onnxruntime": {"networks": exported},
            "tensorrt": {"networks": built, "onnx": exported},
        }
        return of_engines[engine]

    def parity_flags(self, model: str, precision: str, engine: str) -> list[str]:
        """Return the flags of the networks compared with PyTorch, and of the device."""
        named = self.parity_networks(model, precision, engine)
        device = "cuda" if engine == "tensorrt" else "cpu"
        return [*(f"--{name}={path}" for name, path in named.items()), f"--device={device}"]

    def parities(self) -> list[str]:
        """Return the parity files of each model whose networks a variant uses."""
        models = dict.fromkeys(Path(folder).parent.name for folder in self._folders())
        return [
            f"engines/{model}/{precision}/parity_{engine}.json"
            for model in models
            for kind in self.plan.config["engines"].get(model, {}).get("parity", [])
            for precision, engine in [kind.split("/")]
        ]

    def _folders(self) -> list[str]:
        """Return the folders of networks that the variants of the runs use."""
        variants = [self.plan.variants[name] for _, name in self.plan.pairs()]
        found = [each.config_options.get(name) for each in variants for name in each.method.engines]
        return [folder for folder in found if isinstance(folder, str)]

    def _entry(self, model: str) -> Mapping[str, Any]:
        entry: Mapping[str, Any] = self.plan.config["engines"][model]
        return entry
