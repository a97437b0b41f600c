"""Export SAM 2 with NVIDIA's exporter, in DeepStream's container.

    python -m trackers.methods.deepstream.sam2_export --release 9.0 --size large
        --weights data/weights/sam2.1_hiera_large.pt
        --output engines/deepstream/sam2/9.0/large/export.json

The four networks come to the folder of the output, which is written last and records image,
exporter, commit and digests. The container has network access: the exporter installs SAM 2.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from datasets.io.files import replacing, sha256, write_json
from datasets.io.program import run_main
from trackers.methods.deepstream.container import Command, Mount, run_container
from trackers.methods.deepstream.files import NETWORKS
from trackers.methods.deepstream.releases import RELEASES

SIZES = ("tiny", "small", "base_plus", "large")
_SCRIPT = Path(__file__).with_name("export_sam2.sh")
_FILES = tuple(f"{file}.onnx" for file, _ in NETWORKS.values())


def export(release: str, size: str, weights: Path, folder: Path, docker: str) -> str:
    """Export all networks into a folder and return the commit of the exporter.

    Args:
        release: Release of DeepStream, whose image and exporter are used.
        size: Size of SAM 2.1.
        weights: Its checkpoint.
        docker: Program that runs containers.

    Raises:
        OSError: The checkpoint or the program that runs containers does not exist.
        RuntimeError: The container failed, or left a network out.
    """
    known = RELEASES[release]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as parent:
        output = Path(parent, "output")
        output.mkdir()
        output.chmod(0o777)
        mounts = [
            Mount(output, "/output", writable=True),
            Mount(_SCRIPT, f"/{_SCRIPT.name}"),
            Mount(weights, f"/checkpoints/sam2.1_hiera_{size}.pt"),
        ]
        words = ["bash", f"/{_SCRIPT.name}", size, known.exporter, known.folder]
        run_container(Command(docker, known.image, mounts, words, network=True, gpu=False))
        missing = [name for name in _FILES if not (output / name).is_file()]
        if missing:
            raise RuntimeError(f"{known.exporter}: expected {[*_FILES]}, found none of {missing}")
        folder.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            with replacing(folder / name) as part:
                shutil.copyfile(output / name, part)
        return (output / "commit.txt").read_text().strip()


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--release", choices=[*RELEASES], required=True)
    parser.add_argument("--size", choices=SIZES, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="checkpoint of that size")
    parser.add_argument("--output", type=Path, required=True, help=".../export.json to write")
    parser.add_argument("--docker", default="docker", help="program that runs containers")
    args = parser.parse_args()
    commit = export(args.release, args.size, args.weights, args.output.parent, args.docker)
    known = RELEASES[args.release]
    content = {
        "image": known.image,
        "exporter": known.exporter,
        "commit": commit,
        "weights": sha256(args.weights),
        "networks": {name: sha256(args.output.parent / name) for name in _FILES},
    }
    write_json(args.output, content)


if __name__ == "__main__":
    sys.exit(run_main(main))
