"""The gate: relative step times, a baseline, and the verdict of a run compared with it.

Needs ground truth, tracks and scores of all variants, and the baseline.
Makes relative_step_time_<process>.json of each timed sequence, and in results/regression/
plan.json, verdict.json, verdict.md, junit.xml and the history; `baseline` writes the file named in
the config.

    snakemake --cores all regression
    snakemake --cores all baseline --forcerun relative_step_time
"""

from metrics.gate.subject import PLAN_FILE, VERDICT_FILES
from workflow.planning.gate_plan import GatePlan
from workflow.run_hooks import GATE_LOG

VERDICT, *VERDICT_TEXTS = map(str, VERDICT_FILES)
gate = GatePlan(plan, digests, [*map(str, workflow.config_settings.configfiles or ())])


rule relative_step_time:
    input:
        files=variant_files,
        prompts=variant_prompts,
        sequence="data/{dataset}/{sequence}/sequence.json",
        tracks="results/{variant}/{dataset}/{sequence}/tracks.parquet",
    output:
        step_times="results/{variant}/{dataset}/{sequence}/relative_step_time_{process}.json",
    log:
        "logs/relative_step_time/{variant}/{dataset}/{sequence}_{process}.log",
    wildcard_constraints:
        variant=STEPPED,
        process=r"\d+",
    conda:
        "../../environment.yml"
    threads: workflow.cores  # alone on the machine: it is timed
    resources:
        gpu=variant_gpus,
    params:
        launcher=variant_launcher,
        method=variant_method,
        options=variant_options,
        frames=from_wildcards(gate.timing_limit("frames")),
        warm_up=from_wildcards(gate.timing_limit("warm_up")),
        passes=from_wildcards(gate.timing_limit("passes")),
        seconds=from_wildcards(gate.timing_limit("seconds")),
        machine=MACHINE,
        code=from_wildcards(digests.relative_step_time),
    shell:
        "exec python -m {params.launcher} trackers.timing.calibrated_clock"
        " --method={params.method:q} --options={params.options:q} --sequence={input.sequence:q}"
        " --expect={input.tracks:q} --frames={params.frames} --warm-up={params.warm_up}"
        " --passes {params.passes[min]} {params.passes[max]} --seconds={params.seconds}"
        " --output={output.step_times:q} 2> {log:q}"


rule gate_plan:
    output:
        plan=str(PLAN_FILE),
    log:
        "logs/gate_plan.log",
    conda:
        "../../environment.yml"
    params:
        plan=from_wildcards(gate.as_json),
    shell:
        "printf '%s' {params.plan:q} > {output.plan:q} 2> {log:q}"


rule accuracy:
    """Inputs of `make regression AGAINST=...` from this side, before it measures speed."""
    input:
        from_wildcards(inputs.accuracy),
        plan=str(PLAN_FILE),


rule baseline:
    input:
        from_wildcards(inputs.gate),
    log:
        "logs/baseline.log",
    conda:
        "../../environment.yml"
    params:
        plan=from_wildcards(gate.as_json),
        baseline=config["regression"]["baseline"],
        code=from_wildcards(digests.gate),
    shell:
        "exec python -m metrics.gate.baseline --plan={params.plan:q} --output={params.baseline:q}"
        " > {log:q} 2>&1"


rule verdict:
    input:
        from_wildcards(inputs.gate),
        baseline=from_wildcards(gate.baseline),
    output:
        verdict=VERDICT,
    log:
        "logs/verdict.log",
    conda:
        "../../environment.yml"
    params:
        plan=from_wildcards(gate.as_json),
        baseline=config["regression"]["baseline"],
        code=from_wildcards(digests.gate),
    shell:
        "exec python -m metrics.gate.verdict --plan={params.plan:q} --baseline={params.baseline:q}"
        " --output={output.verdict:q} 2> {log:q}"


rule verdict_files:
    input:
        verdict=VERDICT,
    output:
        markdown=VERDICT_TEXTS[0],
        junit=VERDICT_TEXTS[1],
    log:
        "logs/verdict_files.log",
    conda:
        "../../environment.yml"
    params:
        code=code_digest("reports.regression"),
    shell:
        "exec python -m reports.regression --verdict={input.verdict:q}"
        " --markdown={output.markdown:q} --junit={output.junit:q} 2> {log:q}"


rule regression:
    input:
        verdict=VERDICT,
        files=VERDICT_TEXTS,
    log:
        str(GATE_LOG),
    conda:
        "../../environment.yml"
    params:
        history=config["regression"]["history"],
        code=code_digest("metrics.gate.__main__"),
    shell:
        "exec python -m metrics.gate --verdict={input.verdict:q} --history={params.history:q}"
        " > {log:q} 2>&1"
