"""The page. If a run fails, what there is of it is still shown, with what failed and why."""


rule report:
    input:
        page_inputs,
    output:
        page="reports/summary.html",
    log:
        "logs/report.log",
    conda:
        "../../environment.yml"
    params:
        plan=page_plan,
        code=code_digest("reports.render", files=("reports/page.html.j2",)),
    shell:
        "python -m reports.render --plan {params.plan:q} --output {output.page:q} 2> {log:q}"


onerror:
    shell(
        "python -m reports.render --plan {plan:q} --output reports/summary.html --unfinished",
        plan=page_plan(),
    )
