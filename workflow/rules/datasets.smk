"""Prepare data sets, one sequence at a time.

Needs the files of the data set, at the root named by its entry.
Makes sequence.json, truth.parquet and prompts.parquet in data/<dataset>/<sequence>/, with images
and detections, and the folder `mot` if a method needs it.
"""


rule prepare:
    input:
        labels=from_wildcards(inputs.labels),
        prompts=from_wildcards(inputs.first_boxes),
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
        root=from_wildcards(flags.root),
        options=from_wildcards(flags.reader_options),
        prompts=from_wildcards(flags.prompts),
        code=from_wildcards(digests.reader),
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
