from __future__ import annotations

from pathlib import Path

import pytest

from datasets.own import read_own


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "rtsp://user:secret@camera/stream",
            "rtsp://camera/stream: .* the address of a live source",
        ),
        ("rtmp://host/live", "live sources are not read: record to a file first"),
        ("https://host/walk.mp4", "https://host/walk.mp4: .* found an address: save the file"),
        ("/dev/video9", "/dev/video9: expected a folder or a video file, found a webcam"),
        ("0", "0: expected a folder or a video file, found a webcam: live sources"),
        ("/dev/null", "/dev/null: expected a folder or a video file, found neither"),
    ],
)
def test_a_live_source_is_named_without_its_password(source, message, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message) as error:
        read_own(Path(source), "own")
    assert "secret" not in str(error.value)


def test_a_folder_may_be_named_like_a_webcam(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "0").mkdir()
    with pytest.raises(ValueError, match="0: expected images"):
        read_own(Path("0"), "own")
