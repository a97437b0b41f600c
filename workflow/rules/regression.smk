"""The gate: paces of the trackers, a baseline, and whether a run is worse than it.

snakemake --cores all regression
snakemake --cores all baseline --forcerun pace
"""


rule pace:
    input:
        files=variant_files,
        prompts=variant_prompts,
        sequence="data/{dataset}/{sequence}/sequence.json",
        tracks="results/{variant}/{dataset}/{sequence}/tracks.parquet",
    output:
        pace="results/{variant}/{dataset}/{sequence}/pace_{process}.json",
    log:
        "logs/pace/{variant}/{dataset}/{sequence}_{process}.log",
    wildcard_constraints:
        variant=STEPPED,
        process=r"\d+",
    conda:
        "../../environment.yml"
    threads: workflow.cores  # alone on the machine: it is being timed
    params:
        method=variant_method,
        options=variant_options,
        frames=pace_limit("frames"),
        warm_up=pace_limit("warm_up"),
        passes=pace_limit("passes"),
        seconds=pace_limit("seconds"),
        machine=describe_machine(),
        code=pace_code,
    shell:
        "exec python -m trackers.timing.calibrated_clock --method={params.method:q} --options={params.options:q}"
        " --sequence={input.sequence:q} --expect={input.tracks:q} --frames={params.frames}"
        " --warm-up={params.warm_up} --passes {params.passes[least]} {params.passes[most]}"
        " --seconds={params.seconds} --output={output.pace:q} 2> {log:q}"


rule gate_plan:
    output:
        plan=PLAN,
    log:
        "logs/gate_plan.log",
    conda:
        "../../environment.yml"
    params:
        plan=gate_plan,
    shell:
        "printf '%s' {params.plan:q} > {output.plan:q} 2> {log:q}"


rule accuracy:
    """What `make regression AGAINST=...` needs of this side before it takes paces."""
    input:
        accuracy_inputs,
        plan=PLAN,


rule baseline:
    input:
        gate_inputs,
    log:
        "logs/baseline.log",
    conda:
        "../../environment.yml"
    params:
        plan=gate_plan,
        baseline=config["regression"]["baseline"],
        code=gate_code,
    shell:
        "exec python -m metrics.gate.baseline --plan={params.plan:q} --output={params.baseline:q}"
        " > {log:q} 2>&1"


rule judge:
    input:
        gate_inputs,
        baseline=gate_baseline,
    output:
        verdict=VERDICT,
    log:
        "logs/judge.log",
    conda:
        "../../environment.yml"
    params:
        plan=gate_plan,
        baseline=config["regression"]["baseline"],
        code=gate_code,
    shell:
        "exec python -m metrics.gate.verdict --plan={params.plan:q} --baseline={params.baseline:q}"
        " --output={output.verdict:q} 2> {log:q}"


rule verdict_files:
    input:
        verdict=VERDICT,
    output:
        markdown=VERDICT_FILES[0],
        junit=VERDICT_FILES[1],
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
        files=VERDICT_FILES,
    log:
        GATE_LOG,
    conda:
        "../../environment.yml"
    params:
        history=config["regression"]["history"],
        code=code_digest("metrics.gate.__main__"),
    shell:
        "exec python -m metrics.gate --verdict={input.verdict:q} --history={params.history:q}"
        " > {log:q} 2>&1"
