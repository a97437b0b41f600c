"""Config checks and the input functions and params of the rules."""

import json
import os
import re
import time
from types import SimpleNamespace as Wildcards

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version, validate

from datasets.checkout import git_commit
from datasets.files import RUN
from datasets.prepare import load_reader
from metrics.reference import list_references
from trackers.contract import fill_path, load_method
from trackers.engines.card import files_of
from trackers.machine import describe_machine
from trackers.named_files import named_files
from workflow.checks import check_config
from workflow.provenance import code_digest, digest, method_digest

min_version("9.0")
shell.prefix(
    f"export {RUN}={os.getpid()}; "
)  # a job is `exec`ed, so this is its parent
STARTED = time.time()
JOBS_BEFORE = {}  # what a variant alone rests on; rules of methods add theirs
validate(config, "../../config/schema.yaml", set_default=False)
try:
    check_config(config)
except ValueError as error:
    raise WorkflowError(str(error)) from None


VARIANT = r"[^/@]+"  # `sort@25fps` is the variant `sort` in real time


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


def dataset_prompts(wildcards, input):
    return ["--prompts", input.prompts] if input.prompts else []


def dataset_root(wildcards):
    root = config["datasets"][wildcards.dataset].get("root")
    return ["--root", root] if root else []


def dataset_options(wildcards):
    return json.dumps(config["datasets"][wildcards.dataset].get("options", {}))


def reader_code(wildcards):
    reader = config["datasets"][wildcards.dataset]["reader"]
    return code_digest("datasets.prepare", f"datasets.readers.{reader}")


def variant_files(wildcards):
    """The files that options of the variant name for one sequence: results, weights, networks.

    One that is missing and that no rule makes is left to the tracker, which fails for its variant
    alone.
    """
    variant = variant_entry(wildcards)
    method, root = load_method(variant["method"]), entry_root(wildcards.dataset)
    options = {**method.options, **variant.get("options", {})}
    made = [
        path
        for name in method.engines
        if isinstance(options[name], str)
        for path in files_of(options[name])
    ]
    named = named_files(method, options, root, wildcards.sequence)
    return list(dict.fromkeys(made + named))


def variant_prompts(wildcards):
    """The prompts of one sequence, where the method asks for them."""
    options = variant_entry(wildcards).get("options", {})
    asks = "prompts" in load_method(variant_method(wildcards)).given(options).inputs
    place = f"data/{wildcards.dataset}/{wildcards.sequence}/prompts.parquet"
    return [place] if asks else []


def variant_entry(wildcards):
    """The variant's entry, whether or not its frames come in real time."""
    return config["variants"][wildcards.variant.split("@")[0]]


def variant_method(wildcards):
    return variant_entry(wildcards)["method"]


def variant_methods(wildcards):
    """The method of a variant, and those that its options name."""
    method = variant_method(wildcards)
    options = variant_entry(wildcards).get("options", {})
    return [method, *load_method(method).others(options)]


def variant_options(wildcards):
    return json.dumps(variant_entry(wildcards).get("options", {}))


def variants_of(method):
    return [
        name for name, entry in config["variants"].items() if entry["method"] == method
    ]


def any_of(names):
    """A pattern of any of the names, of nothing where there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"


def track_code(wildcards):
    return method_digest("trackers.run", *variant_methods(wildcards))


def clock_code(wildcards):
    return method_digest("trackers.clock", *variant_methods(wildcards))


def real_time_code(wildcards):
    return method_digest("trackers.real_time", *variant_methods(wildcards))


def clock_scenarios():
    """What `clock` times; `real_time` is a rule of its own."""
    return [name for name in config["clock"]["scenarios"] if name != "real_time"]


def run_protocol(entry):
    return entry.get("protocol", config["datasets"][entry["dataset"]]["protocol"])


def runs_of(wildcards):
    """The runs that score a data set by a protocol: one, or none where a file is asked for alone."""
    return [
        entry
        for entry in config["run"]
        if (entry["dataset"], run_protocol(entry))
        == (wildcards.dataset, wildcards.protocol)
    ]


def families(wildcards):
    """What a data set is scored by: as the run says, else as its entry does, else as all are."""
    dataset = config["datasets"][wildcards.dataset]
    for entry in (*runs_of(wildcards), dataset, config):
        if "families" in entry:
            return entry["families"]


def family_code(wildcards, *modules):
    """A digest of modules and of the families that a data set is scored by."""
    return code_digest(
        *modules, *(f"metrics.families.{name}" for name in families(wildcards))
    )


def score_code(wildcards):
    protocol = f"metrics.protocol.{wildcards.protocol}"
    return family_code(wildcards, "metrics.score", protocol)


def score_origin(wildcards):
    """A digest of all that a score comes from beside files: config and code."""
    return digest(
        config["datasets"][wildcards.dataset],
        reader_code(wildcards),
        variant_options(wildcards),
        (
            real_time_code(wildcards)
            if "@" in wildcards.variant
            else track_code(wildcards)
        ),
        families(wildcards),
        score_code(wildcards),
    )


def crosscheck_code(wildcards):
    references = [f"metrics.references.{name}" for name in list_references()]
    protocol = f"metrics.protocol.{wildcards.protocol}"
    layout = "datasets.layouts.parquet"
    return family_code(wildcards, "metrics.evaluate", protocol, layout, *references)


def combine_code(wildcards):
    return family_code(wildcards, "metrics.combine")


def compare_code(wildcards):
    return family_code(wildcards, "metrics.compare")


def of_sequences(pattern, wildcards, **values):
    """The files of a pattern, one for each sequence of the data set."""
    sequences = config["datasets"][wildcards.dataset]["sequences"]
    return expand(
        pattern, **{**dict(wildcards.items()), "sequence": sequences, **values}
    )


def compared_variants(wildcards):
    return [name for entry in runs_of(wildcards) for name in entry["variants"]]


def runs_again(wildcards):
    """Further runs of the variants, as `sort@run2`, of those that `track` runs."""
    return [
        f"{name}@run{number}"
        for entry in runs_of(wildcards)
        for name in entry["variants"]
        if not has_own_run(name)
        for number in range(2, entry.get("runs", 1) + 1)
    ]


def has_own_run(variant):
    """Whether the variant's method is run by a program of its own."""
    method = config["variants"][variant]["method"]
    return Path("trackers", "methods", method, "run.py").is_file()


def options_of_run(wildcards):
    """The options of a further run: another seed, where the method takes one."""
    entry = variant_entry(wildcards)
    known = load_method(entry["method"]).options
    options = {**entry.get("options", {})}
    if "seed" in known:
        first = options.get("seed", known["seed"])
        options["seed"] = first + int(wildcards.number) - 1
    return json.dumps(options)


def compared_scores(wildcards):
    return of_sequences(
        "results/{variant}/{dataset}/{sequence}/{protocol}/score.json",
        wildcards,
        variant=compared_variants(wildcards) + runs_again(wildcards),
    )


def compared_tracks(wildcards):
    return of_sequences(
        "results/{variant}/{dataset}/{sequence}/tracks.parquet",
        wildcards,
        variant=compared_variants(wildcards) + runs_again(wildcards),
    )


def dataset_scene(wildcards):
    scene = config["datasets"][wildcards.dataset].get("scene")
    return ["--scene", scene] if scene else []


def all_scores(wildcards):
    return of_sequences(
        "results/{variant}/{dataset}/{sequence}/{protocol}/score.json",
        wildcards,
    )


def all_truth(wildcards):
    return of_sequences("data/{dataset}/{sequence}/truth.parquet", wildcards)


def all_tracks(wildcards):
    return of_sequences(
        "results/{variant}/{dataset}/{sequence}/tracks.parquet",
        wildcards,
    )


def all_timings(wildcards):
    return expand(
        "results/{variant}/{dataset}/{sequence}/timing.json",
        variant=wildcards.variant,
        dataset=wildcards.dataset,
        sequence=next(
            entry["clock"]
            for entry in config["run"]
            if entry["dataset"] == wildcards.dataset and "clock" in entry
        ),
    )
