"""Numbers: each sequence scored, all sequences of a data set combined, times summarized."""


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
        families=families,
        origin=score_origin,
    shell:
        "exec python -m metrics.score --truth={input.truth:q} --tracks={input.tracks:q}"
        " --protocol={wildcards.protocol:q} --families {params.families:q}"
        " --origin={params.origin} --output={output.score:q} --events={output.events:q}"
        " 2> {log:q}"


rule crosscheck:
    input:
        truth=all_truth,
        tracks=all_tracks,
    output:
        crosscheck="results/{variant}/{dataset}/{protocol}/crosscheck.json",
    log:
        "logs/crosscheck/{variant}/{dataset}_{protocol}.log",
    conda:
        "../../environment.yml"
    params:
        families=families,
        sequences=sequence_flags,
        truth="data/{dataset}",
        results="results/{variant}/{dataset}",
        code=crosscheck_code,
    shell:
        "exec python -m metrics.evaluate --layout parquet --crosscheck"
        " --protocol={wildcards.protocol:q} --families {params.families:q}"
        " --truth={params.truth:q} --results={params.results:q}"
        " {params.sequences:q} --output={output.crosscheck:q} > {log:q} 2>&1"


rule combine:
    input:
        scores=all_scores,
    output:
        combined="results/{variant}/{dataset}/{protocol}/combined.json",
    log:
        "logs/combine/{variant}/{dataset}_{protocol}.log",
    conda:
        "../../environment.yml"
    params:
        code=combine_code,
    shell:
        "exec python -m metrics.combine --scores {input.scores:q}"
        " --output={output.combined:q} 2> {log:q}"


rule compare:
    input:
        scores=compared_scores,
        tracks=compared_tracks,
    output:
        comparison="results/comparisons/{dataset}/{protocol}.json",
    log:
        "logs/compare/{dataset}_{protocol}.log",
    conda:
        "../../environment.yml"
    params:
        variants=compared_variants,
        again=runs_again,
        sequences=sequence_flags,
        scene=dataset_scene,
        code=compare_code,
    shell:
        "exec python -m metrics.comparison.compare --results results --dataset={wildcards.dataset:q}"
        " --protocol={wildcards.protocol:q} --variants {params.variants:q}"
        " --again {params.again:q} {params.sequences:q} {params.scene:q}"
        " --output={output.comparison:q} 2> {log:q}"


rule speed:
    input:
        timings=all_timings,
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
