# masktrack-bench. `make` alone lists the targets.

PYTHON ?= python3
CONFIG ?=
RUN ?=
VARIANT ?=
ACCEPT ?=
YES ?=
AGAINST ?=
WITH ?=
WEIGHTS ?=
$(if $(filter-out score page gpu,$(WITH)),$(error WITH: expected score, page or gpu, found $(WITH)))
MOT17 ?= ../shared/data/mot17
KITTI_MOTS ?= ../shared/data/kitti_mots
DAVIS ?= ../shared/data/davis2017

PICTURED := run=synthetic-youtube_vis&baseline=sam2_prompted

FULL ?=

VENV := .venv
STAMP := $(VENV)/installed
# an environment for GPUs stays one when its lock file changes
GPU := $(if $(filter gpu,$(WITH))$(wildcard $(STAMP)-gpu),-gpu)
COMPILER := .venv-tensorrt
COMPILED := $(if $(FULL),bench/tensorrt_compiler.json,.cache/tensorrt/compiled.json)
BIOME := node_modules/.bin/biome
NPM_STAMP := node_modules/installed
UV = VIRTUAL_ENV=$(VENV) TMPDIR="$(CURDIR)/$(VENV)" $(VENV)/bin/uv
LOCK_FLAGS := --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --quiet

# everything stays in this folder: the environment, and the caches of pip, uv, npm, Snakemake, ...
export XDG_CACHE_HOME := $(CURDIR)/.cache
export npm_config_cache := $(CURDIR)/.cache/npm
export MPLCONFIGDIR := $(CURDIR)/.cache/matplotlib
# ONNX Runtime would write a device id into the home folder and send events to Microsoft
export ORT_DISABLE_TELEMETRY := 1
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# keep compiled Python files, or every job would compile its libraries again
unexport PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE VIRTUAL_ENV

.DELETE_ON_ERROR:
.PHONY: help setup check-gpu report contract reproduce baseline regression forget-verdict test test-fast \
	test-tensorrt lint bench pictures bench-gpu demo-weights format lock clean clean-downloads

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  make report CONFIG=config/mot17.yaml overlays another config on the default."

setup: $(STAMP)$(WITH:%=-%) ## install requirements.lock into .venv; WITH=score or page: less of it; WITH=gpu: more

check-gpu: $(STAMP) ## say what is there for GPUs: devices, driver, CUDA, TensorRT; exit code 2 if not all is
	@python -m trackers.profiling.gpu_check

report: $(STAMP) ## run, score and time the trackers, write reports/summary.html
	snakemake --cores all --quiet host reason rules --keep-going reports/summary.html \
		$(if $(CONFIG),--configfile $(CONFIG))
	@echo "the page: reports/summary.html"

contract: $(STAMP) ## test the tracker contract for one variant: VARIANT=sort
	@test -n "$(VARIANT)" || { echo "name a variant of config/*.yaml: VARIANT=sort"; exit 2; }
	OMP_NUM_THREADS=1 pytest tests/contract/test_contract.py --variant="$(VARIANT)"

reproduce: $(STAMP) ## repeat one result and compare it: RUN=results/sort/synthetic/crowd
	@test -n "$(RUN)" || { echo "name a result: RUN=results/<variant>/<dataset>/<sequence>"; exit 2; }
	python -m workflow.reproduce "$(RUN)"

baseline: $(STAMP) ## measure the baseline of `make regression`, on a quiet machine; ACCEPT=1 replaces it
	REPLACE_BASELINE=$(ACCEPT) snakemake --cores all --quiet host reason rules --forcerun relative_step_time --keep-going baseline \
		$(if $(CONFIG),--configfile $(CONFIG))
	@cat logs/baseline.log

regression: forget-verdict $(STAMP) ## run what has changed and compare it with the baseline, or AGAINST=<commit>
	@if [ -n "$(AGAINST)" ]; then \
		python -m workflow.gate.against --commit="$(AGAINST)" $(if $(CONFIG),--configfile $(CONFIG)); \
	else \
		snakemake --cores all --quiet host reason rules --keep-going regression \
			$(if $(CONFIG),--configfile $(CONFIG)); \
	fi; made=$$?; \
	cat results/regression/verdict.md 2> /dev/null; \
	python -m metrics.gate --verdict results/regression/verdict.json && exit $$made

forget-verdict:
	@rm -f results/regression/verdict.json results/regression/verdict.md results/regression/junit.xml

test: $(STAMP) ## all tests
	OMP_NUM_THREADS=1 pytest -n auto --dist worksteal # the workers fill the cores: one thread each

test-fast: $(STAMP) ## the tests that take less than a second each, under a minute in all
	OMP_NUM_THREADS=1 pytest -n auto --dist worksteal -m "not slow"

test-tensorrt: $(STAMP) $(COMPILER)/installed ## compile networks for TensorRT without a GPU; FULL=1: all of them
	OMP_NUM_THREADS=1 python -m bench.compiler.export --output .cache/tensorrt/networks $(if $(FULL),--full)
	$(COMPILER)/bin/python -m bench.compiler.compile --networks .cache/tensorrt/networks --output $(COMPILED)
	$(COMPILER)/bin/python -m pytest --confcutdir=tests/tensorrt tests/tensorrt --compiled=$(COMPILED)

lint: $(STAMP) $(NPM_STAMP) ## ruff, mypy, snakefmt, snakemake --lint; biome for JavaScript and CSS
	ruff check .
	ruff format --check .
	mypy
	snakefmt --check Snakefile workflow
	snakemake --lint
	$(BIOME) check --error-on-warnings

bench: $(STAMP) ## measure the speed figures of the documents; needs MOT17, KITTI_MOTS, DAVIS (see bench/)
	python -m bench.box_scoring --truth $(MOT17)/train --results $(MOT17)/results/lif_t \
		--output bench/box_scoring.json
	python -m bench.fresh_process --truth $(MOT17)/train --results $(MOT17)/results/lif_t \
		--workdir .cache/bench/fresh_process --output bench/fresh_process.json
	python -m bench.mask_scoring --truth $(KITTI_MOTS)/instances_txt \
		--results .cache/bench/kitti_mots --output bench/mask_scoring.json
	python -m bench.video_ap --truth $(KITTI_MOTS)/instances_txt \
		--results .cache/bench/videos --output bench/video_ap.json
	for kind in boxes masks; do python -m bench.frame_ap --kind $$kind --repeats 3 \
		--truth .cache/bench/frames/$$kind/truth.json --results .cache/bench/frames/$$kind/results.json \
		--output bench/frame_ap_$$kind.json || exit 1; done
	python -m bench.jf --truth $(DAVIS)/dogs-jump/masks --results $(DAVIS)/dogs-jump/results/osvos \
		--workdir .cache/bench/dogs-jump --output bench/jf.json
	python -m bench.growth --output bench/growth.json
	python -m bench.overlay --output bench/overlay.json
	python -m bench.harness.harness_cost --output bench/harness_cost.json
	python -m bench.harness.output_check --output bench/output_check.json
	python -m bench.harness.planning --output bench/planning.json
	python -m bench.harness.short_sequences --output bench/short_sequences.json
	python -m bench.page --truth $(MOT17)/train --results $(MOT17)/results/lif_t \
		--output bench/page.json
	python -m bench.sam2_objects --weights trackers/weights/sam2_demo.safetensors \
		--engine onnxruntime --output bench/sam2_objects.json
	python -m bench.sam2_objects --weights trackers/weights/sam2_demo.safetensors \
		--output bench/sam2_objects_torch.json
	python -m bench.yolo_sam2_modes --output bench/yolo_sam2_modes.json
	python -m bench.mask_boxes --davis $(DAVIS)/dogs-jump --davis2016 $(DAVIS)/../davis2016 \
		--kitti-mots $(KITTI_MOTS) --output bench/mask_boxes.json
	python -m bench.sam2_memory --output bench/sam2_memory.json --plot docs/sam2_memory.png
	python -m bench.precision --workdir .cache/bench/precision --output bench/precision.json
	python -m bench.regression.gate --workdir .cache/bench/gate --output bench/gate.json
	$(MAKE) test-tensorrt FULL=1
	rm -f bench/gate_against.json
	$(MAKE) regression AGAINST=HEAD~1 || test -f results/regression/verdict.json # tracks of both sides
	python -m bench.regression.gate_against --against HEAD~1 --output bench/gate_against.json

pictures: report ## docs/page.png and page_narrow.png from the default run; needs Chromium
	python -m reports.picture --state "$(PICTURED)" --width 1280 --height 1750 --output docs/page.png
	python -m reports.picture --state "$(PICTURED)" --width 390 --height 1750 \
		--output docs/page_narrow.png

bench-gpu: $(STAMP) ## correctness and speed of a GPU in under 10 minutes: bench/gpu/results/<device>-<date>.json
	python -m bench.gpu $(if $(WEIGHTS),--weights $(WEIGHTS)); ended=$$?; \
	python -m bench.gpu.table --document docs/gpu.md bench/gpu/results/*.json && exit $$ended

demo-weights: $(STAMP) ## train the demo models again; some hours on two cores
	python -m trackers.training.train_sam2 --workdir .cache/training/sam2 \
		--output trackers/weights/sam2_demo.safetensors
	python -m trackers.training.train_yolox --workdir .cache/training/yolox \
		--output trackers/weights/yolox_demo.safetensors
	python -m trackers.training.sequences --count 60 --output .cache/training/people
	python -m trackers.training.train_masktrack_rcnn --sequences .cache/training/people \
		--classes person --fit 384 288 --workdir .cache/training/masktrack_rcnn \
		--output trackers/weights/masktrack_demo.safetensors
	python -m trackers.training.curve --log trackers/weights/sam2_demo.json --plot docs/sam2_demo.png

format: $(STAMP) $(NPM_STAMP) ## format code, rules, scripts and styles
	ruff check --fix-only --quiet .
	ruff format .
	snakefmt Snakefile workflow
	$(BIOME) format --write

lock: $(STAMP) ## pin versions again: requirements*.in -> requirements*.lock, environment.yml
	$(UV) pip compile $(LOCK_FLAGS) --override requirements-overrides.txt requirements.in \
		--output-file requirements.lock
	for set in score page tensorrt; do $(UV) pip compile $(LOCK_FLAGS) --constraint requirements.lock \
		requirements-$$set.in --output-file requirements-$$set.lock || exit 1; done
	$(UV) pip compile $(LOCK_FLAGS) --constraint requirements.lock --override requirements-overrides.txt \
		--override requirements-gpu-overrides.txt requirements-gpu.in --output-file requirements-gpu.lock
	python -m workflow.environment requirements-gpu.lock environment.yml

clean: ## remove files made by rules and list what is left; your own files stay
	@$(PYTHON) -m workflow.clean

clean-downloads: ## the same, and downloads with the engines built from them: YES=1
	@$(PYTHON) -m workflow.clean --downloads $(if $(filter 1 yes,$(YES)),--yes)

define new_environment
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; set it with PYTHON=..."; exit 1; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV) || { echo "on Debian and Ubuntu: apt install python3-venv"; exit 1; }
endef

# one stamp a set: a larger set includes the smaller ones, so it has their stamps too
$(STAMP) $(STAMP)-gpu: requirements$(GPU).lock
	$(new_environment)
	sed -n '/^uv==/,/[^\\]$$/p' $< > $(VENV)/uv.txt
	$(VENV)/bin/python -m pip install --quiet --require-hashes --no-deps -r $(VENV)/uv.txt
	SAM2_BUILD_CUDA=0 $(UV) pip sync --compile-bytecode --require-hashes $<
	touch $(STAMP)-score $(STAMP)-page $(if $(GPU),$(STAMP)-gpu) $(STAMP)

$(COMPILER)/installed: requirements-tensorrt.lock
	rm -rf $(COMPILER)
	$(PYTHON) -m venv $(COMPILER)
	$(COMPILER)/bin/python -m pip install --quiet --no-compile --no-deps --require-hashes -r $<
	touch $@

$(STAMP)-score $(STAMP)-page: $(STAMP)-%: requirements-%.lock
	$(new_environment)
	$(VENV)/bin/python -m pip install --quiet --no-compile --no-deps --require-hashes -r $<
	touch $(STAMP)-score $@

$(NPM_STAMP): package.json package-lock.json
	@command -v npm > /dev/null || \
		{ echo "npm is needed for JavaScript and CSS; on Debian and Ubuntu: apt install npm"; exit 1; }
	npm ci --silent
	touch $@
