"""masktrack-bench: run trackers on data sets, score and time them, render one comparison page.

    snakemake --cores all reports/summary.html
    snakemake --cores all reports/summary.html --configfile config/mot17.yaml

Data flows one way: data/ (datasets) → results/ (trackers, then metrics) → reports/summary.html.
"""

import sys
from pathlib import Path

from workflow.run_start import forget_old_verdict

forget_old_verdict(sys.argv)  # before anything below can fail

from snakemake.exceptions import WorkflowError

from workflow.configs.files import check_files

CONFIGS = [
    f"config/{name}.yaml" for name in ("datasets", "engines", "trackers", "config")
]
try:
    check_files(CONFIGS)
except ValueError as error:
    raise WorkflowError(str(error)) from None


configfile: "config/datasets.yaml"
configfile: "config/engines.yaml"
configfile: "config/trackers.yaml"
configfile: "config/config.yaml"


include: "workflow/rules/common.smk"


rule all:
    input:
        "reports/summary.html",


include: "workflow/rules/datasets.smk"
include: "workflow/rules/weights.smk"
include: "workflow/rules/engines.smk"
include: "workflow/rules/trackers.smk"


for path in sorted(Path("trackers/methods").glob("*/rule.smk")):

    include: path


include: "workflow/rules/metrics.smk"
include: "workflow/rules/gallery.smk"
include: "workflow/rules/regression.smk"
include: "workflow/rules/reports.smk"
