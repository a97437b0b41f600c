"""What the command line of `workflow.video` asks for."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.io.files import sha256, sha256_of
from datasets.prompts.prompt_files import list_prompt_files, prompt_names
from datasets.run_layout import SEQUENCE
from datasets.sequences.sequence_json import open_sequence
from datasets.zone import Zone
from workflow.videos.flags import check_mask_format
from workflow.videos.source import Source
from workflow.videos.variant import Chosen, choose_variant, demo_weights

_CLASSES = ("person",)
_SYNTHETIC = "synthetic"  # data set whose images the demo weights were trained for


@dataclass(frozen=True)
class Task:
    """What the command line asks for.

    Args:
        args: All flags.
        chosen: The variant.
        prompts: Prompt files.
        demo: Demo weights that are marked.
        zone: Zone whose events are written; None for none.
        classes: Class names.
        renamed: New class names in the mask format.
    """

    args: argparse.Namespace
    chosen: Chosen
    source: Source
    prompts: list[Path]
    classes: list[str]
    zone: Zone | None
    demo: list[str]
    renamed: dict[str, str]

    @property
    def note(self) -> str:
        """The text on every image."""
        return "demo weights: not for real images" if self.demo else ""

    @property
    def suffix(self) -> str | None:
        """The suffix of the annotated images; None if none are written."""
        return None if self.args.no_frames else ".png" if self.args.png else ".jpg"

    def settings(self) -> dict[str, Any]:
        """Return everything that the tracks depend on, as JSON content."""
        source = self.source
        return {
            "source": str(source.path),
            "source_sha256": sha256_of(source.path),
            "stride": source.stride,
            "max_frames": source.max_frames,
            "fps": source.frame_rate,
            "accept_damaged": source.accept_damaged,
            "variant": self.chosen.name,
            "method": self.chosen.method_name,
            "options": dict(self.chosen.options),
            "classes": self.classes,
            "prompts": {str(path): sha256(path) for path in self.prompts},
        }


def plan_task(args: argparse.Namespace) -> Task:
    """Return the task of the command line; raises as `choose_variant` for what does not fit."""
    source = Source(
        args.source, args.stride, args.max_frames, args.fps, accept_damaged=args.accept_damaged
    )
    source.check(args.output)
    chosen = choose_variant(args)
    prompts = list_prompt_files(args.prompts or [])
    classes = prompt_names(prompts) if prompts else [*(args.classes or _CLASSES)]
    renamed = check_mask_format(args.mask_format, classes)
    zone = None if args.zone is None else Zone.of(args.zone)
    demo = [] if _is_synthetic(args.source) else demo_weights(chosen)
    return Task(args, chosen, source, prompts, classes, zone, demo, renamed)


def _is_synthetic(source: Path) -> bool:
    """Return whether a source is the images of a synthetic sequence, for which demo weights are."""
    described = source.resolve().parent / SEQUENCE
    try:
        return open_sequence(described).sequence.dataset == _SYNTHETIC
    except (OSError, ValueError):
        return False
