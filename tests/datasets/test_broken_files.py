"""Whatever is in a file, it is read or refused by name; nothing else is raised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.format import Given
from datasets.formats import FORMATS

BOX = "10 20 30 40"
GOOD = {
    "mot": "1,5,11,21,30,40,0.5,1,-1,-1\n2,5,11,21,30,40,0.5,2,-1,-1\n",
    "mot_truth": "1,5,11,21,30,40,1,1,0.5\n2,5,11,21,30,40,0,2,1\n",
    "mots": "0 1001 1 2 2 04\n1 10000 10 2 2 04\n",
    "kitti": "".join(f"{n} 1 Car 0 0 -10 {BOX} -1 -1 -1 -1 -1 -1 -1 0.5\n" for n in (0, 1)),
    "kitti_truth": f"0 -1 DontCare -1 -1 -10 {BOX} -1 -1 -1 -1 -1 -1 -1\n" * 2,
    "kitti_dump": f"traffic light 7 0.0 0 0.0 {BOX} 0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.9\n",
    "sam2_jsonl": '{"fileName": "2.jpg", "prelabels": [{"name": "a", "uid": "b", "type": "rect", '
    '"points": [{"x": 1, "y": 2}, {"x": 3, "y": 2}, {"x": 3, "y": 4}, {"x": 1, "y": 4}]}]}\n',
}
PIECES = [b"", b" ", b"\n", b"-", b"9" * 30, b"nan", b"inf", b"1e999", b"_", b'"', b"{"]
PIECES += [b"\xff", b"\0"]
CHANGES = st.tuples(st.integers(0, 400), st.integers(0, 3), st.sampled_from(PIECES))


def broken(text: str, changes: list[tuple[int, int, bytes]]) -> bytes:
    """Return a text with some places replaced."""
    data = text.encode()
    for place, length, piece in changes:
        start = place % (len(data) or 1)
        data = data[:start] + piece + data[start + length :]
    return data


@pytest.mark.parametrize("name", GOOD)
@given(changes=st.lists(CHANGES, max_size=3))
def test_a_file_is_read_or_refused_by_name(tmp_path_factory, name, changes):
    folder = tmp_path_factory.getbasetemp() / "broken" / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "00_000_000000.txt"
    path.write_bytes(broken(GOOD[name], changes))
    classes = {1: "a", 2: "b"} if name in ("mot", "mot_truth") else None
    reason = str(path)
    try:
        FORMATS[name].read(folder if name == "kitti_dump" else path, Given(classes=classes))
    except ValueError as error:
        reason = str(error)
    assert str(path) in reason
    if not changes:
        assert reason == str(path)
