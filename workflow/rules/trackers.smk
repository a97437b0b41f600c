"""Trackers run: what each variant answers (`track`), and how fast (`clock`)."""


rule track:
    input:
        files=variant_files,
        prompts=variant_prompts,
        sequence="data/{dataset}/{sequence}/sequence.json",
    output:
        tracks="results/{variant}/{dataset}/{sequence}/tracks.parquet",
    log:
        "logs/track/{variant}/{dataset}/{sequence}.log",
    conda:
        "../../environment.yml"
    params:
        method=variant_method,
        options=variant_options,
        code=track_code,
    shell:
        "exec python -m trackers.run --method {params.method:q} --options {params.options:q}"
        " --sequence {input.sequence:q} --output {output.tracks:q} 2> {log:q}"


rule clock:
    input:
        files=variant_files,
        prompts=variant_prompts,
        sequence="data/{dataset}/{sequence}/sequence.json",
        tracks="results/{variant}/{dataset}/{sequence}/tracks.parquet",
    output:
        timing="results/{variant}/{dataset}/{sequence}/timing.json",
    log:
        "logs/clock/{variant}/{dataset}/{sequence}.log",
    conda:
        "../../environment.yml"
    threads: workflow.cores  # alone on the machine: it is being timed
    params:
        method=variant_method,
        options=variant_options,
        frames=config["clock"]["frames"],
        warm_up=config["clock"]["warm_up"],
        repeats=config["clock"]["repeats"],
        machine=describe_machine(),
        code=clock_code,
    shell:
        "exec python -m trackers.clock --method {params.method:q} --options {params.options:q}"
        " --sequence {input.sequence:q} --expect {input.tracks:q} --frames {params.frames}"
        " --warm-up {params.warm_up} --repeats {params.repeats} --output {output.timing:q}"
        " 2> {log:q}"
