"""What the page is made from: its inputs, what it is to show, and its own files."""


def is_timed(entry, variant):
    return (
        bool(entry.get("clock"))
        and load_method(config["variants"][variant]["method"]).timed
    )


def real_time_names(entry, variant):
    """What a variant is called at each rate at which its frames come; it must have single steps."""
    steps = is_timed(entry, variant) and is_stepped(variant)
    asked = steps and "real_time" in config["clock"]["scenarios"]
    rates = config["clock"].get("rates", []) if asked else []
    return [f"{variant}@{rate}fps" for rate in rates]


def page_inputs(wildcards):
    """The totals, errors and, where it is timed, the speed of every variant on every data set."""
    for entry in config["run"]:
        dataset, protocol = entry["dataset"], run_protocol(entry)
        yield f"results/comparisons/{dataset}/{protocol}.json"
        for variant in entry["variants"]:
            place = f"results/{variant}/{dataset}"
            yield f"{place}/{protocol}/combined.json"
            if is_timed(entry, variant):
                yield f"{place}/speed.json"
            for name in real_time_names(entry, variant):
                yield f"results/{name}/{dataset}/{protocol}/combined.json"
            for sequence in config["datasets"][dataset]["sequences"]:
                yield f"{place}/{sequence}/{protocol}/events.parquet"


def page_parities(wildcards=None):
    """What is compared of each model whose networks a variant of the run asks for."""
    folders = [
        Path(options[name])
        for entry in config["run"]
        for variant in entry["variants"]
        for method in [load_method(config["variants"][variant]["method"])]
        for options in [config["variants"][variant].get("options", {})]
        for name in method.engines
        if isinstance(options.get(name), str)
    ]
    models = dict.fromkeys(folder.parent.name for folder in folders)
    return [
        f"engines/{model}/{precision}/parity_{engine}.json"
        for model in models
        for kind in config["engines"].get(model, {}).get("parity", [])
        for precision, engine in [kind.split("/")]
    ]


def page_plan(wildcards=None):
    """What the page is to show, as JSON: the runs, and the entries they are made from."""
    return json.dumps(
        {
            "clock": config["clock"],
            "commit": git_commit(),
            "history": config["regression"]["history"],
            "parity": page_parities(),
            "runs": [
                {
                    "dataset": entry["dataset"],
                    **{
                        key: config["datasets"][entry["dataset"]][key]
                        for key in ("title", "licence", "sequences")
                    },
                    "protocol": run_protocol(entry),
                    "clock": entry.get("clock", []),
                    "variants": [
                        variant_card(entry, name) for name in entry["variants"]
                    ],
                }
                for entry in config["run"]
            ],
        },
        sort_keys=True,
    )


def variant_title(name):
    variant = config["variants"][name]
    return variant.get("title", load_method(variant["method"]).title)


def variant_card(entry, name):
    variant = config["variants"][name]
    method = load_method(variant["method"])
    return {
        "name": name,
        "title": variant_title(name),
        "method": variant["method"],
        "source": variant.get("source", method.source),
        "options": variant.get("options", {}),
        "timed": is_timed(entry, name),
        "real_time": real_time_names(entry, name),
        "rests_on": JOBS_BEFORE.get(name, []),
        "origin": score_origin(
            Wildcards(
                dataset=entry["dataset"], protocol=run_protocol(entry), variant=name
            )
        ),
    }


def all_sequences(wildcards):
    return of_sequences("data/{dataset}/{sequence}/sequence.json", wildcards)


def page_history(wildcards):
    """The verdicts of the gate so far, where there are any."""
    path = config["regression"]["history"]
    return [path] if Path(path).is_file() else []


def page_files():
    """The template of the page, its parts, scripts and style."""
    return tuple(
        sorted(
            path.as_posix()
            for path in Path("reports", "page").rglob("*")
            if path.is_file() and path.suffix not in (".py", ".pyc")
        )
    )


def gallery_protocols(wildcards):
    """The protocols by which a variant is scored on a data set."""
    return [
        run_protocol(entry)
        for entry in config["run"]
        if entry["dataset"] == wildcards.dataset
        and wildcards.variant in entry["variants"]
    ]


def gallery_events(wildcards):
    return of_sequences(
        "results/{variant}/{dataset}/{sequence}/{protocol}/events.parquet",
        wildcards,
        protocol=gallery_protocols(wildcards),
    )


def all_pictures(wildcards):
    return of_sequences("reports/media/{dataset}/frames/{sequence}", wildcards)


def page_pictures(wildcards=None):
    """What the page loads of every variant on every data set."""
    return [
        f"reports/media/{entry['dataset']}/tracks/{variant}"
        for entry in config["run"]
        for variant in entry["variants"]
    ]


def page_heatmaps(wildcards=None):
    return [
        f"results/{variant}/{entry['dataset']}/heatmap.json"
        for entry in config["run"]
        for variant in entry["variants"]
    ]


def variants_on(dataset):
    """The variants that run on a data set, each once."""
    entries = [entry for entry in config["run"] if entry["dataset"] == dataset]
    return list(dict.fromkeys(name for entry in entries for name in entry["variants"]))


def tracks_side_by_side(wildcards):
    return expand(
        "results/{variant}/{dataset}/{sequence}/tracks.parquet",
        variant=variants_on(wildcards.dataset),
        dataset=wildcards.dataset,
        sequence=wildcards.sequence,
    )


def titles_side_by_side(wildcards):
    titles = [variant_title(name) for name in variants_on(wildcards.dataset)]
    return repeat_flag("titles", titles)
