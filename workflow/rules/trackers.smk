"""Run trackers: output (`track`), speed (`clock`), output at a fixed frame rate (`streaming`).

Needs sequences, prompts, and the files named by options: weights, networks, results.
Makes tracks.parquet, run.json and timing.json of each sequence; those of further runs in
results/<variant>@run2/, those of streaming, with streaming.json, in results/<variant>@25fps/.
Methods without tracker.py have their own rule; `adopt` converts its result file to tracks.
"""


rule track:
    input:
        files=variant_files,
        prompts=variant_prompts,
        sequence="data/{dataset}/{sequence}/sequence.json",
    output:
        tracks="results/{variant}/{dataset}/{sequence}/tracks.parquet",
        run="results/{variant}/{dataset}/{sequence}/run.json",
    log:
        "logs/track/{variant}/{dataset}/{sequence}.log",
    wildcard_constraints:
        variant=STEPPED,
    conda:
        "../../environment.yml"
    resources:
        gpu=variant_gpus,
    params:
        launcher=variant_launcher,
        method=variant_method,
        options=variant_options,
        code=track_code,
    shell:
        "exec python -m {params.launcher} trackers.run --method={params.method:q}"
        " --options={params.options:q} --sequence={input.sequence:q} --output={output.tracks:q}"
        " --run={output.run:q} --code={params.code} 2> {log:q}"


use rule track as track_again with:
    output:
        tracks="results/{variant}@run{number}/{dataset}/{sequence}/tracks.parquet",
        run="results/{variant}@run{number}/{dataset}/{sequence}/run.json",
    log:
        "logs/track/{variant}@run{number}/{dataset}/{sequence}.log",
    params:
        launcher=variant_launcher,
        method=variant_method,
        options=from_wildcards(flags.options_of_run),
        code=track_code,


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
    wildcard_constraints:
        variant=STEPPED,
    conda:
        "../../environment.yml"
    threads: workflow.cores  # alone on the machine: it is timed
    resources:
        gpu=variant_gpus,
    params:
        launcher=variant_launcher,
        method=variant_method,
        options=variant_options,
        frames=config["clock"]["frames"],
        warm_up=config["clock"]["warm_up"],
        repeats=config["clock"]["repeats"],
        scenarios=plan.clock_scenarios(),
        machine=MACHINE,
        code=from_wildcards(digests.clock),
    shell:
        "exec python -m {params.launcher} trackers.timing.clock --method={params.method:q}"
        " --options={params.options:q} --sequence={input.sequence:q} --expect={input.tracks:q}"
        " --frames={params.frames} --warm-up={params.warm_up} --repeats={params.repeats}"
        " --scenarios {params.scenarios} --output={output.timing:q} 2> {log:q}"


rule streaming:
    input:
        files=variant_files,
        prompts=variant_prompts,
        sequence="data/{dataset}/{sequence}/sequence.json",
    output:
        tracks="results/{variant}@{rate}fps/{dataset}/{sequence}/tracks.parquet",
        timing="results/{variant}@{rate}fps/{dataset}/{sequence}/streaming.json",
        run="results/{variant}@{rate}fps/{dataset}/{sequence}/run.json",
    log:
        "logs/streaming/{variant}/{dataset}/{sequence}_{rate}fps.log",
    wildcard_constraints:
        variant=STEPPED,
    conda:
        "../../environment.yml"
    threads: workflow.cores  # alone on the machine: the output depends on its speed
    resources:
        gpu=variant_gpus,
    params:
        launcher=variant_launcher,
        method=variant_method,
        options=variant_options,
        warm_up=config["clock"]["warm_up"],
        machine=MACHINE,
        code=from_wildcards(digests.streaming),
    shell:
        "exec python -m {params.launcher} trackers.timing.streaming --method={params.method:q}"
        " --options={params.options:q} --sequence={input.sequence:q} --rate={wildcards.rate}"
        " --warm-up={params.warm_up} --output={output.tracks:q} --timing={output.timing:q}"
        " --run={output.run:q} --code={params.code} 2> {log:q}"


rule adopt:
    input:
        result=from_wildcards(inputs.result_file),
        benchmark="results/{variant}/{dataset}/{sequence}/benchmark.jsonl",
        sequence="data/{dataset}/{sequence}/sequence.json",
    output:
        tracks="results/{variant}/{dataset}/{sequence}/tracks.parquet",
        timing="results/{variant}/{dataset}/{sequence}/timing.json",
        run="results/{variant}/{dataset}/{sequence}/run.json",
    log:
        "logs/track/{variant}/{dataset}/{sequence}.log",
    wildcard_constraints:
        variant=any_of(plan.with_result_file),
    conda:
        "../../environment.yml"
    params:
        method=variant_method,
        options=variant_options,
        format=from_wildcards(flags.result_format),
        machine=MACHINE,
        code=track_code,
    shell:
        "exec python -m trackers.adopt --method={params.method:q} --options={params.options:q}"
        " --format={params.format:q} --result={input.result:q} --benchmark={input.benchmark:q}"
        " --sequence={input.sequence:q} --output={output.tracks:q} --timing={output.timing:q}"
        " --run={output.run:q} --code={params.code} 2>> {log:q}"
