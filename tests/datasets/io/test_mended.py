from __future__ import annotations

import pytest

from datasets.io.mended import add_mended, count_mended, describe_mended, take_mended
from datasets.io.program import run_main


@pytest.fixture(autouse=True)
def no_counts():
    take_mended()


def test_counts_are_added_and_taken_once():
    count_mended("rows, skipped", 2)
    count_mended("files, not read")
    count_mended("boxes", 0)
    add_mended({"rows, skipped": 3})
    counts = take_mended()
    assert counts == {"rows, skipped": 5, "files, not read": 1}
    assert describe_mended(counts) == "rows, skipped: 5; files, not read: 1"
    assert take_mended() == {}


def test_a_program_reports_the_counts_once_at_its_end(capsys):
    def main() -> None:
        count_mended("rows, skipped", 2)
        count_mended("rows, skipped")
        print("done")

    assert run_main(main) == 0
    assert run_main(lambda: None) == 0
    out, err = capsys.readouterr()
    assert (out, err.count("note: rows, skipped: 3\n"), err.count("\n")) == ("done\n", 1, 1)
