"""The page's scripts: all are included, and their linter is pinned."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from tests.support.paths import ROOT

BIOME = ROOT / "node_modules" / ".bin" / "biome"
FOLDER = ROOT / "reports" / "page" / "js"


def test_every_script_is_included_once(made):
    page = made.read_text()
    scripts = sorted(FOLDER.iterdir())
    assert len(scripts) > 20
    assert {path.name: page.count(path.read_text()) for path in scripts} == {
        path.name: 1 for path in scripts
    }


def test_the_lock_has_a_hash_and_no_address_for_every_package():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    assert not [name for name, each in packages.items() if "resolved" in each]


@pytest.mark.skipif(not BIOME.exists(), reason="no Biome here: `make lint` installs it")
@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("  const left = 1;\n", "noUnusedVariables"),
        ("  missing();\n", "noUndeclaredVariables"),
        ("  bench.a = bench.b == 1;\n", "noDoubleEquals"),
        (f"  bench.a = [{', '.join(['bench.number'] * 9)}];\n", "format"),
    ],
)
def test_the_linter_finds_a_planted_fault(tmp_path, code, rule):
    shutil.copy(ROOT / "biome.jsonc", tmp_path)
    place = tmp_path / "reports" / "page" / "js" / "planted.js"
    place.parent.mkdir(parents=True)
    place.write_text(f'(() => {{\n  "use strict";\n{code}}})();\n')
    done = subprocess.run(
        [BIOME, "check", "--error-on-warnings"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert rule in done.stdout + done.stderr
