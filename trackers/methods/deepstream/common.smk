"""Input functions for the rules of DeepStream, and the prerequisites of its variants."""

from pathlib import Path

from trackers.methods.deepstream.engine_paths import engines_path, network_files
from trackers.methods.deepstream.options import Options as DeepStreamOptions
from trackers.methods.deepstream.releases import RELEASES
from trackers.options import make_options
from workflow.planning.flags import gpu_launcher

DEEPSTREAM = variants_of("deepstream")
SAM2_EXPORTS = "engines/deepstream/sam2"


def deepstream_options(variant):
    return make_options(DeepStreamOptions, plan.variants[variant].config_options)


def deepstream_engines(variant):
    return str(engines_path(deepstream_options(variant)))


def engines_key(variant):
    return Path(deepstream_engines(variant)).parent.name


def deepstream_variant(key):
    """Return the first variant that uses the engines of this key; they do not differ in them."""
    for variant in DEEPSTREAM:
        if engines_key(variant) == key:
            return variant
    raise WorkflowError(
        f"engines/deepstream/{key}: expected the key of a variant, found none"
    )


def deepstream_options_text(key):
    return flags.options(deepstream_variant(key))


def deepstream_networks(key):
    """Return the files that engines are built from; missing ones are left to the job to report."""
    for path in network_files(deepstream_options(deepstream_variant(key))):
        if path.is_relative_to(SAM2_EXPORTS):
            yield str(path / "export.json")
        else:
            yield from [path] if path.is_file() else sorted(path.glob("*.onnx"))


def deepstream_jobs(variant):
    """Yield the jobs that a variant needs before its own, in order."""
    for path in deepstream_networks(engines_key(variant)):
        if Path(path).is_relative_to(SAM2_EXPORTS):
            export = Path(path).relative_to(SAM2_EXPORTS).parent
            yield {
                "job": "deepstream_sam2",
                "made": str(path),
                "log": f"logs/deepstream_sam2/{export}.log",
            }
    yield {
        "job": "deepstream_engines",
        "made": deepstream_engines(variant),
        "log": f"logs/deepstream_engines/{engines_key(variant)}.log",
    }


JOBS_BEFORE.update({variant: list(deepstream_jobs(variant)) for variant in DEEPSTREAM})
