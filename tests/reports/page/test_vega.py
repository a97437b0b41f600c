"""The bundled script of Vega-Lite, which is kept for the next page."""

from __future__ import annotations

import pytest
import vl_convert

from reports.page import vega
from reports.page.vega import vega_script


@pytest.fixture
def bundled(monkeypatch):
    """The number of times that the script was bundled, by bundles that are numbered."""
    made = []

    def bundle(snippet):
        made.append(snippet)
        return f"{snippet} // \r\n{len(made)}"

    monkeypatch.setattr(vl_convert, "javascript_bundle", bundle)
    return made


def test_a_script_is_bundled_once_for_each_version(bundled, monkeypatch, tmp_path):
    first = vega_script(tmp_path / "cache")
    assert vega_script(tmp_path / "cache") == first == "window.vegaEmbed = vegaEmbed; // \r\n1"
    monkeypatch.setattr(vega, "version", lambda package: f"another {package}")
    assert vega_script(tmp_path / "cache") == "window.vegaEmbed = vegaEmbed; // \r\n2"


def test_a_folder_that_cannot_be_written_is_no_error(bundled, tmp_path):
    (tmp_path / "file").touch()
    assert vega_script(tmp_path / "file" / "cache").endswith("1")
    assert len(bundled) == 1
