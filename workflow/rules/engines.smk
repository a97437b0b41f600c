"""Networks of a model → ONNX (`export`) → TensorRT (`build`); deviation from PyTorch (`parity`).

Needs weights, unless they are random.
Makes engines/<model>/<precision>/networks.json, the same in `tensorrt/`, and parity_<engine>.json,
the latter for SAM 2 only, with the device and mode after the engine, as in torch_cuda_graphs.
Methods request them by path:

    snakemake --cores all engines/sam2_demo/fp32/parity_onnxruntime.json
"""

from workflow.planning.flags import gpu_launcher
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
    resources:
        gpu=1,
    params:
        launcher=gpu_launcher([0]),
        platform=models.build_platform(),
        program=from_wildcards(models.build_program),
        flags=from_wildcards(models.build_flags),
        code=from_wildcards(models.build_code),
    shell:
        "exec python -m {params.launcher} {params.program} --networks={input.networks:q}"
        " {params.flags:q} --output={output.networks:q} 2> {log:q}"


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
    resources:
        gpu=from_wildcards(models.parity_gpus),
    params:
        launcher=from_wildcards(models.parity_launcher),
        size=lookup("engines/{model}/size", within=config),
        weights=lookup("engines/{model}/weights", within=config),
        flags=from_wildcards(models.parity_flags),
        code=code_digest("trackers.sam2.parity"),
    shell:
        "exec python -m {params.launcher} trackers.sam2.parity --size={params.size:q}"
        " --weights={params.weights:q} --precision={wildcards.precision} {params.flags:q}"
        " --output={output.parity:q} 2> {log:q}"
