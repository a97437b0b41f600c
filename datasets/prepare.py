"""Prepare one sequence of any data set as data/<dataset>/<sequence>/.

python -m datasets.prepare --reader mot17 --root MOT17 --dataset mot17 --sequence MOT17-02-FRCNN
    --output data/mot17/MOT17-02-FRCNN/sequence.json
"""

from __future__ import annotations

import argparse
import importlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, cast

from datasets.io.flags import json_mapping
from datasets.io.program import run_main
from datasets.prompts.prompt_files import list_prompt_files, read_prompt_files
from datasets.sequences.frame_names import frame_names
from datasets.sequences.sequence_json import Prepared, write_prepared


class Reader(Protocol):
    """A module of datasets/readers: the interface between a data set and the workflow."""

    def locate(self, root: str | None) -> Path | None:
        """Return the folder of the data set, None if it is generated."""

    def inputs(self, root: Path | None, sequence: str, **options: Any) -> list[Path]:
        """Return the files that `read` reads with these options: an edit of one reruns it."""

    def read(
        self, dataset: str, root: Path | None, sequence: str, folder: Path, **options: Any
    ) -> Prepared:
        """Return one sequence with its labels. Generated images are written below `folder`."""


def load_reader(name: str) -> Reader:
    """Return the module datasets/readers/<name>.py.

    Raises:
        ValueError: There is no such module; lists the known readers.
    """
    known = sorted(p.stem for p in Path(__file__).parent.glob("readers/[!_]*.py"))
    if name not in known:
        raise ValueError(f"unknown reader {name!r}: expected one of {known}")
    return cast(Reader, importlib.import_module(f"datasets.readers.{name}"))


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reader", required=True)
    parser.add_argument("--root", help="folder of the data set; not for generated ones")
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--sequence", required=True)
    parser.add_argument("--options", type=json_mapping, default={}, help="reader options as JSON")
    parser.add_argument(
        "--prompts",
        type=Path,
        help="boxes of the first frame or LabelMe files; by default those of the ground truth",
    )
    parser.add_argument("--output", type=Path, required=True, help=".../sequence.json")
    args = parser.parse_args()
    reader = load_reader(args.reader)
    root = reader.locate(args.root)
    folder = args.output.parent
    prepared = reader.read(args.dataset, root, args.sequence, folder, **args.options)
    if args.prompts is not None:
        sequence = prepared.sequence
        files = list_prompt_files([args.prompts])
        prompts = read_prompt_files(files, sequence.extent, frame_names(sequence))
        prepared = replace(prepared, prompts=prompts)
    write_prepared(args.output, prepared)


if __name__ == "__main__":
    sys.exit(run_main(main))
