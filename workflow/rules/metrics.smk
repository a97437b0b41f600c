"""Score sequences, combine scores per data set, compare variants, summarize times.

Needs ground truth and tracks of each sequence, and timing.json of timed sequences.
Makes score.json and events.parquet per sequence, combined.json and speed.json per data set,
crosscheck.json on request, and results/comparisons/<dataset>/<protocol>.json.
"""


rule score:
    input:
        truth="data/{dataset}/{sequence}/truth.parquet",
        tracks="results/{variant}/{dataset}/{sequence}/tracks.parquet",
    output:
        score="results/{variant}/{dataset}/{sequence}/{protocol}/score.json",
        events="results/{variant}/{dataset}/{sequence}/{protocol}/events.parquet",
    log:
        "logs/score/{variant}/{dataset}/{sequence}_{protocol}.log",
    conda:
        "../../environment.yml"
    params:
        families=from_wildcards(plan.families),
        origin=from_wildcards(digests.origin),
    shell:
        "exec python -m metrics.score --truth={input.truth:q} --tracks={input.tracks:q}"
        " --protocol={wildcards.protocol:q} --families {params.families:q}"
        " --origin={params.origin} --output={output.score:q} --events={output.events:q}"
        " 2> {log:q}"


rule crosscheck:
    input:
        truth=from_wildcards(inputs.truth),
        tracks=from_wildcards(inputs.tracks),
    output:
        crosscheck="results/{variant}/{dataset}/{protocol}/crosscheck.json",
    log:
        "logs/crosscheck/{variant}/{dataset}_{protocol}.log",
    conda:
        "../../environment.yml"
    params:
        families=from_wildcards(plan.families),
        sequences=from_wildcards(flags.sequences),
        converted=from_wildcards(flags.converted),
        truth="data/{dataset}",
        results="results/{variant}/{dataset}",
        code=from_wildcards(digests.crosscheck),
    shell:
        "exec python -m metrics.evaluate --layout parquet --crosscheck"
        " --protocol={wildcards.protocol:q} --families {params.families:q}"
        " --truth={params.truth:q} --results={params.results:q}"
        " {params.sequences:q} {params.converted:q}"
        " --output={output.crosscheck:q} > {log:q} 2>&1"


rule combine:
    input:
        scores=from_wildcards(inputs.scores),
    output:
        combined="results/{variant}/{dataset}/{protocol}/combined.json",
    log:
        "logs/combine/{variant}/{dataset}_{protocol}.log",
    conda:
        "../../environment.yml"
    params:
        code=from_wildcards(digests.combine),
    shell:
        "exec python -m metrics.combine --scores {input.scores:q}"
        " --output={output.combined:q} 2> {log:q}"


rule compare:
    input:
        scores=from_wildcards(inputs.compared_scores),
        tracks=from_wildcards(inputs.compared_tracks),
    output:
        comparison="results/comparisons/{dataset}/{protocol}.json",
    log:
        "logs/compare/{dataset}_{protocol}.log",
    conda:
        "../../environment.yml"
    params:
        variants=from_wildcards(plan.variants_by),
        again=from_wildcards(plan.repeated_runs),
        sequences=from_wildcards(flags.sequences),
        scene=from_wildcards(flags.scene),
        code=from_wildcards(digests.compare),
    shell:
        "exec python -m metrics.comparison.compare --results results"
        " --dataset={wildcards.dataset:q} --protocol={wildcards.protocol:q}"
        " --variants {params.variants:q} --again {params.again:q} {params.sequences:q}"
        " {params.scene:q} --output={output.comparison:q} 2> {log:q}"


rule speed:
    input:
        timings=from_wildcards(inputs.timings),
    output:
        speed="results/{variant}/{dataset}/speed.json",
    log:
        "logs/speed/{variant}/{dataset}.log",
    conda:
        "../../environment.yml"
    params:
        code=code_digest("metrics.speed"),
    shell:
        "exec python -m metrics.speed --timings {input.timings:q}"
        " --output={output.speed:q} 2> {log:q}"
