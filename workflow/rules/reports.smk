"""The page. If a run fails, what there is of it is still shown, with what failed and why; and where
the gate was asked for it judges that, as the verdict of a run before must not stand.
"""

from snakemake.io import IOFile


rule heatmap:
    input:
        sequences=all_sequences,
        truth=all_truth,
        tracks=all_tracks,
    output:
        heatmap="results/{variant}/{dataset}/heatmap.json",
    log:
        "logs/heatmap/{variant}/{dataset}.log",
    conda:
        "../../environment.yml"
    params:
        code=code_digest("reports.heatmap"),
    shell:
        "exec python -m reports.heatmap --tracks {input.tracks:q} --sequence {input.sequences:q}"
        " --truth {input.truth:q} --mode decay --half-life 2 --kernel foot"
        " --output={output.heatmap:q} 2> {log:q}"


rule report:
    input:
        page_inputs,
        pictures=page_pictures,
        heatmaps=page_heatmaps,
        parities=page_parities,
        history=page_history,
    output:
        page=report(
            "reports/summary.html", category="Comparison", caption="../caption.rst"
        ),
    log:
        "logs/report.log",
    conda:
        "../../environment.yml"
    params:
        plan=page_plan,
        code=code_digest("reports.render", files=page_files()),
    shell:
        "exec python -m reports.render --plan={params.plan:q} --output={output.page:q} 2> {log:q}"


rule tables:
    input:
        page_inputs,
    output:
        tables=directory("reports/tables"),
    log:
        "logs/tables.log",
    conda:
        "../../environment.yml"
    params:
        plan=page_plan,
        code=code_digest("reports.export"),
    shell:
        "exec python -m reports.export --plan={params.plan:q} --folder={output.tables:q} 2> {log:q}"


ruleorder: side_by_side > overlay


rule overlay:
    input:
        sequence="data/{dataset}/{sequence}/sequence.json",
        tracks="results/{variant}/{dataset}/{sequence}/tracks.parquet",
    output:
        video="reports/media/{dataset}/{sequence}/{variant}.mp4",
    log:
        "logs/overlay/{variant}/{dataset}/{sequence}.log",
    conda:
        "../../environment.yml"
    params:
        code=code_digest("reports.overlay"),
    shell:
        "exec python -m reports.overlay --sequence={input.sequence:q} --tracks={input.tracks:q}"
        " --video={output.video:q} 2> {log:q}"


rule side_by_side:
    input:
        sequence="data/{dataset}/{sequence}/sequence.json",
        truth="data/{dataset}/{sequence}/truth.parquet",
        tracks=tracks_side_by_side,
    output:
        video="reports/media/{dataset}/{sequence}/side_by_side.mp4",
    log:
        "logs/side_by_side/{dataset}/{sequence}.log",
    conda:
        "../../environment.yml"
    params:
        titles=titles_side_by_side,
        code=code_digest("reports.overlay"),
    shell:
        "exec python -m reports.overlay --sequence={input.sequence:q} --truth={input.truth:q}"
        " --tracks {input.tracks:q} {params.titles:q} --video={output.video:q} 2> {log:q}"


onerror:
    if is_target(PAGE, "all", "report"):
        shell(
            "exec python -m reports.render --plan={plan:q} --output={PAGE}"
            " --unfinished-since={STARTED}",
            plan=page_plan(),
        )
        # forget what the page was last made from: together with its old date this makes the next
        # run make it again, even where all it asks for was there before
        workflow.persistence.cleanup_metadata(IOFile(PAGE))
    if gate_is_asked_for() and not gate_has_judged() and not was_interrupted(log):
        shell(
            "exec python -m metrics.gate.verdict --plan={plan:q} --baseline={baseline:q}"
            " --output={VERDICT:q} --unfinished",
            plan=gate_plan(),
            baseline=config["regression"]["baseline"],
        )
        shell(
            "exec python -m reports.regression --verdict={VERDICT:q}"
            " --markdown={VERDICT_FILES[0]:q} --junit={VERDICT_FILES[1]:q}"
        )
        shell(
            "python -m metrics.gate --verdict={VERDICT:q} --history={history:q} || true",
            history=config["regression"]["history"],
        )
    note_files([PAGE, VERDICT, *VERDICT_FILES])
    print_timing()
    print_failures()
