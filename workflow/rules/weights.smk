"""Published weights of other projects.

Needs network access and an entry in trackers/weights/catalogue.yaml.
Makes data/weights/<file>, if its digest equals the one in the catalogue.
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
