"""Engines: the networks of a model → ONNX (`export`) → TensorRT (`build`), and how far each is from
PyTorch (`parity`). A method asks for them by path. The last is of SAM 2 alone.

    snakemake --cores all engines/sam2_demo/fp32/parity_onnxruntime.json
"""


rule export:
    input:
        weights=model_weights,
    output:
        networks="engines/{model}/{precision}/networks.json",
    log:
        "logs/export/{model}/{precision}.log",
    conda:
        "../../environment.yml"
    params:
        program=export_program,
        flags=export_flags,
        code=export_code,
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
    threads: workflow.cores  # alone on the GPU: kernels are being timed
    params:
        program=build_program,
        flags=build_flags,
        code=build_code,
    shell:
        "exec python -m {params.program} --networks={input.networks:q} {params.flags:q}"
        " --output={output.networks:q} 2> {log:q}"


rule parity:
    input:
        unpack(parity_networks),
        weights=model_weights,
    output:
        parity="engines/{model}/{precision}/parity_{engine}.json",
    log:
        "logs/parity/{model}/{precision}_{engine}.log",
    conda:
        "../../environment.yml"
    params:
        size=lookup("engines/{model}/size", within=config),
        weights=lookup("engines/{model}/weights", within=config),
        flags=parity_flags,
        code=code_digest("trackers.sam2.parity"),
    shell:
        "exec python -m trackers.sam2.parity --size={params.size:q} --weights={params.weights:q}"
        " --precision={wildcards.precision} --engine={wildcards.engine} {params.flags:q}"
        " --output={output.parity:q} 2> {log:q}"
