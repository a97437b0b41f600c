"""Shared fixtures: real data kept outside the repository, and one small synthetic sequence."""

from __future__ import annotations

import fcntl
import gc
import json
import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from hypothesis import settings

from datasets.io.program import run_main
from datasets.readers import synthetic
from datasets.sequences.sequence_json import write_prepared
from tests.support.ordering import spread
from tests.support.paths import ROOT, SHARED
from tests.support.virtual_clock import VirtualClock
from trackers.profiling.machine import usable_cores

collect_ignore = ["tensorrt"]  # needs another environment: `make test-tensorrt`

# the same cases in every run, however slow the machine
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

Maker = Callable[[Path], Any]
SLOW_FIXTURES = {
    "browser",
    "exported",
    "made_once",
    "small_run",
}  # a browser, networks, a whole run
EXPORTS = {
    "sam2": "trackers.sam2.export",
    "yolox": "trackers.detectors.export",
    "masktrack_rcnn": "trackers.mask_rcnn.export",
}


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove the folder and the link that pytest leaves in TMPDIR where all tests passed."""
    base = session.config._tmp_path_factory._basetemp
    if base is None or base.exists():
        return
    link = base.parent / "pytest-current"
    if not link.exists():
        link.unlink(missing_ok=True)
    with suppress(OSError):  # another run is still in there
        base.parent.rmdir()


def pytest_unconfigure() -> None:
    """Let garbage collection end everything: bindings report what is left as leaked."""
    gc.unfreeze()


def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than cores: some test always waits for a browser, a disk or a lock."""
    return usable_cores() + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests with costly fixtures as slow; put long tests where no worker waits for them."""
    for item in items:
        if SLOW_FIXTURES & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.slow)
    items[:] = spread(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without garbage collection, and exempt what is there then: both took long."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--variant", help="a variant of config/*.yaml: the contract tests run it alone"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--variant"):
        from tests.support.variants import chosen_cases

        chosen_cases(config.getoption("--variant"))  # an unknown name ends pytest here


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real inputs beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("real data is not there: ../shared/data")
    return SHARED


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Maker], Path]:
    """A function (name, make) → folder, which `make` fills for all of pytest's processes once."""
    base = tmp_path_factory.getbasetemp()
    workdir = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base

    def once(name: str, make: Maker) -> Path:
        folder = workdir / "made_once" / name
        folder.parent.mkdir(parents=True, exist_ok=True)
        with folder.with_name(f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                part = folder.with_name(f"{folder.name}.part")
                make(part)
                part.replace(folder)
        return folder

    return once


@pytest.fixture(scope="session")
def exported(made_once) -> Callable[[str], Path]:
    """A function from the folder of a model's networks, as a config names it, to one that is."""

    def export(folder: str) -> Path:
        _, model, precision = Path(folder).parts
        entry = yaml.safe_load((ROOT / "config" / "engines.yaml").read_text())["engines"][model]
        flags = [f"--weights={entry['weights']}", f"--precision={precision}"]
        flags += [f"--size={entry['size']}"] if "size" in entry else []
        if entry["kind"] == "yolox":
            flags += ["--classes", *entry["classes"], "--input", *map(str, entry["input"])]

        def make(workdir: Path) -> None:
            main = import_module(EXPORTS[entry["kind"]]).main
            words = ["export", *flags, f"--output={workdir / 'networks.json'}"]
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(sys, "argv", words)
                patch.chdir(ROOT)
                assert not run_main(main)

        return made_once(f"{model}_{precision}", make)

    return export


@pytest.fixture(scope="session")
def crossing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """sequence.json of the prepared synthetic sequence `crossing`."""
    path = tmp_path_factory.mktemp("data") / "synthetic" / "crossing" / "sequence.json"
    write_prepared(path, synthetic.read("synthetic", None, "crossing", path.parent))
    return path


@pytest.fixture
def json_file(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes content as JSON, by default to truth.json, and returns the path."""

    def write(content: Any, name: str = "truth.json") -> Path:
        (tmp_path / name).write_text(json.dumps(content))
        return tmp_path / name

    return write


@pytest.fixture
def virtual_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[..., VirtualClock]:
    """A function that returns a clock after putting it in the place of the clocks of modules."""

    def install(*modules: ModuleType, reading_ns: int = 0) -> VirtualClock:
        clock = VirtualClock(reading_ns)
        clock.install(monkeypatch, *modules)
        return clock

    return install


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The browser of this machine, one for all tests; they are skipped where there is none."""
    from reports.picture import launch
    from tests.support.page.browsing import find_browser

    with launch(find_browser()) as browser:
        yield browser


@pytest.fixture
def look(browser: Any) -> Iterator[Callable[..., Any]]:
    """A function that opens a page, with the options of a context of Playwright."""
    from tests.support.page.browsing import opened

    contexts = []

    def look(path: Path, state: str = "", **options: Any) -> Any:
        contexts.append(browser.new_context(offline=True, **options))
        return opened(contexts[-1], path, state)

    yield look
    for context in contexts:
        context.close()
