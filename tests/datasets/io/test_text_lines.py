from __future__ import annotations

from datasets.io import text_lines


def test_lines_are_numbered_from_one_and_blank_lines_are_skipped():
    found = list(text_lines.number_lines(b"\xef\xbb\xbfone\r\n\n \t\r\ntwo\n\x0c\nthree"))
    assert found == [(1, b"one"), (4, b"two"), (6, b"three")]
