"""What `make clean` removes and what it keeps."""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from workflow.clean import find_removable, main
from workflow.cleaning.made import NOTES, note_files, note_logs, read_logs, read_made
from workflow.run_lock import hold_lock

BEGIN, END = 1_000_000.0, 1_000_010.0  # of every job, in seconds since 1970


class Folder:
    """A folder in which the workflow has run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / ".snakemake" / "metadata").mkdir(parents=True)

    def write(self, name: str, time: float = END) -> str:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        os.utime(path, (time, time))
        return name

    def made(self, name: str, rule: str = "track", inputs: tuple[str, ...] = ()) -> str:
        """Write an output with Snakemake's record of it."""
        log = f"logs/{rule}/{name}.log"
        record = {"rule": rule, "input": inputs, "log": [log], "starttime": BEGIN, "endtime": END}
        self.record("metadata", name, record | {"incomplete": False})
        self.write(log)
        return self.write(name)

    def record(self, kind: str, name: str, content: object) -> Path:
        code = urlsafe_b64encode(name.encode()).decode()
        parts = [code[at : at + 254] for at in range(0, len(code), 254)]
        path = self.root / ".snakemake" / kind
        path = path.joinpath(*(f"@{part}" for part in parts[:-1]), parts[-1])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
        os.utime(path, (BEGIN, BEGIN))
        return path

    def files(self) -> set[str]:
        everything = self.root.rglob("*")
        names = {str(each.relative_to(self.root)) for each in everything if not each.is_dir()}
        return {name for name in names if not name.startswith(".snakemake")}

    def removable(self, *, downloads: bool = False) -> set[str]:
        made = read_made(self.root)
        return set(map(str, find_removable(self.root, made, downloads=downloads)[0]))


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Folder:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["clean"])
    return Folder(tmp_path)


def run(monkeypatch, *flags: str) -> int:
    monkeypatch.setattr("sys.argv", ["clean", *flags])
    return main()


USERS = (
    "data/MOT17/train/MOT17-02/gt/gt.txt",
    "data/KITTI-MOTS/instances_txt/0002.txt",
    "data/DAVIS/Annotations/480p/dog/00000.png",
    "data/own/walk/sequence.json",
    "data/own/walk/images/000000.png",
    "data/weights/mine.pt",
    "engines/mine.onnx",
    "results/regression/history.jsonl",
    "results/sort/synthetic/notes.txt",
    "reports/media/mine.png",
    "config/baselines/default.json",
    "logs/notes.txt",
)


def test_files_made_by_rules_are_removed_and_all_others_kept(folder, monkeypatch, capsys):
    users = {folder.write(name) for name in USERS}
    folder.made("data/synthetic/crossing/sequence.json", "prepare")
    folder.made("results/of_an_older_config/synthetic/crossing/tracks.parquet")
    folder.made("reports/summary.html", "report")
    assert run(monkeypatch) == 0
    assert folder.files() == users
    printed = capsys.readouterr().out
    assert "Removed:\n  data/synthetic/ (1 file, 37 B)" in printed
    assert "Left, no record that a rule made it:\n  data/DAVIS/ (1 file, 41 B)" in printed
    assert not (folder.root / "data" / "synthetic").exists()
    assert run(monkeypatch) == 0
    assert "Removed:\n  nothing" in capsys.readouterr().out


def test_files_a_user_changed_are_kept(folder, monkeypatch, capsys):
    folder.made("results/sort/x/tracks.parquet")
    kept = folder.write("results/sort/x/tracks.parquet", END + 60)
    run(monkeypatch)
    assert folder.files() == {kept}
    assert "Left, changed since a rule made it" in capsys.readouterr().out


def test_a_prepared_sequence_is_removed_with_its_images_but_not_with_other_files_there(folder):
    sequence = folder.made("data/synthetic/crossing/sequence.json", "prepare")
    image = folder.write("data/synthetic/crossing/images/000000.png", BEGIN + 1)
    folder.write("data/synthetic/crossing/images/old.png", BEGIN - 60)
    folder.write("data/synthetic/crossing/new.txt", END + 60)
    assert folder.removable() == {sequence, image}


def test_files_beside_a_changed_sequence_are_kept(folder):
    folder.made("data/synthetic/crossing/sequence.json", "prepare")
    folder.write("data/synthetic/crossing/images/000000.png", BEGIN + 1)
    folder.write("data/synthetic/crossing/sequence.json", END + 60)
    assert folder.removable() == set()


def test_a_file_beside_an_output_is_kept_even_if_written_while_the_job_ran(folder):
    tracks = folder.made("results/sort/x/tracks.parquet")
    folder.write("results/sort/x/notes.txt", BEGIN + 1)
    assert folder.removable() == {tracks}


def test_a_folder_made_by_a_rule_is_removed_without_the_files_added_to_it(folder):
    folder.made("reports/tables/.snakemake_timestamp", "tables")
    (folder.root / folder.record("metadata", "reports/tables/.snakemake_timestamp", {})).unlink()
    folder.record("metadata", "reports/tables", {"starttime": BEGIN, "endtime": END})
    table = folder.write("reports/tables/mot15.csv", BEGIN + 1)
    folder.write("reports/tables/mine.csv", END + 60)
    folder.write("reports/tables/old.csv", BEGIN - 60)
    assert folder.removable() == {table, "reports/tables/.snakemake_timestamp"}


def test_links_are_kept_and_not_followed(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("archive")
    (elsewhere / "kept.txt").write_text("mine")
    output = folder.made("results/sort/x/tracks.parquet")
    (folder.root / output).unlink()
    (folder.root / output).symlink_to(elsewhere / "kept.txt")
    folder.record("metadata", "reports/tables", {"starttime": 0, "endtime": 9e9})
    (folder.root / "reports").mkdir()
    (folder.root / "reports" / "tables").symlink_to(elsewhere)
    assert folder.removable() == set()


def test_outputs_in_a_linked_folder_are_removed_and_the_link_kept(folder, tmp_path_factory):
    disk = tmp_path_factory.mktemp("disk")
    (folder.root / "results").symlink_to(disk)
    folder.made("results/sort/x/tracks.parquet")
    assert main() == 0
    assert list(disk.iterdir()) == []
    assert (folder.root / "results").is_symlink()


def test_records_of_paths_outside_the_folder_are_not_followed(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "a.txt"
    outside.write_text("mine")
    os.utime(outside, (END, END))
    for name in (str(outside), f"../{outside.parent.name}/a.txt"):
        folder.record("metadata", name, {"rule": "x", "starttime": BEGIN, "endtime": END})
    assert folder.removable() == set()


def engines(folder: Folder) -> tuple[set[str], set[str]]:
    """Make engines of demo weights, and of a download; return the files of both."""
    demo = {
        folder.made("engines/demo/fp32/networks.json", "export", ("trackers/weights/a.st",)),
        folder.write("engines/demo/fp32/encoder.onnx", BEGIN + 1),
    }
    weights = folder.made("data/weights/sam2.pt", "fetch_weights")
    onnx = folder.made("engines/tiny/fp16/networks.json", "export", (weights,))
    official = {
        weights, onnx,
        folder.made("engines/tiny/fp16/tensorrt/networks.json", "build", (onnx,)),
        folder.write("engines/tiny/fp16/tensorrt/encoder.plan", BEGIN + 1),
        folder.made("engines/own/fp32/networks.json", "export", ("/models/mine.pt",)),
    }  # fmt: skip
    return demo, official


def test_downloads_and_engines_made_from_them_are_removed_only_on_request(folder):
    demo, official = engines(folder)
    assert folder.removable() == demo
    assert folder.removable(downloads=True) == demo | official


def test_downloads_are_removed_only_when_confirmed(folder, monkeypatch, capsys):
    _, official = engines(folder)
    assert run(monkeypatch) == 0
    assert folder.files() == official
    assert "Left, downloads, and engines made from" in capsys.readouterr().out
    assert run(monkeypatch, "--downloads") == 2
    assert folder.files() == official
    assert "YES=1" in capsys.readouterr().out
    assert run(monkeypatch, "--downloads", "--yes") == 0
    assert folder.files() == set()


def test_weights_copied_in_place_of_an_interrupted_download_are_kept(folder):
    folder.record("incomplete", "data/weights/sam2.pt", {})
    folder.write("data/weights/sam2.pt", END)
    assert folder.removable(downloads=True) == set()


def test_leftovers_of_a_killed_run_are_removed(folder):
    folder.record("incomplete", "results/sort/x/tracks.parquet", {})
    half = folder.write("results/sort/x/tracks.parquet", END)
    part = folder.write("results/sort/x/.tracks.parquet.123.part")
    assert folder.removable() == {half, part}


def test_the_page_and_the_log_of_a_failed_run_are_removed(folder, monkeypatch):
    page, log = folder.write("reports/summary.html", 1.0), folder.write("logs/track/a.log")
    note_logs([log, log])
    note_files([page, "results/regression/verdict.json"])
    note_logs([log])
    assert len((folder.root / NOTES).read_text().split()) == 6
    main()
    assert folder.files() == set()
    assert read_logs(folder.root, []) == set()


def test_an_output_with_a_long_name_is_found(folder):
    name = folder.made(f"results/{'a' * 200}/{'b' * 200}/tracks.parquet")
    assert folder.removable() == {name}
    main()
    assert folder.files() == set()
    assert list((folder.root / ".snakemake" / "metadata").iterdir()) == []


def test_without_records_nothing_is_removed(folder, monkeypatch, capsys):
    name = folder.made("results/sort/x/tracks.parquet")
    for each in (folder.root / ".snakemake" / "metadata").iterdir():
        each.unlink()
    (folder.root / ".snakemake" / "metadata").rmdir()
    before = folder.files()
    assert main() == 0
    assert folder.files() == before >= {name}
    assert "Nothing removed: .snakemake/metadata, which records" in capsys.readouterr().out


def test_truncated_records_are_ignored(folder):
    folder.record("metadata", "results/a", {}).write_text('{"rule": "tr')
    (folder.root / ".snakemake" / "metadata" / "not base64!").write_text("{}")
    (folder.root / NOTES).write_text('{"log": "logs/a.log"}\n{"log": "lo')
    assert read_made(folder.root) == []
    assert read_logs(folder.root, []) == {Path("logs/a.log")}
    note_logs(["logs/b.log"])
    assert read_logs(folder.root, []) == {Path("logs/a.log"), Path("logs/b.log")}


def test_nothing_is_removed_while_a_run_is_active(folder):
    name = folder.made("results/sort/x/tracks.parquet")
    with hold_lock(), pytest.raises(BlockingIOError, match="another run is active"):
        main()
    assert name in folder.files()


def test_a_dry_run_lists_and_removes_nothing(folder, monkeypatch, capsys):
    name = folder.made("results/sort/x/tracks.parquet")
    assert run(monkeypatch, "--dry-run") == 0
    assert name in folder.files()
    assert "Would be removed:\n  logs/track/" in capsys.readouterr().out
