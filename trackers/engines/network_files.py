"""Why a network file cannot be opened: what the file is, and what is missing beside it."""

from __future__ import annotations

from pathlib import Path

from datasets.io.errors import shorten

_HEAD = 64  # bytes
# beginning of the file → its kind; the first match counts
_KINDS = (
    (b"", b"ftrt", "a TensorRT engine: name the ONNX file that it was built from"),
    (b"", b"PK\x03\x04", "a PyTorch checkpoint or another archive: export the network to ONNX"),
    (b"", b"\x80\x02", "a PyTorch checkpoint: export the network to ONNX"),
    (b"....", b"TFL3", "a TensorFlow Lite network: export the network to ONNX"),
    (b"........", b'{"', "a file of safetensors, which holds weights only: export to ONNX"),
    (b"....", b'{"', "a TensorRT engine with a header: name the ONNX file that it was built from"),
    (b"", b"\x89HDF", "an HDF5 file, as of Keras: export the network to ONNX"),
    (b"", b"version https://git-lfs", "a pointer of Git LFS: run git lfs pull"),
    (b"", b"<", "a page of HTML or XML, not the file that was to be downloaded or exported"),
)


def explain_failure(path: Path, reason: str, *, parsed: bool) -> str:
    """Return why a file is no network that ONNX Runtime can run, as `expected Y, found X`.

    Args:
        path: Path of an existing file that ONNX Runtime has rejected.
        reason: The message of ONNX Runtime.
        parsed: Whether the file has the format of ONNX.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        return "expected an ONNX file, found an empty file"
    for skipped, magic, kind in _KINDS:
        if head[len(skipped) :].startswith(magic):
            return f"expected an ONNX file, found {kind}"
    if not parsed:
        return (
            "expected an ONNX file, found a file that is incomplete or no ONNX file "
            f"({path.stat().st_size:,} bytes)"
        )
    missing = _missing_data(path)
    if missing:
        return (
            f"expected its external data {missing} in the same folder, found no such file: copy "
            "the data under that name together with the ONNX file"
        )
    return f"expected a network that ONNX Runtime can run, found one it rejects: {shorten(reason)}"


def _missing_data(path: Path) -> list[str]:
    """Return the files of external data that an ONNX file names and that do not exist."""
    import onnx  # slow to load, and needed only after a failure
    from onnx.external_data_helper import ExternalDataInfo, uses_external_data

    graph = onnx.load(path, load_external_data=False).graph
    names = {
        ExternalDataInfo(each).location for each in graph.initializer if uses_external_data(each)
    }
    return sorted(name for name in names if not (path.parent / name).is_file())
