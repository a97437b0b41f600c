"""Programs and flags that export, build and check the networks of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trackers.named_files import network_files
from trackers.profiling.machine import describe_machine
from workflow.digests import code_digest
from workflow.planning.entries import Variant
from workflow.planning.flags import gpu_launcher, repeat_flag
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
_PLATFORM = ("gpu", "driver", "tensorrt")  # facts of the machine that a built engine depends on
_CUDA = "_cuda"  # follows the engine in the name of a parity file, for one on a CUDA device
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
        """Return the flags of the build program, from the entry of the model."""
        entry = self._entry(model)
        objects = ["--objects", *entry["objects"]] if "objects" in entry else []
        limits = [
            flag
            for key in ("optimization_level", "workspace_gib")
            if key in entry
            for flag in repeat_flag(key.replace("_", "-"), [entry[key]])
        ]
        return objects + limits

    def build_platform(self) -> dict[str, str]:
        """Return what engines are built for, so that another GPU, driver or TensorRT builds again.

        It is empty on a machine without a GPU, which cannot build.
        """
        facts = describe_machine()
        return {key: facts[key] for key in _PLATFORM if key in facts} if "gpu" in facts else {}

    def parity_networks(self, model: str, precision: str, engine: str) -> dict[str, str]:
        """Return networks.json of an engine, and of the ONNX files it was built from."""
        exported = f"engines/{model}/{precision}/networks.json"
        built = f"engines/{model}/{precision}/tensorrt/networks.json"
        of_engines: dict[str, dict[str, str]] = {
            "torch": {},
            "onnxruntime": {"networks": exported},
            "tensorrt": {"networks": built, "onnx": exported},
        }
        return of_engines[engine.partition("_")[0]]

    def parity_flags(self, model: str, precision: str, engine: str) -> list[str]:
        """Return the flags of the engine compared with PyTorch, of its device and networks.

        Args:
            engine: Engine with its device and mode, such as `torch_cuda_graphs`.
        """
        kind, _, mode = engine.partition(_CUDA)
        named = self.parity_networks(model, precision, engine)
        return [
            f"--engine={kind}",
            f"--device={'cuda' if self.parity_gpus(engine) else 'cpu'}",
            *repeat_flag("mode", [mode[1:]] if mode else []),
            *(f"--{name}={path}" for name, path in named.items()),
        ]

    def parity_gpus(self, engine: str) -> int:
        """Return the number of GPUs that the comparison of an engine with PyTorch uses."""
        return int(_CUDA in engine or engine == "tensorrt")

    def parity_launcher(self, engine: str) -> list[str]:
        """Return the program before the comparison: one that takes its GPU, if it uses one."""
        return gpu_launcher([0] * self.parity_gpus(engine))

    def parities(self) -> list[str]:
        """Return the parity files of each model of SAM 2 that a variant of the runs uses.

        They are those that the entry of the model lists, and for each variant on a GPU that of its
        own precision, engine, device and mode.
        """
        names = dict.fromkeys(name for _, name in self.plan.pairs())
        variants = [self.plan.variants[name] for name in names]
        used = dict.fromkeys(model for each in variants for model in self._exported(each))
        listed = [
            _parity_file(model, *kind.split("/"))
            for model in used
            for kind in self._entry(model).get("parity", [])
        ]
        own = [
            _parity_file(model, *_own_kind(each.options))
            for each in variants
            if _runs_on_gpu(each.options)
            for model in [*self._exported(each), *self._in_weights(each)]
            if self._entry(model)["kind"] == "sam2"
        ]
        return list(dict.fromkeys(listed + own))

    def _exported(self, variant: Variant) -> list[str]:
        """Return the models whose exported or built networks a variant uses."""
        folders = [variant.options[name] for name in variant.method.engines]
        named = [_model_of_folder(each) for each in folders if isinstance(each, str)]
        return [name for name in named if name in self.plan.config["engines"]]

    def _in_weights(self, variant: Variant) -> list[str]:
        """Return the models that PyTorch runs for a variant, from the same weights."""
        options, entries = variant.options, self.plan.config["engines"]
        wanted = options.get("weights"), options.get("size")
        return [
            name
            for name, entry in entries.items()
            if options.get("engine") == "torch" and (entry["weights"], entry.get("size")) == wanted
        ]

    def _entry(self, model: str) -> Mapping[str, Any]:
        entry: Mapping[str, Any] = self.plan.config["engines"][model]
        return entry


def _model_of_folder(folder: str) -> str:
    """Return the model of a folder of networks: exported, or built in the subfolder `tensorrt`."""
    path = Path(folder)
    return (path.parent if path.name == "tensorrt" else path).parent.name


def _parity_file(model: str, precision: str, engine: str) -> str:
    return f"engines/{model}/{precision}/parity_{engine}.json"


def _runs_on_gpu(options: Mapping[str, Any]) -> bool:
    """Return whether the networks of a model run on a GPU; a detector may be elsewhere."""
    engine, device = options.get("engine"), str(options.get("device"))
    return engine == "tensorrt" or (engine is not None and device.startswith("cuda"))


def _own_kind(options: Mapping[str, Any]) -> tuple[str, str]:
    """Return the precision of networks on a GPU, and their engine with its device and mode."""
    if options["engine"] == "torch":
        mode = "" if options["torch_mode"] == "eager" else f"_{options['torch_mode']}"
        return options["precision"], f"torch{_CUDA}{mode}"
    folder = Path(options["networks"])
    if options["engine"] == "tensorrt":
        return folder.parent.name, "tensorrt"
    return folder.name, f"{options['engine']}{_CUDA}"
