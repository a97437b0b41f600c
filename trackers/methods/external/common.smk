"""Input functions for the rules of external programs, and the prerequisites of their variants."""

from trackers.contract import check_options
from trackers.methods.external.command import check_command, list_files, versions_path
from trackers.methods.external.options import Options as ExternalOptions
from trackers.options import make_options

EXTERNAL = variants_of("external")


def check_external(variant):
    """Raise WorkflowError if a variant's options, command or requirements file are invalid."""
    place = f"variants.{variant}.options"
    try:
        check_options("external", plan.variants[variant].config_options, place)
    except ValueError as error:
        raise WorkflowError(str(error)) from None
    try:
        name = external_options(variant).environment
    except ValueError as error:
        raise WorkflowError(f"{place}: {error}") from None
    path = Path("trackers/methods/external/environments", f"{name}.txt")
    if name and not path.is_file():
        raise WorkflowError(f"{place}: environment: no such file: {path}")


def external_options(variant):
    options = make_options(ExternalOptions, plan.variants[variant].config_options)
    check_command(options)
    return options


def external_files(variant):
    return list_files(external_options(variant))


def external_environment(variant):
    name = external_options(variant).environment
    return [versions_path(name)] if name else []


for variant in EXTERNAL:
    check_external(variant)


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
        for name in [plan.variants[variant].config_options.get("environment")]
        if isinstance(name, str)
    }
)
