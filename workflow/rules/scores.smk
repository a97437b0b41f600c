"""What is scored and compared: protocols, families, the files of all sequences and variants."""


def run_protocol(entry):
    return entry.get("protocol", config["datasets"][entry["dataset"]]["protocol"])


def runs_of(wildcards):
    """The runs that score a data set by a protocol: one, or none where a file is asked for alone."""
    return [
        entry
        for entry in config["run"]
        if (entry["dataset"], run_protocol(entry))
        == (wildcards.dataset, wildcards.protocol)
    ]


def families(wildcards):
    """What a data set is scored by: as the run says, else as its entry does, else as all are."""
    dataset = config["datasets"][wildcards.dataset]
    for entry in (*runs_of(wildcards), dataset, config):
        if "families" in entry:
            return entry["families"]


def family_code(wildcards, *modules):
    """A digest of modules and of the families that a data set is scored by."""
    return code_digest(
        *modules, *(f"metrics.families.{name}" for name in families(wildcards))
    )


def score_code(wildcards):
    protocol = f"metrics.protocols.{wildcards.protocol}"
    return family_code(wildcards, "metrics.score", protocol)


def score_origin(wildcards):
    """A digest of all that a score comes from beside files: config and code."""
    return digest(
        config["datasets"][wildcards.dataset],
        reader_code(wildcards),
        variant_options(wildcards),
        (
            real_time_code(wildcards)
            if "@" in wildcards.variant
            else track_code(wildcards)
        ),
        families(wildcards),
        score_code(wildcards),
    )


def crosscheck_code(wildcards):
    references = [f"metrics.references.{name}" for name in list_references()]
    protocol = f"metrics.protocols.{wildcards.protocol}"
    layout = "datasets.layouts.parquet"
    return family_code(wildcards, "metrics.evaluate", protocol, layout, *references)


def combine_code(wildcards):
    return family_code(wildcards, "metrics.combine")


def compare_code(wildcards):
    return family_code(wildcards, "metrics.comparison.compare")


def of_sequences(pattern, wildcards, **values):
    """The files of a pattern, one for each sequence of the data set."""
    sequences = config["datasets"][wildcards.dataset]["sequences"]
    return expand(
        pattern, **{**dict(wildcards.items()), "sequence": sequences, **values}
    )


def compared_variants(wildcards):
    return [name for entry in runs_of(wildcards) for name in entry["variants"]]


def runs_again(wildcards):
    """Further runs of the variants, as `sort@run2`, of those that `track` runs."""
    return [
        f"{name}@run{number}"
        for entry in runs_of(wildcards)
        for name in entry["variants"]
        if is_stepped(name)
        for number in range(2, entry.get("runs", 1) + 1)
    ]


def compared_scores(wildcards):
    return of_sequences(
        "results/{variant}/{dataset}/{sequence}/{protocol}/score.json",
        wildcards,
        variant=compared_variants(wildcards) + runs_again(wildcards),
    )


def compared_tracks(wildcards):
    return of_sequences(
        "results/{variant}/{dataset}/{sequence}/tracks.parquet",
        wildcards,
        variant=compared_variants(wildcards) + runs_again(wildcards),
    )


def dataset_scene(wildcards):
    scene = config["datasets"][wildcards.dataset].get("scene")
    return repeat_flag("scene", [scene] if scene else [])


def all_scores(wildcards):
    return of_sequences(
        "results/{variant}/{dataset}/{sequence}/{protocol}/score.json",
        wildcards,
    )


def all_truth(wildcards):
    return of_sequences("data/{dataset}/{sequence}/truth.parquet", wildcards)


def all_tracks(wildcards):
    return of_sequences(
        "results/{variant}/{dataset}/{sequence}/tracks.parquet",
        wildcards,
    )


def all_timings(wildcards):
    return expand(
        "results/{variant}/{dataset}/{sequence}/timing.json",
        variant=wildcards.variant,
        dataset=wildcards.dataset,
        sequence=next(
            entry["clock"]
            for entry in config["run"]
            if entry["dataset"] == wildcards.dataset and "clock" in entry
        ),
    )
