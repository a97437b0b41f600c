"""The gate: paces of the trackers, a baseline, and whether a run is worse than it.

snakemake --cores all regression
snakemake --cores all baseline --forcerun pace
"""


def gate_plan(wildcards=None):
    """What the gate is to look at, as JSON: the runs, how exactly, and what they come from."""
    limits = config["regression"]
    return json.dumps(
        {
            "commit": git_commit(),
            "config": digest(config),
            **{key: limits[key] for key in ("tolerances", "slow_down", "processes")},
            "runs": [
                {
                    "dataset": entry["dataset"],
                    "protocol": run_protocol(entry),
                    "sequences": config["datasets"][entry["dataset"]]["sequences"],
                    "scene": config["datasets"][entry["dataset"]].get("scene"),
                    "clock": entry.get("clock", []),
                    "variants": [gate_card(entry, name) for name in entry["variants"]],
                }
                for entry in config["run"]
            ],
        },
        sort_keys=True,
    )


def gate_card(entry, name):
    """What the gate has to know of a variant."""
    card = variant_card(entry, name)
    timed = is_paced(entry, name)
    return {"name": name, "origin": card["origin"], "timed": timed}


def is_paced(entry, variant):
    """Whether its pace is taken: where it is asked for, and has single steps."""
    method = Path("trackers", "methods", config["variants"][variant]["method"])
    asked = variant in config["regression"]["timed"] and is_timed(entry, variant)
    return asked and not (method / "run.py").is_file()


def gate_inputs(wildcards):
    """The scores and paces of every variant."""
    for entry in config["run"]:
        dataset, protocol = entry["dataset"], run_protocol(entry)
        for variant in entry["variants"]:
            place = f"results/{variant}/{dataset}"
            for sequence in config["datasets"][dataset]["sequences"]:
                yield f"{place}/{sequence}/{protocol}/score.json"
            if is_paced(entry, variant):
                for process in range(config["regression"]["processes"]):
                    for sequence in entry["clock"]:
                        yield f"{place}/{sequence}/pace_{process}.json"


def gate_code(wildcards):
    names = {name for entry in config["run"] for name in families_of_run(entry)}
    return code_digest(
        "metrics.regression", *(f"metrics.families.{name}" for name in sorted(names))
    )


def families_of_run(entry):
    return families(Wildcards(dataset=entry["dataset"], protocol=run_protocol(entry)))


def gate_baseline(wildcards):
    """The baseline; one that is missing is left to the program, which says how it is made."""
    path = Path(config["regression"]["baseline"])
    return [path.as_posix()] if path.is_file() else []


def pace_code(wildcards):
    return method_code(wildcards, "trackers.pace")


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
        variant=VARIANT,
        process=r"\d+",
    conda:
        "../../environment.yml"
    threads: workflow.cores  # alone on the machine: it is being timed
    params:
        method=variant_method,
        options=variant_options,
        frames=config["regression"]["frames"],
        warm_up=config["regression"]["warm_up"],
        passes=lookup("regression/passes", within=config),
        seconds=config["regression"]["seconds"],
        machine=describe_machine(),
        code=pace_code,
    shell:
        "exec python -m trackers.pace --method {params.method:q} --options {params.options:q}"
        " --sequence {input.sequence:q} --expect {input.tracks:q} --frames {params.frames}"
        " --warm-up {params.warm_up} --passes {params.passes[least]} {params.passes[most]}"
        " --seconds {params.seconds} --output {output.pace:q} 2> {log:q}"


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
        "exec python -m metrics.baseline --plan {params.plan:q} --output {params.baseline:q}"
        " > {log:q} 2>&1"


rule judge:
    input:
        gate_inputs,
        baseline=gate_baseline,
    output:
        verdict="results/regression/verdict.json",
    log:
        "logs/judge.log",
    conda:
        "../../environment.yml"
    params:
        plan=gate_plan,
        baseline=config["regression"]["baseline"],
        code=gate_code,
    shell:
        "exec python -m metrics.regression --plan {params.plan:q} --baseline {params.baseline:q}"
        " --output {output.verdict:q} 2> {log:q}"


rule verdict_files:
    input:
        verdict="results/regression/verdict.json",
    output:
        markdown="results/regression/verdict.md",
        junit="results/regression/junit.xml",
    log:
        "logs/verdict_files.log",
    conda:
        "../../environment.yml"
    params:
        code=code_digest("reports.regression"),
    shell:
        "exec python -m reports.regression --verdict {input.verdict:q}"
        " --markdown {output.markdown:q} --junit {output.junit:q} 2> {log:q}"


rule regression:
    input:
        verdict="results/regression/verdict.json",
        files=["results/regression/verdict.md", "results/regression/junit.xml"],
    log:
        "logs/regression.log",
    conda:
        "../../environment.yml"
    params:
        history=config["regression"]["history"],
        code=code_digest("metrics.gate"),
    shell:
        "exec python -m metrics.gate --verdict {input.verdict:q} --history {params.history:q}"
        " > {log:q} 2>&1"
