"""What the gate looks at: its inputs, its plan, and where its verdict lies."""

from metrics.gate.subject import describe_judged

VERDICT = "results/regression/verdict.json"
VERDICT_FILES = ["results/regression/verdict.md", "results/regression/junit.xml"]
PLAN = "results/regression/plan.json"
GATE_LOG = Path("logs/regression.log")


def gate_is_asked_for():
    dag = workflow.persistence.dag
    return VERDICT in dag.targetfiles or "regression" in map(str, dag.targetrules)


def gate_has_judged():
    """Whether the last job of the gate began in this run: then all before it is done."""
    return GATE_LOG.is_file() and GATE_LOG.stat().st_mtime >= STARTED


def was_interrupted(logs):
    """Whether Snakemake was told to end (Ctrl-C, SIGTERM): what was not made has not failed."""
    text = "".join(Path(path).read_text() for path in logs)
    return any(
        words in text
        for words in ("on user request", "Will exit after finishing currently running")
    )


def gate_plan(wildcards=None):
    """What the gate is to look at, as JSON: the runs, how exactly, and what they come from."""
    limits = config["regression"]
    return json.dumps(
        {
            "commit": git_commit(),
            "config": digest(config),
            "judged": describe_judged([*gate_configs(), limits["baseline"]], Path()),
            **{key: limits[key] for key in ("tolerances", "slow_down", "processes")},
            "runs": [
                {
                    "dataset": entry["dataset"],
                    "protocol": run_protocol(entry),
                    "sequences": config["datasets"][entry["dataset"]]["sequences"],
                    "scene": config["datasets"][entry["dataset"]].get("scene"),
                    "clock": entry.get("clock", []),
                    "variants": [gate_card(entry, name) for name in entry["variants"]],
                }
                for entry in config["run"]
            ],
        },
        sort_keys=True,
    )


def gate_card(entry, name):
    """What the gate has to know of a variant."""
    card = variant_card(entry, name)
    timed = is_paced(entry, name)
    found = {"name": name, "origin": card["origin"], "timed": timed}
    return {**found, "pace": pace_limits(name)} if timed else found


def gate_configs():
    """The configs that are laid over the default; those of the repository are known."""
    return map(str, workflow.config_settings.configfiles or ())


def pace_limits(variant):
    """How its pace is taken: of methods with networks, which take longer, as `networks` says."""
    limits = config["regression"]
    method = load_method(config["variants"][variant]["method"])
    own = limits["networks"] if method.engines else {}
    names = ("frames", "warm_up", "passes", "seconds")
    return {name: own.get(name, limits[name]) for name in names}


def pace_limit(name):
    return lambda wildcards: pace_limits(wildcards.variant)[name]


def is_paced(entry, variant):
    """Whether its pace is taken: where it is asked for, and has single steps."""
    asked = variant in config["regression"]["timed"] and is_timed(entry, variant)
    return asked and is_stepped(variant)


def gate_inputs(wildcards):
    """Tracks, scores and paces of every variant, and the truth."""
    yield from accuracy_inputs(wildcards)
    for entry in config["run"]:
        for variant in entry["variants"]:
            if is_paced(entry, variant):
                place = f"results/{variant}/{entry['dataset']}"
                for process in range(config["regression"]["processes"]):
                    for sequence in entry["clock"]:
                        yield f"{place}/{sequence}/pace_{process}.json"


def accuracy_inputs(wildcards):
    """Tracks and scores of every variant, and the truth."""
    for entry in config["run"]:
        dataset, protocol = entry["dataset"], run_protocol(entry)
        for variant in entry["variants"]:
            place = f"results/{variant}/{dataset}"
            for sequence in config["datasets"][dataset]["sequences"]:
                yield f"{place}/{sequence}/{protocol}/score.json"
                yield f"{place}/{sequence}/tracks.parquet"
                yield f"data/{dataset}/{sequence}/truth.parquet"


def gate_code(wildcards):
    names = {name for entry in config["run"] for name in families_of_run(entry)}
    return code_digest(
        "metrics.gate.verdict",
        "metrics.gate.baseline",
        *(f"metrics.families.{name}" for name in sorted(names)),
    )


def families_of_run(entry):
    return families(Wildcards(dataset=entry["dataset"], protocol=run_protocol(entry)))


def gate_baseline(wildcards):
    """The baseline; one that is missing is left to the program, which says how it is made."""
    path = Path(config["regression"]["baseline"])
    return [path.as_posix()] if path.is_file() else []


def pace_code(wildcards):
    return method_digest(
        "trackers.timing.calibrated_clock", *variant_methods(wildcards)
    )
