"""Configuration files of deepstream-app, written from a variant's options.

Groups and keys have the names of the DeepStream documentation: the reference application,
Gst-nvinfer and Gst-nvtracker; the tracker's files have the structure of those shipped with 8.0,
config_tracker_MaskTracker.yml and config_tracker_module_Segmenter.yml. The option `overrides`
overrides any value by `<file>.<group>.<key>`, or `<file>.<key>` at the top level of a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from configparser import ConfigParser
from io import StringIO
from typing import Any

import yaml

_SDK = "/opt/nvidia/deepstream/deepstream"
# folders in the container: the working directory, the built engines, and the models of SAM 2
WORKDIR, ENGINES, MODELS = "/run_folder", "/engines", f"{_SDK}/samples/models/Tracker"
NETWORKS = {  # of SAM 2: group of the segmenter's file, file name, and workspace in MB
    "ImageEncoder": ("image_encoder", 5000),
    "MaskDecoder": ("mask_decoder", 5000),
    "MemoryAttention": ("memory_attention", 1000),
    "MemoryEncoder": ("memory_encoder", 5000),
}
_TOP = ""  # stands for the top level of a file, which has keys without a group

Groups = dict[str, dict[str, Any]]


def application(width: int, height: int, interval: int) -> Groups:
    """Return the application's groups: video file in, tracks and latencies out, no display."""
    return {
        "application": {
            "enable-perf-measurement": 1,
            "perf-measurement-interval-sec": 5,
            "kitti-track-output-dir": f"{WORKDIR}/tracks",
        },
        "source0": {"enable": 1, "type": 3, "uri": f"file://{WORKDIR}/video.mp4", "num-sources": 1},
        "streammux": {
            "batch-size": 1,
            "width": width,
            "height": height,
            "live-source": 0,
            "batched-push-timeout": -1,
        },
        "primary-gie": {
            "enable": 1,
            "gie-unique-id": 1,
            "interval": interval,
            "config-file": f"{WORKDIR}/detector.txt",
        },
        "tracker": {
            "enable": 1,
            "tracker-width": width,
            "tracker-height": height,
            "ll-lib-file": f"{_SDK}/lib/libnvds_nvmultiobjecttracker.so",
            "ll-config-file": f"{WORKDIR}/tracker.yml",
        },
        "sink0": {"enable": 1, "type": 1, "sync": 0},
        "osd": {"enable": 0},
        "tiled-display": {"enable": 0},
        "tests": {"file-loop": 0},
    }


def detector(engines: str, classes: int, *, calibrated: bool) -> Groups:
    """Return the groups of PeopleNet as in the MaskTracker sample: class 0, people, only.

    Args:
        engines: Folder of the built engine, in the container.
        classes: Number of classes of the network.
        calibrated: Whether there is a calibration table: INT8 instead of FP16.
    """
    int8 = {"network-mode": 1, "int8-calib-file": f"{WORKDIR}/calibration.txt"}
    groups: Groups = {
        "property": {
            "gpu-id": 0,
            "net-scale-factor": 1 / 255,
            "onnx-file": f"{WORKDIR}/detector.onnx",
            "model-engine-file": f"{engines}/detector.engine",
            "labelfile-path": f"{WORKDIR}/labels.txt",
            "infer-dims": "3;544;960",
            "batch-size": 1,
            **(int8 if calibrated else {"network-mode": 2}),
            "num-detected-classes": classes,
            "process-mode": 1,
            "gie-unique-id": 1,
            "cluster-mode": 3,
        },
        "class-attrs-0": {
            "pre-cluster-threshold": 0.1429,
            "nms-iou-threshold": 0.4688,
            "minBoxes": 3,
            "dbscan-min-score": 0.7726,
            "eps": 0.2538,
            "detected-min-w": 10,
            "detected-min-h": 10,
        },
    }
    disabled = {
        f"class-attrs-{number}": {"pre-cluster-threshold": 1.0} for number in range(1, classes)
    }
    return groups | disabled


def tracker() -> Groups:
    """Return the sections of MaskTracker's configuration, with the shipped values."""
    return {
        "BaseConfig": {"minDetectorConfidence": 0.3529},
        "TargetManagement": {
            "enableBboxUnClipping": 1,
            "preserveStreamUpdateOrder": 0,
            "maxTargetsPerStream": 150,
            "minIouDiff4NewTarget": 0.7608,
            "minTrackerConfidence": 0.6223,
            "probationAge": 4,
            "maxShadowTrackingAge": 84,
            "earlyTerminationAge": 1,
        },
        "TrajectoryManagement": {"useUniqueID": 0},
        "DataAssociator": {
            "dataAssociatorType": 0,
            "associationMatcherType": 1,
            "checkClassMatch": 1,
            "minMatchingScore4Overall": 0.0293,
            "minMatchingScore4SizeSimilarity": 0.1047,
            "minMatchingScore4Iou": 0.0437,
            "matchingScoreWeight4SizeSimilarity": 0.2410,
            "matchingScoreWeight4Iou": 0.8590,
            "tentativeDetectorConfidence": 0.1866,
            "minMatchingScore4TentativeIou": 0.3660,
        },
        "StateEstimator": {
            "stateEstimatorType": 1,
            "processNoiseVar4Loc": 2856.7104,
            "processNoiseVar4Size": 8157.1946,
            "processNoiseVar4Vel": 2602.8703,
            "measurementNoiseVar4Detector": 0.1,
            "measurementNoiseVar4Tracker": 8.6695,
        },
        "Segmenter": {"segmenterType": 1, "segmenterConfigPath": f"{WORKDIR}/segmenter.yml"},
    }


def segmenter(models: str, engines: str) -> Groups:
    """Return the configuration of MaskTracker's SAM 2, with the shipped values.

    Args:
        models: Folder of the networks, in the container.
        engines: Folder of the built engines, in the container.
    """
    networks: Groups = {
        name: {
            "batchSize": 1,
            "workspaceSize": workspace,
            "networkMode": 1,
            "onnxFile": f"{models}/{file}.onnx",
            "modelEngineFile": f"{engines}/{file}.engine",
        }
        for name, (file, workspace) in NETWORKS.items()
    }
    networks["MemoryAttention"]["builderOptimizationLevel"] = 5
    return {
        _TOP: {
            "outputLabelNum": 1,
            "hiddenDim": 256,
            "encoderFeatureDim": 64,
            "inferDims": [3, 1024, 1024],
            "inputOrder": 0,
            "colorFormat": 0,
            "offsets": [123.675, 116.28, 103.53],
            "netScaleFactor": 0.0174,
            "useVPICropScaler": 1,
            "updateMemBankPrompt": 1,
            "minIouDiff4MemoryUpdate": 0.3196,
            "minMemoryUpdateConfidence": 0.0089,
            "maskMemoryUpdateInterval": 1,
            "minIouPrevFrame4ProgBbox": 0.0053,
            "minPromptUpdateConfidence": 0.4960,
            "numConditionalMem": 1,
        },
        **networks,
    }


def override(name: str, groups: Groups, values: Mapping[str, Any]) -> Groups:
    """Return the groups of a file with the values named `<file>.<group>.<key>` replaced.

    Args:
        name: Name of the file; values for other files are ignored.

    Raises:
        ValueError: The file has no such group or key.
    """
    new = {group: dict(keys) for group, keys in groups.items()}
    for path, value in values.items():
        file, _, rest = path.partition(".")
        group, _, key = rest.rpartition(".")
        if file != name:
            continue
        if key not in new.get(group, {}):
            known = sorted(new.get(group, _paths(new)))
            raise ValueError(f"overrides: expected one of {known} in {name}, found {path!r}")
        new[group][key] = value
    return new


def _paths(groups: Groups) -> list[str]:
    """Return the names of the groups, and of the keys at the top level."""
    return [*groups.get(_TOP, {}), *(group for group in groups if group != _TOP)]


class _CaseSensitiveParser(ConfigParser):
    """A parser that does not convert keys to lower case."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def as_ini(groups: Groups) -> str:
    """Return groups as an INI file, the format of the application and the detector."""
    parser, text = _CaseSensitiveParser(interpolation=None), StringIO()
    parser.read_dict(groups)
    parser.write(text, space_around_delimiters=False)
    return text.getvalue()


def as_yaml(groups: Groups) -> str:
    """Return groups as a YAML file of the tracker, with the directive that OpenCV requires."""
    content = {**groups.get(_TOP, {}), **{name: groups[name] for name in groups if name != _TOP}}
    return "%YAML:1.0\n---\n" + yaml.safe_dump(content, sort_keys=False, default_flow_style=None)
