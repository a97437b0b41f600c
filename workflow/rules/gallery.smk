"""Pictures of tracking errors, loaded by the page.

Needs sequences, their ground truth, and tracks and events of a variant.
Makes reports/media/<dataset>/{frames/<sequence>,tracks/<variant>}/.
"""


rule pictures:
    input:
        sequence="data/{dataset}/{sequence}/sequence.json",
        truth="data/{dataset}/{sequence}/truth.parquet",
    output:
        pictures=directory("reports/media/{dataset}/frames/{sequence}"),
    log:
        "logs/pictures/{dataset}/{sequence}.log",
    conda:
        "../../environment.yml"
    params:
        code=code_digest("reports.gallery.pictures"),
    shell:
        "exec python -m reports.gallery.pictures --sequence={input.sequence:q}"
        " --truth={input.truth:q} --output={output.pictures:q} 2> {log:q}"


rule gallery:
    input:
        pictures=from_wildcards(inputs.pictures),
        truth=from_wildcards(inputs.truth),
        tracks=from_wildcards(inputs.tracks),
        events=from_wildcards(inputs.events),
    output:
        tracks=directory("reports/media/{dataset}/tracks/{variant}"),
    log:
        "logs/gallery/{variant}/{dataset}.log",
    conda:
        "../../environment.yml"
    params:
        sequences=from_wildcards(flags.sequences),
        protocols=from_wildcards(plan.protocols_of),
        truth="data/{dataset}",
        results="results/{variant}/{dataset}",
        pictures="reports/media/{dataset}/frames",
        code=code_digest("reports.gallery.variant"),
    shell:
        "exec python -m reports.gallery.variant --variant={wildcards.variant:q}"
        " --truth={params.truth:q} --results={params.results:q} --pictures={params.pictures:q}"
        " {params.sequences:q} --protocols {params.protocols:q}"
        " --output={output.tracks:q} 2> {log:q}"
