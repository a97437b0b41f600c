"""Shared by all rules: the plan made from the config, the wildcards, start and end of a run.

Needs the config; makes no files. docs/adding_a_tracker.md lists what rules of methods may use.
"""

import gc
import os
import time

from snakemake.utils import min_version

from datasets.io.files import RUN
from trackers.profiling.machine import describe_machine
from workflow.configs.checks import check_config
from workflow.configs.schema import check_schema
from workflow.digests import code_digest
from workflow.planning.flags import Flags
from workflow.planning.inputs import Inputs
from workflow.planning.job_digests import JobDigests
from workflow.planning.plan import Plan, any_of
from workflow.run_hooks import (
    CurrentRun,
    limit_gpus,
    refuse_to_replace,
    start_jobs_without_timer,
)
from workflow.run_lock import hold_lock
from workflow.planning.wildcards import from_wildcards

min_version("9.0")
gc.disable()  # until a run starts: planning makes no garbage, and collection takes a fifth of it
# jobs are `exec`ed, so this process is their parent; external programs may use ONNX Runtime too
shell.prefix(
    f"export {RUN}={os.getpid()} ORT_DISABLE_TELEMETRY=1 CUDA_DEVICE_ORDER=PCI_BUS_ID; "
)
try:
    check_schema(config, Path(workflow.basedir, "config", "schema.yaml"))
    check_config(config)
    plan = Plan(config)
    # variants stepped frame by frame; the others have rules of their own methods
    STEPPED = any_of(plan.stepped)
except ValueError as error:
    raise WorkflowError(str(error)) from None

inputs = Inputs(plan)
flags = Flags(plan)
digests = JobDigests(plan)
current_run = CurrentRun(workflow, time.time())
limit_gpus(workflow)
held = []  # the lock of the folder, held until this process ends

REPLACE_BASELINE = os.environ.get("REPLACE_BASELINE", "") not in ("", "0")
MACHINE = describe_machine()
JOBS_BEFORE = {}  # inputs that only one variant needs; rules of methods add theirs

variant_files = from_wildcards(inputs.files)
variant_prompts = from_wildcards(inputs.prompts)
variant_method = from_wildcards(flags.method)
variant_options = from_wildcards(flags.options)
variant_gpus = from_wildcards(flags.gpus)
variant_launcher = from_wildcards(flags.launcher)
track_code = from_wildcards(digests.track)
variants_of = plan.variants_of


def variant_option(name):
    """Return a function of wildcards: the value of a variant's option, or the option's default."""
    return from_wildcards(flags.option(name))


wildcard_constraints:
    variant=r"[^/]+",
    rate=r"[0-9.]+",
    number=r"[0-9]+",
    dataset=r"[^/]+",
    sequence=r"[^/]+",
    model=r"[^/]+",
    file=r"[^/]+\.(pt|pth|onnx|safetensors)",
    precision=r"fp32|fp16|bf16",
    engine=r"torch(_cuda(_graphs|_compile)?)?|onnxruntime(_cuda)?|tensorrt",
    protocol=r"[a-z0-9_]+",


onstart:
    gc.enable()
    start_jobs_without_timer(workflow)
    try:
        held.append(hold_lock())
        if current_run.is_target("baseline") and not REPLACE_BASELINE:
            refuse_to_replace(Path(config["regression"]["baseline"]))
    except (BlockingIOError, FileExistsError) as error:
        raise WorkflowError(str(error)) from None
    current_run.note_logs()


onsuccess:
    current_run.print_timing(inputs.speeds())
