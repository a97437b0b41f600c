"""What exports the networks of a model, and what they are compared with."""


def model_weights(wildcards):
    weights = config["engines"][wildcards.model]["weights"]
    return [] if weights == "random" else weights


EXPORTS = {  # by kind of model: the program, and files it reads beside its modules
    "sam2": ("trackers.sam2.export", ("trackers/sam2/demo.yaml",)),
    "yolox": ("trackers.detectors.export", ()),
    "masktrack_rcnn": ("trackers.mask_rcnn.export", ()),
}


def export_program(wildcards):
    return EXPORTS[config["engines"][wildcards.model]["kind"]][0]


def export_code(wildcards):
    program, files = EXPORTS[config["engines"][wildcards.model]["kind"]]
    return code_digest(program, files=files)


def export_flags(wildcards):
    entry = config["engines"][wildcards.model]
    flags = repeat_flag("weights", [entry["weights"]])
    if "size" in entry:
        flags += repeat_flag("size", [entry["size"]])
    if entry["kind"] == "yolox":
        flags += repeat_flag("classes", entry["classes"])
        flags += ["--input", *entry["input"]]
    return flags


BUILDS = {
    "sam2": "trackers.sam2.build",
    "masktrack_rcnn": "trackers.mask_rcnn.build",
}


def build_program(wildcards):
    kind = config["engines"][wildcards.model]["kind"]
    if kind not in BUILDS:
        raise ValueError(
            f"engines: {wildcards.model}: TensorRT runs models of the kinds {list(BUILDS)} only"
        )
    return BUILDS[kind]


def build_code(wildcards):
    return code_digest(build_program(wildcards))


def build_flags(wildcards):
    objects = config["engines"][wildcards.model].get("objects")
    return ["--objects", *objects] if objects else []


def parity_networks(wildcards):
    """The networks.json of the engine, and of the ONNX files it was built from."""
    exported = f"engines/{wildcards.model}/{wildcards.precision}/networks.json"
    built = f"engines/{wildcards.model}/{wildcards.precision}/tensorrt/networks.json"
    return {
        "torch": {},
        "onnxruntime": {"networks": exported},
        "tensorrt": {"networks": built, "onnx": exported},
    }[wildcards.engine]


def parity_flags(wildcards):
    flags = [f"--{name}={path}" for name, path in parity_networks(wildcards).items()]
    device = "cuda" if wildcards.engine == "tensorrt" else "cpu"
    return [*flags, f"--device={device}"]
