#!/bin/bash
# Runs in DeepStream's container: NVIDIA's exporter of SAM 2, from its own repository.
#
#     export_sam2.sh SIZE REPOSITORY FOLDER
#
# It takes the steps of the exporter's run.sh for one size, with a checkpoint that is mounted and
# has been verified instead of four that are downloaded. The networks come to /output, with the
# commit of the exporter.
set -euo pipefail
size=$1 repository=$2 folder=$3
export PIP_BREAK_SYSTEM_PACKAGES=1 SAM2_BUILD_CUDA=0 # no virtual environment; no CUDA extension

command -v git > /dev/null || { apt-get update && apt-get install -y git; }
git clone --depth 1 --filter=blob:none --sparse "$repository" /tmp/exporter
git -C /tmp/exporter sparse-checkout set "$folder"
git -C /tmp/exporter rev-parse HEAD > /output/commit.txt

cd "/tmp/exporter/$folder"
pip3 install -e .
mkdir -p "checkpoints/$size"
cp "/checkpoints/sam2.1_hiera_$size.pt" checkpoints/
python3 export_sam2_onnx.py --model "$size"
cp "checkpoints/$size"/*.onnx /output/
