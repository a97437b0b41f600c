"""Data in: any data set → data/<dataset>/<sequence>/{sequence.json, truth.parquet, ...}."""


rule prepare:
    input:
        label_files,
    output:
        sequence="data/{dataset}/{sequence}/sequence.json",
        truth="data/{dataset}/{sequence}/truth.parquet",
    log:
        "logs/prepare/{dataset}/{sequence}.log",
    conda:
        "../../environment.yml"
    params:
        reader=lookup("datasets/{dataset}/reader", within=config),
        root=dataset_root,
        options=dataset_options,
        code=reader_code,
    shell:
        "exec python -m datasets.prepare --reader {params.reader:q} {params.root:q}"
        " --dataset {wildcards.dataset:q} --sequence {wildcards.sequence:q}"
        " --options {params.options:q} --output {output.sequence:q} 2> {log:q}"
