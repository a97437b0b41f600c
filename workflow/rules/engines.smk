"""Networks of a model → ONNX (`export`) → TensorRT (`build`); deviation from PyTorch (`parity`).

Needs weights, unless they are random.
Makes engines/<model>/<precision>/networks.json, the same in `tensorrt/`, and parity_<engine>.json,
the latter for SAM 2 only. Methods request them by path:

    snakemake --cores all engines/sam2_demo/fp32/parity_onnxruntime.json
"""

from workflow.planning.models import Models

models = Models(plan)


rule export:
    input:
        weights=from_wildcards(models.weights),
    output:
        networks="engines/{model}/{precision}/networks.json",
    log:
        "logs/export/{model}/{precision}.log",
    conda:
        "../../environment.yml"
    params:
        program=from_wildcards(models.export_program),
        flags=from_wildcards(models.export_flags),
        code=from_wildcards(models.export_code),
    shell:
        "exec python -m {params.program} {params.flags:q} --precision={wildcards.precision}"
        " --output={output.networks:q} 2> {log:q}"


rule build:
    input:
        networks="engines/{model}/{precision}/networks.json",
    output:
        networks="engines/{model}/{precision}/tensorrt/networks.json",
    log:
        "logs/build/{model}/{precision}.log",
    conda:
        "../../environment.yml"
    threads: workflow.cores  # alone on the GPU: kernels are timed
    params:
        program=from_wildcards(models.build_program),
        flags=from_wildcards(models.build_flags),
        code=from_wildcards(models.build_code),
    shell:
        "exec python -m {params.program} --networks={input.networks:q} {params.flags:q}"
        " --output={output.networks:q} 2> {log:q}"


rule parity:
    input:
        unpack(from_wildcards(models.parity_networks)),
        weights=from_wildcards(models.weights),
    output:
        parity="engines/{model}/{precision}/parity_{engine}.json",
    log:
        "logs/parity/{model}/{precision}_{engine}.log",
    conda:
        "../../environment.yml"
    params:
        size=lookup("engines/{model}/size", within=config),
        weights=lookup("engines/{model}/weights", within=config),
        flags=from_wildcards(models.parity_flags),
        code=code_digest("trackers.sam2.parity"),
    shell:
        "exec python -m trackers.sam2.parity --size={params.size:q} --weights={params.weights:q}"
        " --precision={wildcards.precision} --engine={wildcards.engine} {params.flags:q}"
        " --output={output.parity:q} 2> {log:q}"
