"""Data in: any data set → data/<dataset>/<sequence>/{sequence.json, truth.parquet, prompts.parquet, ...}."""


rule prepare:
    input:
        labels=label_files,
        prompts=prompt_file,
    output:
        sequence="data/{dataset}/{sequence}/sequence.json",
        truth="data/{dataset}/{sequence}/truth.parquet",
        prompts="data/{dataset}/{sequence}/prompts.parquet",
    log:
        "logs/prepare/{dataset}/{sequence}.log",
    conda:
        "../../environment.yml"
    params:
        reader=lookup("datasets/{dataset}/reader", within=config),
        root=dataset_root,
        options=dataset_options,
        prompts=dataset_prompts,
        code=reader_code,
    shell:
        "exec python -m datasets.prepare --reader={params.reader:q} {params.root:q}"
        " --dataset={wildcards.dataset:q} --sequence={wildcards.sequence:q}"
        " --options={params.options:q} {params.prompts:q} --output={output.sequence:q} 2> {log:q}"


rule mot_folder:
    input:
        sequence="data/{dataset}/{sequence}/sequence.json",
    output:
        folder=directory("data/{dataset}/{sequence}/mot"),
    log:
        "logs/mot_folder/{dataset}/{sequence}.log",
    conda:
        "../../environment.yml"
    params:
        code=code_digest("datasets.sequences.sequence_folder"),
    shell:
        "exec python -m datasets.sequences.sequence_folder --sequence={input.sequence:q}"
        " --output={output.folder:q} 2> {log:q}"
