"""Input functions for the rules of DeepStream, and the prerequisites of its variants."""

from pathlib import Path

from trackers.contract import check_options
from trackers.methods.deepstream.engine_paths import engines_path, network_files
from trackers.methods.deepstream.options import Options as DeepStreamOptions
from trackers.methods.deepstream.releases import RELEASES
from trackers.options import make_options

DEEPSTREAM = variants_of("deepstream")
SAM2_EXPORTS = "engines/deepstream/sam2"


def deepstream_options(variant):
    values = plan.variants[variant].config_options
    try:
        check_options("deepstream", values, f"variants.{variant}.options")
    except ValueError as error:
        raise WorkflowError(str(error)) from None
    return make_options(DeepStreamOptions, values)


def deepstream_engines(variant):
    return str(engines_path(deepstream_options(variant)))


def deepstream_variant(key):
    """Return the first variant that uses the engines of this key; they do not differ in them."""
    for variant in DEEPSTREAM:
        if Path(deepstream_engines(variant)).parent.name == key:
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


for variant in DEEPSTREAM:
    deepstream_options(variant)


JOBS_BEFORE.update(
    {
        variant: [
            {
                "job": "deepstream_engines",
                "made": made,
                "log": f"logs/deepstream_engines/{Path(made).parent.name}.log",
            }
        ]
        for variant in DEEPSTREAM
        for made in [deepstream_engines(variant)]
    }
)
