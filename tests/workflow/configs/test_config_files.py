"""Config files that cannot be read."""

from __future__ import annotations

import pytest

from tests.support.paths import ROOT
from tests.support.variants import DEFAULT, load_config
from workflow.configs.files import check_files, config_files, read_configs


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("clock: {frames: 3\nrun: [\n", r"mine\.yaml, line 2, column 4: not YAML: while parsing"),
        ("clock:\n\tframes: 3\n", r"mine\.yaml, line 2, column 1: not YAML: .*'\\t'"),
        ("a: *b\n", r"mine\.yaml, line 1, column 4: not YAML: found undefined alias 'b'"),
        ("- run\n", r"mine\.yaml: expected keys with values, .*, found list"),
        ("", r"mine\.yaml: expected keys with values, .*, found nothing"),
        (b"\xff\xfe\xfa", r"mine\.yaml: cannot be read: 'utf-8' codec"),
        ("a: \x00", r"mine\.yaml: not YAML: unacceptable character"),
    ],
)
def test_a_file_that_is_no_config_is_named_with_the_place(tmp_path, content, message):
    path = tmp_path / "mine.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=message):
        check_files([str(path)])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"no\.yaml: no such config file"):
        check_files([str(tmp_path / "no.yaml")])


def test_the_files_of_a_command_are_those_after_the_flag():
    words = "snakemake -n all --configfile a.yaml b.yaml --config x=1 --configfile=c.yaml -c 2"
    assert config_files(words.split()) == ["a.yaml", "b.yaml", "c.yaml"]
    assert config_files(["snakemake", "--configfiles", "a.yaml"]) == ["a.yaml"]
    assert config_files(["snakemake", "a.yaml", "--configfile"]) == []


def test_configs_are_laid_over_each_other_as_by_snakemake(monkeypatch):
    monkeypatch.chdir(ROOT)
    for overlay in (None, "davis", "external", "mot17"):
        names = [*DEFAULT, *([overlay] if overlay else [])]
        assert read_configs([f"config/{name}.yaml" for name in names]) == load_config(overlay)


def test_an_overlay_changes_no_entry_that_shares_an_anchor(tmp_path):
    (tmp_path / "a.yaml").write_text("a: {b: &b {c: 1}, d: *b}")
    (tmp_path / "b.yaml").write_text("a: {b: {c: 2}}")
    found = read_configs([str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")])
    assert found == {"a": {"b": {"c": 2}, "d": {"c": 1}}}
