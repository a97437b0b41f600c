from __future__ import annotations

import os
import subprocess
import sys

import cv2
import pytest

from tests.support.page.browsing import find_browser
from tests.support.paths import ROOT


@pytest.fixture
def picture(tmp_path):
    """A function that runs the program and returns its result and the path of the picture."""
    find_browser()
    output = tmp_path / "page.png"

    def take(page, *more, **environment):
        command = [sys.executable, "-m", "reports.picture", f"--page={page}", f"--output={output}"]
        done = subprocess.run(
            [*command, *more], cwd=ROOT, env=os.environ | environment, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        return done, output

    return take


def test_a_picture_has_the_requested_size_and_run(picture, made):
    images = []
    for state in ("", "run=boxes-plain"):
        done, output = picture(made, f"--state={state}", "--width=390", "--height=300")
        assert done.returncode == 0, done.stderr
        images.append(cv2.imread(str(output)))
    assert [image.shape for image in images] == [(300, 390, 3)] * 2
    assert (images[0] != images[1]).any()


def test_an_error_is_reported_and_nothing_is_written(picture, made):
    for page, more, environment, message in (
        (
            made,
            ["--state=run=no"],
            {},
            "--state: expected a run among ['made-youtube_vis'",
        ),
        ("no.html", [], {}, "no.html: no such file: run `make report` first"),
        (made, [], {"PATH": ""}, "no browser: install one of chromium, "),
    ):
        done, output = picture(page, *more, **environment)
        assert done.returncode == 2
        assert message in done.stderr
        assert not output.exists()
