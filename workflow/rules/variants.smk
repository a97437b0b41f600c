"""What a variant is: its method, options, files and code; for its rules, see `trackers.smk`."""


def is_stepped(variant):
    """Whether the variant's method is stepped through frames; else its own rule runs it."""
    return has_tracker(config["variants"][variant]["method"])


def any_of(names):
    """A pattern of any of the names, of nothing where there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"


# the rules that step through frames leave the other variants to the rules of their methods
STEPPED = any_of(filter(is_stepped, config["variants"]))


def variant_files(wildcards):
    """The files that options of the variant name for one sequence: results, weights, networks.

    One that is missing and that no rule makes is left to the tracker, which fails for its variant
    alone.
    """
    variant = variant_entry(wildcards)
    method, root = load_method(variant["method"]), entry_root(wildcards.dataset)
    options = {**method.options, **variant.get("options", {})}
    made = [
        path
        for name in method.engines
        if isinstance(options[name], str)
        for path in files_of(options[name])
    ]
    named = named_files(method, options, root, wildcards.sequence)
    return list(dict.fromkeys(made + named))


def variant_prompts(wildcards):
    """The prompts of one sequence, where the method asks for them."""
    options = variant_entry(wildcards).get("options", {})
    asks = "prompts" in load_method(variant_method(wildcards)).given(options).inputs
    place = f"data/{wildcards.dataset}/{wildcards.sequence}/prompts.parquet"
    return [place] if asks else []


def variant_name(wildcards):
    """The variant's name: `sort@25fps` is the variant `sort` in real time."""
    return wildcards.variant.split("@")[0]


def variant_entry(wildcards):
    return config["variants"][variant_name(wildcards)]


def variant_method(wildcards):
    return variant_entry(wildcards)["method"]


def variant_methods(wildcards):
    """The method of a variant, and those that its options name."""
    method = variant_method(wildcards)
    options = variant_entry(wildcards).get("options", {})
    return [method, *load_method(method).others(options)]


def variant_options(wildcards):
    return json.dumps(variant_entry(wildcards).get("options", {}))


def variants_of(method):
    return [
        name for name, entry in config["variants"].items() if entry["method"] == method
    ]


def variant_option(name):
    """A function for `params:` that gives an option of the variant, or the option's default."""

    def option(wildcards):
        entry = variant_entry(wildcards)
        known = load_method(entry["method"]).options
        return {**known, **entry.get("options", {})}[name]

    return option


def result_format(wildcards):
    """The format of the file that the rule of the variant's method makes."""
    format = load_method(variant_method(wildcards)).format
    check_format(format)
    return format


def result_file(wildcards):
    """What the rule of the variant's method makes, named by the method."""
    name = variant_method(wildcards) + FORMATS[result_format(wildcards)].suffix
    return (
        f"results/{wildcards.variant}/{wildcards.dataset}/{wildcards.sequence}/{name}"
    )


def has_result_file(variant):
    """Whether the rule of the variant's method makes a file that has yet to become tracks."""
    method = config["variants"][variant]["method"]
    ruled = Path("trackers", "methods", method, "rule.smk").is_file()
    return ruled and load_method(method).format is not None


def track_code(wildcards):
    program = (
        "trackers.adopt" if has_result_file(variant_name(wildcards)) else "trackers.run"
    )
    return method_digest(program, *variant_methods(wildcards))


def clock_code(wildcards):
    return method_digest("trackers.timing.clock", *variant_methods(wildcards))


def real_time_code(wildcards):
    return method_digest("trackers.timing.streaming", *variant_methods(wildcards))


def clock_scenarios():
    """What `clock` times; `real_time` is a rule of its own."""
    return [name for name in config["clock"]["scenarios"] if name != "real_time"]


def options_of_run(wildcards):
    """The options of a further run: another seed, where the method takes one."""
    entry = variant_entry(wildcards)
    known = load_method(entry["method"]).options
    options = {**entry.get("options", {})}
    if "seed" in known:
        first = options.get("seed", known["seed"])
        options["seed"] = first + int(wildcards.number) - 1
    return json.dumps(options)
