"""Run DeepStream's container once for tracks and times; replaces the rules track and clock.

Its engines are built once for all sequences, in the same container. SAM 2 is exported by NVIDIA's
exporter if the option `models` names engines/deepstream/sam2/<release>/<size>. The two videos of
NVIDIA's sample are data/videos/bodypose.mp4 and data/videos/Retail02_short.mp4.
"""


include: "common.smk"


rule deepstream_video:
    output:
        video="data/videos/{video}",
    log:
        "logs/deepstream_video/{video}.log",
    wildcard_constraints:
        video=r"[^/]+\.mp4",
    conda:
        "../../../environment.yml"
    shell:
        "exec python -m trackers.methods.deepstream.videos --output={output.video:q} 2> {log:q}"


rule deepstream_sam2:
    input:
        weights="data/weights/sam2.1_hiera_{size}.pt",
    output:
        record="engines/deepstream/sam2/{release}/{size}/export.json",
    log:
        "logs/deepstream_sam2/{release}/{size}.log",
    wildcard_constraints:
        release=any_of(RELEASES),
        size="tiny|small|base_plus|large",
    conda:
        "../../../environment.yml"
    params:
        code=code_digest("trackers.methods.deepstream.sam2_export"),
    shell:
        "exec python -m trackers.methods.deepstream.sam2_export --release={wildcards.release}"
        " --size={wildcards.size} --weights={input.weights:q} --output={output.record:q} 2> {log:q}"


rule deepstream_engines:
    input:
        networks=from_wildcards(deepstream_networks),
    output:
        record="engines/deepstream/{key}/engines.json",
    log:
        "logs/deepstream_engines/{key}.log",
    wildcard_constraints:
        key="[0-9a-f]+",
    conda:
        "../../../environment.yml"
    threads: workflow.cores  # alone on the GPU: kernels are timed
    resources:
        gpu=1,
    params:
        launcher=gpu_launcher([0]),
        options=from_wildcards(deepstream_options_text),
        gpu=[MACHINE.get("gpu"), MACHINE.get("driver")],
        code=code_digest("trackers.methods.deepstream.engines"),
    shell:
        "exec python -m {params.launcher} trackers.methods.deepstream.engines"
        " --options={params.options:q} --output={output.record:q} 2> {log:q}"


rule deepstream:
    input:
        files=variant_files,
        engines=from_wildcards(deepstream_engines),
        sequence="data/{dataset}/{sequence}/sequence.json",
    output:
        tracks="results/{variant}/{dataset}/{sequence}/tracks.parquet",
        timing="results/{variant}/{dataset}/{sequence}/timing.json",
        run="results/{variant}/{dataset}/{sequence}/run.json",
    log:
        "logs/track/{variant}/{dataset}/{sequence}.log",
    wildcard_constraints:
        variant=any_of(DEEPSTREAM),
    conda:
        "../../../environment.yml"
    threads: workflow.cores  # alone on the machine, because it is timed
    resources:
        gpu=1,
    params:
        launcher=gpu_launcher([0]),
        options=variant_options,
        machine=MACHINE,
        code=track_code,
    shell:
        "exec python -m {params.launcher} trackers.methods.deepstream.run"
        " --options={params.options:q} --engines={input.engines:q} --sequence={input.sequence:q}"
        " --output={output.tracks:q} --timing={output.timing:q} --run={output.run:q}"
        " --code={params.code} 2> {log:q}"
