"""Weights that others published.

Needs access to the network and an entry of trackers/weights/catalogue.yaml.
Makes data/weights/<file>, where its digest is the one in the catalogue.
"""


rule fetch_weights:
    output:
        weights="data/weights/{file}",
    log:
        "logs/fetch_weights/{file}.log",
    conda:
        "../../environment.yml"
    shell:
        "exec python -m trackers.weights.fetch --output={output.weights:q} 2> {log:q}"
