"""Slices follow the selection, and tables can be downloaded."""

from __future__ import annotations

import csv
import io
from urllib.parse import unquote

import pytest

from datasets.io.files import read_json
from tests.support.page.page_workdir import BOXES, MASKS

TABLE = """Object.fromEntries([...document.querySelectorAll("#slice-table tr")]
    .map(row => [...row.cells].map(cell => cell.textContent)).filter(row => row.length > 2)
    .map(([name, ...cells]) => [name, cells]))"""
LINKS = """[...document.querySelectorAll("#downloads [data-run]:not([hidden]) a")]
    .map(each => [each.download, each.href])"""


def expected(made, sequences, classes):
    """Return the rows and the recall of each variant of MASKS, by slice."""
    kinds = {}
    for place, variant in enumerate(MASKS.variants):
        for sequence in sequences:
            path = made.parent.parent / "results" / variant / MASKS.dataset / sequence
            score = read_json(path / MASKS.protocol / "score.json")
            for name in classes:
                for slices in score["classes"][name]["partials"]["slices"]["kinds"].values():
                    for label, rows, matched, *_ in slices:
                        sums = kinds.setdefault(label, [[0, 0] for _ in MASKS.variants])[place]
                        sums[0] += rows
                        sums[1] += matched
    return {
        label: [str(sums[0][0]), *(f"{100 * matched / rows:.2f}" for rows, matched in sums)]
        for label, sums in kinds.items()
        if sums[0][0]
    }


@pytest.fixture
def page(look, made):
    found = look(made).page
    found.evaluate("document.getElementById('slice-rows').open = true")
    found.wait_for_selector("#slice-table tbody")
    return found


@pytest.mark.parametrize(
    ("state", "sequences", "classes"),
    [
        ({}, ("one", "two", "three"), ("person", "car")),
        ({"without": "two"}, ("one", "three"), ("person", "car")),
        ({"class": "car"}, ("one", "two", "three"), ("car",)),
    ],
)
def test_slices_cover_the_selected_sequences_and_classes(page, made, state, sequences, classes):
    page.evaluate("state => bench.state.set(state)", state)
    shown = page.evaluate(TABLE)
    found = expected(made, sequences, classes)
    assert {label: shown.get(label) for label in found} == found
    assert set(shown) == {*found, *sequences, "Slice"}


def test_a_hidden_variant_is_in_no_slice(page):
    assert len(page.evaluate(TABLE)["Slice"]) == 1 + len(MASKS.variants)
    page.evaluate("bench.state.set({hide: 'b'})")
    assert page.evaluate(TABLE)["Slice"][1:] == ["●Alpha", "▲Gamma"]


def test_a_slice_of_few_rows_is_pale(page):
    pale = page.evaluate(
        """[...document.querySelectorAll("#slice-table tr.incomplete")].map(
            row => Number(row.cells[1].textContent))"""
    )
    every = [int(cells[0]) for name, cells in page.evaluate(TABLE).items() if name != "Slice"]
    assert sorted(pale) == sorted(count for count in every if count < 100)
    assert pale


def test_a_run_without_slices_says_so(page):
    page.evaluate("""() => {
        for (const variant of Object.values(bench.run().partials))
            for (const sequence of Object.values(variant))
                for (const families of Object.values(sequence)) delete families.slices;
        bench.state.set({baseline: "a"});
    }""")
    assert page.is_visible("#no-slices")
    assert page.is_hidden("#sliced")


def test_the_three_files_of_the_shown_run_can_be_downloaded(look, made):
    page = look(made).page
    for run, wanted in ((0, MASKS), (1, BOXES)):
        page.evaluate("run => bench.state.set({run: bench.data.runs[run].id})", run)
        names = [name for name, _ in page.evaluate(LINKS)]
        stem = f"{wanted.dataset}_{wanted.protocol}"
        assert names == [f"{stem}.csv", f"{stem}.tex", f"{stem}.md"]
    (_, address), *_ = page.evaluate(LINKS)
    rows = list(csv.reader(io.StringIO(unquote(address.partition(",")[2]))))
    assert [row[1] for row in rows] == ["title", *BOXES.variants.values()]


def test_the_current_table_can_be_downloaded(look, made):
    page = look(made).page
    address = "document.getElementById('shown-now').href"
    whole = unquote(page.evaluate(address).partition(",")[2]).splitlines()
    assert [line.split(",")[0] for line in whole] == ["variant", *MASKS.variants]
    page.evaluate("bench.state.set({hide: 'b', without: 'two'})")
    part = unquote(page.evaluate(address).partition(",")[2]).splitlines()
    assert [line.split(",")[0] for line in part] == ["variant", "a", "c"]
    assert part[1] != whole[1]
    value = 'bench.totals.over(bench.run(), "a", ["one", "three"]).HOTA'
    place = part[0].split(",").index("HOTA")
    assert float(part[1].split(",")[place]) == page.evaluate(value)
