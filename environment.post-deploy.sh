# Made by `make lock`: do not edit. Snakemake runs it in a new conda environment (--use-conda), in
# the root of the repository. Another lock file makes another environment:
#   requirements-gpu.lock 7637e1d1cc088674a6a91ec44e1ff9bc5790f94f45ba76dfe118bcea5b521e0c
set -e
SAM2_BUILD_CUDA=0 python -m pip install --no-deps --require-hashes -r requirements-gpu.lock
