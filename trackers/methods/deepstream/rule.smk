"""Run DeepStream's container once for tracks and times; replaces the rules track and clock."""


rule deepstream:
    input:
        files=variant_files,
        sequence="data/{dataset}/{sequence}/sequence.json",
    output:
        tracks="results/{variant}/{dataset}/{sequence}/tracks.parquet",
        timing="results/{variant}/{dataset}/{sequence}/timing.json",
        run="results/{variant}/{dataset}/{sequence}/run.json",
    log:
        "logs/track/{variant}/{dataset}/{sequence}.log",
    wildcard_constraints:
        variant=any_of(variants_of("deepstream")),
    conda:
        "../../../environment.yml"
    threads: workflow.cores  # alone on the machine, because it is timed
    resources:
        gpu=1,
    params:
        options=variant_options,
        machine=MACHINE,
        code=track_code,
    shell:
        "exec python -m trackers.methods.deepstream.run --options={params.options:q}"
        " --sequence={input.sequence:q} --output={output.tracks:q} --timing={output.timing:q}"
        " --run={output.run:q} --code={params.code} 2> {log:q}"
