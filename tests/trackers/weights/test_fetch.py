"""Weights are downloaded and verified; a wrong or missing file is refused."""

from __future__ import annotations

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from trackers.appearance.osnet import SIZES as OSNET
from trackers.detectors.yolox import SIZES
from trackers.sam2.architecture import CONFIGS
from trackers.weights.fetch import Published, fetch, read_catalogue

pytestmark = pytest.mark.slow

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def address(tmp_path):
    """The address of a server with one file."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "w.pt").write_bytes(CONTENT)
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def published(url: str, content: bytes = CONTENT) -> Published:
    return Published(url, "Apache-2.0", hashlib.sha256(content).hexdigest(), len(content))


def test_a_file_is_downloaded(address, tmp_path):
    fetch(published(f"{address}/w.pt"), tmp_path / "made" / "w.pt")
    assert (tmp_path / "made" / "w.pt").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("name", "content", "error", "message"),
    [
        ("w.pt", b"another", ValueError, r"w\.pt: expected SHA-256 .*, found .* and 256000 bytes"),
        ("v.pt", CONTENT, OSError, r"v\.pt: download failed: 404"),
    ],
)
def test_a_failed_download_leaves_no_file(address, tmp_path, name, content, error, message):
    with pytest.raises(error, match=message):
        fetch(published(f"{address}/{name}", content), tmp_path / "made" / "w.pt")
    assert list((tmp_path / "made").iterdir()) == []


def test_without_a_known_digest_the_digest_of_the_first_download_is_expected(address, tmp_path):
    unknown, path = Published(f"{address}/w.pt", "Apache-2.0"), tmp_path / "made" / "w.pt"
    fetch(unknown, path)
    path.unlink()
    fetch(unknown, path)
    assert path.read_bytes() == CONTENT
    (tmp_path / "served" / "w.pt").write_bytes(b"another")
    with pytest.raises(ValueError, match=r"expected SHA-256 .*, found .* and 7 bytes"):
        fetch(unknown, path)
    assert path.read_bytes() == CONTENT


def test_an_unreachable_server_is_named_in_the_error(tmp_path):
    with pytest.raises(OSError, match=r"http://127\.0\.0\.1:9/w\.pt: download failed"):
        fetch(published("http://127.0.0.1:9/w.pt"), tmp_path / "w.pt")


def test_the_catalogue_has_every_size_except_the_demo():
    names = {f"sam2.1_hiera_{size}.pt" for size in CONFIGS if size != "demo"}
    names |= {f"yolox_{size}.pth" for size in SIZES}
    names |= {f"osnet_{size}_msmt17.pth" for size in OSNET if not size.startswith("ain_x0")}
    assert names | {"yolox_nano.onnx"} == set(
        read_catalogue()
    )  # for a network card of config/cards
