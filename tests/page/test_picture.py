from __future__ import annotations

import shutil

import cv2
import pytest

from reports.picture import View, take_picture


def test_a_picture_is_of_the_window_and_of_the_run_that_is_asked_for(browser, made, tmp_path):
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    take_picture(made, View("run=boxes-plain", 390, 300), first)
    take_picture(made, View("", 390, 300), second)
    assert cv2.imread(str(first)).shape == (300, 390, 3)
    assert (cv2.imread(str(first)) != cv2.imread(str(second))).any()


def test_what_cannot_be_pictured_is_named_and_nothing_is_written(
    browser, made, tmp_path, monkeypatch
):
    output = tmp_path / "page.png"
    with pytest.raises(ValueError, match=r"--state: run 'no' found, expected one of \['masks-"):
        take_picture(made, View("run=no"), output)
    with pytest.raises(FileNotFoundError, match=r"no\.html: no such file: `make report` makes"):
        take_picture(tmp_path / "no.html", View(), output)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(FileNotFoundError, match="no browser: install one of chromium, "):
        take_picture(made, View(), output)
    assert not output.exists()
