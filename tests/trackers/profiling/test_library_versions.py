"""Versions of the libraries in the description of the machine."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError

import pytest

from trackers.profiling import machine


@pytest.mark.parametrize(
    ("package", "library"),
    [
        ("tensorrt-cu13", "tensorrt"),
        ("tensorrt-cu12", "tensorrt"),
        ("onnxruntime-gpu", "onnxruntime"),
    ],
)
def test_a_library_is_found_under_each_of_its_package_names(package, library, monkeypatch):
    def version(name):
        if name != package:
            raise PackageNotFoundError(name)
        return "11.4.0.106"

    monkeypatch.setattr(machine, "version", version)
    assert machine.describe_machine()[library] == "11.4.0.106"
