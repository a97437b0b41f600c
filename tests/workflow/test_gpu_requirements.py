"""The packages of GPU machines: `make setup WITH=gpu`, and the conda environment of the rules."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest
import yaml

from datasets.io.files import sha256
from tests.support.paths import ROOT
from workflow import environment
from workflow.environment import read_pins

DEFAULT, GPU = (ROOT / name for name in ("requirements.lock", "requirements-gpu.lock"))
SCRIPT = ROOT / "environment.post-deploy.sh"
ADDED = {
    "nvidia-curand", "onnxruntime-gpu", "pynvvideocodec",
    "tensorrt-cu13", "tensorrt-cu13-bindings", "tensorrt-cu13-libs",
}  # fmt: skip


def test_the_gpu_set_is_the_default_with_the_packages_of_gpus():
    default, gpu = read_pins(DEFAULT.read_text()), read_pins(GPU.read_text())
    assert default.keys() - gpu.keys() == {"onnxruntime"}  # onnxruntime-gpu is the same module
    assert gpu.keys() - default.keys() == ADDED
    assert {name: gpu[name] for name in default if name in gpu} == {
        name: version for name, version in default.items() if name != "onnxruntime"
    }


def test_every_version_has_a_hash_and_no_index_is_named():
    text = GPU.read_text()
    for block in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[a-z0-9._-]+==\S+", block), block[:80]
        assert "--hash=sha256:" in block, block[:80]
    assert "://" not in text
    assert "--index" not in text


def test_one_module_of_opencv_and_one_of_onnx_runtime_are_installed():
    names = read_pins(GPU.read_text()).keys()
    assert {name for name in names if name.startswith("opencv")} == {"opencv-python-headless"}
    assert {name for name in names if name.startswith("onnxruntime")} == {"onnxruntime-gpu"}


def test_elsewhere_than_on_linux_with_x86_64_the_gpu_set_is_the_default():
    text = GPU.read_text()
    for name in ADDED:
        assert re.search(
            rf"^{name}==\S+ ; platform_machine == 'x86_64' and sys_platform == 'linux' ",
            text, re.MULTILINE,
        ), name  # fmt: skip
    assert re.search(r"^onnxruntime==\S+ ; platform_machine != 'x86_64' or", text, re.MULTILINE)


def test_conda_itself_installs_no_python_package():
    content = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert content["dependencies"] == ["python=3.11", "git", "make", "pip"]
    assert "variables" not in content  # conda sets them only when the environment is activated


def test_the_script_beside_the_conda_environment_installs_the_lock_file(tmp_path):
    (tmp_path / "python").write_text('#!/bin/sh\necho "SAM2_BUILD_CUDA=$SAM2_BUILD_CUDA $*"\n')
    (tmp_path / "python").chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", str(SCRIPT)], cwd=ROOT, env={"PATH": path}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout == (
        "SAM2_BUILD_CUDA=0 -m pip install --no-deps --require-hashes -r requirements-gpu.lock\n"
    )


def test_a_new_lock_file_makes_a_new_conda_environment():
    assert sha256(GPU) in SCRIPT.read_text()  # Snakemake names an environment by its files


def test_the_files_are_those_that_make_lock_writes(tmp_path):
    environment.write_environment(GPU, tmp_path / "environment.yml")
    for name in ("environment.yml", SCRIPT.name):
        assert (tmp_path / name).read_text() == (ROOT / name).read_text()


def make(folder, *words):
    """Return the commands that `make` would run in a folder with the lock files, and its error."""
    for name in ("Makefile", DEFAULT.name, GPU.name):
        shutil.copy(ROOT / name, folder)
    own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "--dry-run", *words], cwd=folder, env=own, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    return done.stdout, done.stderr


def test_make_installs_the_gpu_set_as_the_default_and_marks_both(tmp_path):
    commands, _ = make(tmp_path, "setup", "WITH=gpu")
    assert re.search(r"SAM2_BUILD_CUDA=0 .* --require-hashes requirements-gpu\.lock\n", commands)
    assert commands.splitlines()[-1].split() == [
        "touch", *(f".venv/installed{each}" for each in ("-score", "-page", "-gpu", ""))
    ]  # fmt: skip


def test_an_environment_for_gpus_stays_one_when_a_lock_file_changes(tmp_path):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "installed-gpu").touch()
    assert "--require-hashes requirements-gpu.lock\n" in make(tmp_path, "setup")[0]
    (tmp_path / ".venv" / "installed-gpu").unlink()
    assert "--require-hashes requirements.lock\n" in make(tmp_path, "setup")[0]


def test_another_set_is_refused(tmp_path):
    assert (
        "WITH: expected score, page or gpu, found cuda" in make(tmp_path, "setup", "WITH=cuda")[1]
    )


@pytest.mark.slow
def test_snakemake_finds_the_script_beside_the_environment():
    from snakemake.sourcecache import LocalSourceFile

    found = LocalSourceFile(str(ROOT / "environment.yml")).replace_suffix(
        [".yaml", ".yml"], ".post-deploy.sh"
    )
    assert found.get_path_or_uri(secret_free=True) == str(SCRIPT)
