"""Config checks, names, and what the rules are told of data sets."""

import json
import os
import re
import time
from types import SimpleNamespace as Wildcards

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

from datasets.io.git import git_commit
from datasets.io.files import RUN
from datasets.conversion.registry import FORMATS
from datasets.prepare import load_reader
from metrics.crosscheck.reference import list_references
from trackers.contract import fill_path, has_tracker, load_method
from trackers.engines.card import files_of
from trackers.profiling.machine import describe_machine
from trackers.named_files import named_files
from trackers.parts.result_files import check_format
from workflow.configs.checks import check_config
from workflow.configs.schema import check_schema
from workflow.digests import code_digest, digest, method_digest

min_version("9.0")
# a job is `exec`ed, so this is its parent; external programs too may use ONNX Runtime
shell.prefix(f"export {RUN}={os.getpid()} ORT_DISABLE_TELEMETRY=1; ")
STARTED = time.time()
JOBS_BEFORE = {}  # what a variant alone rests on; rules of methods add theirs
try:
    check_schema(config, Path(workflow.basedir, "config", "schema.yaml"))
    check_config(config)
except ValueError as error:
    raise WorkflowError(str(error)) from None


wildcard_constraints:
    variant=r"[^/]+",
    rate=r"[0-9.]+",
    number=r"[0-9]+",
    dataset=r"[^/]+",
    sequence=r"[^/]+",
    model=r"[^/]+",
    file=r"[^/]+\.(pt|pth|onnx|safetensors)",
    precision=r"fp32|fp16|bf16",
    engine=r"torch|onnxruntime|tensorrt",
    protocol=r"[a-z0-9_]+",


def entry_root(dataset):
    entry = config["datasets"][dataset]
    return load_reader(entry["reader"]).locate(entry.get("root"))


def label_files(wildcards):
    """The files of the data set that one sequence is read from."""
    entry = config["datasets"][wildcards.dataset]
    reader, root = load_reader(entry["reader"]), entry_root(wildcards.dataset)
    return reader.inputs(root, wildcards.sequence, **entry.get("options", {}))


def prompt_file(wildcards):
    """The first-frame boxes that a data set's entry names; nothing where truth prompts."""
    template = config["datasets"][wildcards.dataset].get("prompts")
    root = entry_root(wildcards.dataset)
    return fill_path(template, root, wildcards.sequence) if template else []


def repeat_flag(name, values):
    """A flag once for each value, joined with `=`: a value may begin with a dash."""
    return [f"--{name}={value}" for value in values]


def dataset_prompts(wildcards, input):
    return repeat_flag("prompts", [input.prompts] if input.prompts else [])


def dataset_root(wildcards):
    root = config["datasets"][wildcards.dataset].get("root")
    return repeat_flag("root", [root] if root else [])


def sequence_flags(wildcards):
    return repeat_flag("sequences", config["datasets"][wildcards.dataset]["sequences"])


def dataset_options(wildcards):
    return json.dumps(config["datasets"][wildcards.dataset].get("options", {}))


def reader_code(wildcards):
    reader = config["datasets"][wildcards.dataset]["reader"]
    return code_digest("datasets.prepare", f"datasets.readers.{reader}")
