"""The page, its figures and videos.

Needs the outputs of metrics.smk for all variants, pictures of gallery.smk, and the gate's history.
Makes reports/summary.html, reports/tables/, heatmap.json of each variant, and videos in
reports/media/<dataset>/<sequence>/. If a run fails, the page still shows the results that exist,
with the failures and their reasons; a requested gate still gives a verdict on them, because the
verdict of an earlier run must not remain.
"""

from snakemake.io import IOFile

from workflow.cleaning.made import note_files
from workflow.planning.page_plan import PAGE, PagePlan, page_files
from workflow.run_hooks import was_interrupted
from workflow.unfinished import write_unfinished_verdict, render_unfinished

page = PagePlan(plan, digests, models, JOBS_BEFORE)


rule heatmap:
    input:
        sequences=from_wildcards(inputs.sequences),
        truth=from_wildcards(inputs.truth),
        tracks=from_wildcards(inputs.tracks),
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
        from_wildcards(inputs.page),
        pictures=from_wildcards(inputs.page_pictures),
        heatmaps=from_wildcards(inputs.heatmaps),
        parities=from_wildcards(models.parities),
        history=from_wildcards(page.history),
    output:
        page=report(PAGE, category="Comparison", caption="../caption.rst"),
    log:
        "logs/report.log",
    conda:
        "../../environment.yml"
    params:
        plan=from_wildcards(page.as_json),
        code=code_digest("reports.render", files=page_files()),
    shell:
        "exec python -m reports.render --plan={params.plan:q} --output={output.page:q} 2> {log:q}"


rule tables:
    input:
        from_wildcards(inputs.page),
    output:
        tables=directory("reports/tables"),
    log:
        "logs/tables.log",
    conda:
        "../../environment.yml"
    params:
        plan=from_wildcards(page.as_json),
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
        tracks=from_wildcards(inputs.side_by_side),
    output:
        video="reports/media/{dataset}/{sequence}/side_by_side.mp4",
    log:
        "logs/side_by_side/{dataset}/{sequence}.log",
    conda:
        "../../environment.yml"
    params:
        titles=from_wildcards(flags.titles),
        code=code_digest("reports.overlay"),
    shell:
        "exec python -m reports.overlay --sequence={input.sequence:q} --truth={input.truth:q}"
        " --tracks {input.tracks:q} {params.titles:q} --video={output.video:q} 2> {log:q}"


onerror:
    if current_run.makes_page():
        render_unfinished(page.as_json(), current_run.started)
        # drop the page's record of its inputs: together with its old date this makes the next run
        # render it again, even if all its inputs existed before
        workflow.persistence.cleanup_metadata(IOFile(PAGE))
    if current_run.lacks_verdict() and not was_interrupted(log):
        write_unfinished_verdict(gate.as_json(), config["regression"])
    note_files([PAGE, VERDICT, *VERDICT_TEXTS])
    current_run.print_timing(inputs.speeds())
    current_run.print_failures()
