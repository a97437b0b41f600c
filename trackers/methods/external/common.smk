"""Input functions of the rules of external programs, and what their variants rest on."""

from trackers.methods.external.command import check_command, list_files, versions_path

EXTERNAL = variants_of("external")


def external_options(wildcards):
    method, variant = load_method("external"), config["variants"][wildcards.variant]
    options = {**method.options, **variant.get("options", {})}
    check_command(options)
    return options


def external_files(wildcards):
    return list_files(external_options(wildcards))


def external_environment(wildcards):
    name = external_options(wildcards)["environment"]
    return versions_path(name) if name else []


JOBS_BEFORE.update(
    {
        variant: [
            {
                "job": "environment",
                "made": str(versions_path(name)),
                "log": f"logs/environment/{name}.log",
            }
        ]
        for variant in EXTERNAL
        for name in [config["variants"][variant].get("options", {}).get("environment")]
        if isinstance(name, str)
    }
)
