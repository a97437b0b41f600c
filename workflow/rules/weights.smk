"""Weights that others published, see trackers/weights/catalogue.yaml."""


rule fetch_weights:
    output:
        weights="data/weights/{file}",
    log:
        "logs/fetch_weights/{file}.log",
    conda:
        "../../environment.yml"
    shell:
        "exec python -m trackers.weights.fetch --output={output.weights:q} 2> {log:q}"
