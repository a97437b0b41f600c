"""Run an external program once for its tracks and its time; replaces the rules track and clock.

A virtual environment is made from a requirements file in `environments/`, again when it changes.
"""


include: "common.smk"


rule environment:
    input:
        requirements="trackers/methods/external/environments/{environment}.txt",
    output:
        versions="engines/environments/{environment}/versions.txt",
    log:
        "logs/environment/{environment}.log",
    wildcard_constraints:
        environment=r"[^/]+",
    conda:
        "../../../environment.yml"
    shell:
        "exec python -m trackers.methods.external.environment"
        " --requirements={input.requirements:q} --output={output.versions:q} 2> {log:q}"


rule external:
    input:
        files=from_wildcards(external_files),
        environment=from_wildcards(external_environment),
        sequence="data/{dataset}/{sequence}/sequence.json",
    output:
        tracks="results/{variant}/{dataset}/{sequence}/tracks.parquet",
        timing="results/{variant}/{dataset}/{sequence}/timing.json",
        run="results/{variant}/{dataset}/{sequence}/run.json",
    log:
        "logs/track/{variant}/{dataset}/{sequence}.log",
    wildcard_constraints:
        variant=any_of(EXTERNAL),
    conda:
        "../../../environment.yml"
    threads: workflow.cores  # alone on the machine, because it is timed
    params:
        options=variant_options,
        machine=MACHINE,
        code=track_code,
    shell:
        "exec python -m trackers.methods.external.run --options={params.options:q}"
        " --sequence={input.sequence:q} --output={output.tracks:q} --timing={output.timing:q}"
        " --run={output.run:q} --code={params.code} 2> {log:q}"
