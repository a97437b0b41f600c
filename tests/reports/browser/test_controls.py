"""Interaction with the page: sorting, hiding, comparing, and the selection in the URL."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from datasets.io.files import read_json
from metrics.combine import combine_scores
from tests.support.page.browsing import opened
from tests.support.page.page_workdir import MASKS
from tests.support.page.verdict import texts, titles, values

TITLES = ["Alpha", "Beta", "Gamma"]
COUNTS = {"IDSW": "switch", "CLR_FN": "miss", "CLR_FP": "false_alarm", "Frag": "fragmentation"}


@pytest.fixture(scope="module")
def once_opened(browser, made):
    with browser.new_context(offline=True) as context:
        yield opened(context, made).page


@pytest.fixture
def page(once_opened):
    """The freshly opened page; shared by all tests, as opening one takes a second."""
    once_opened.evaluate(
        """() => {
            document.querySelectorAll("details").forEach(each => { each.open = false; });
            document.activeElement.blur();
            history.replaceState(null, "", location.pathname);
            dispatchEvent(new Event("hashchange"));
        }"""
    )
    return once_opened


def heading(page, column):
    return page.locator(f'#verdict button[data-sort="{column}"]')


def score(made, variant, *place):
    return read_json(made.parent.parent.joinpath("results", variant, "made", *place))


def at(page):
    return unquote(page.evaluate("location.hash"))


def test_a_heading_sorts_best_first_and_then_in_reverse(page):
    for column, best_last in (("HOTA", False), ("IDSW", True)):
        heading(page, column).click()
        ordered = [row[column] for row in values(page).values()]
        assert ordered == sorted(ordered, reverse=not best_last)
        heading(page, column).click()
        ordered = [row[column] for row in values(page).values()]
        assert ordered == sorted(ordered, reverse=best_last)
        sorts = page.locator("#verdict th[aria-sort]")
        assert sorts.count() == 1
        assert sorts.get_attribute("aria-sort") == ("descending" if best_last else "ascending")


def test_variants_are_sorted_by_name(page):
    heading(page, "name").click()
    assert titles(page) == TITLES
    heading(page, "name").click()
    assert titles(page) == TITLES[::-1]


def test_shown_values_equal_those_computed_by_python(page, made):
    for variant, title in MASKS.variants.items():
        combined = score(made, variant, "youtube_vis", "combined.json")["values"]
        shown = values(page)[title]
        scored = {name: value for name, value in shown.items() if name in combined}
        assert scored == pytest.approx({name: combined[name] for name in scored}, abs=1e-9)
        assert {"HOTA", "IDSW", "J&F", "AP"} <= scored.keys()


def test_a_left_out_sequence_is_in_no_total(page, made):
    page.click("#sequences-count")
    page.locator("#sequences input").nth(0).uncheck()
    assert "without=one" in at(page)
    assert "Without 1 of 3 sequences" in page.inner_text("#recomputed")
    for variant, title in MASKS.variants.items():
        parts = [
            score(made, variant, name, "youtube_vis", "score.json") for name in ("two", "three")
        ]
        total = combine_scores(parts)["values"]
        shown = values(page)[title]
        scored = {name: value for name, value in shown.items() if name in total}
        assert scored == pytest.approx({name: total[name] for name in scored}, abs=1e-9)


def test_a_single_class_can_be_shown(page, made):
    page.select_option("#class", "car")
    for variant, title in MASKS.variants.items():
        combined = score(made, variant, "youtube_vis", "combined.json")["classes"]["car"]["values"]
        shown = values(page)[title]
        scored = {name: value for name, value in shown.items() if name in combined}
        assert scored == pytest.approx({name: combined[name] for name in scored}, abs=1e-9)


def test_a_hidden_variant_is_shown_nowhere_and_the_last_one_cannot_be_hidden(page):
    page.click("#variants-count")
    boxes = page.locator("#variants input")
    boxes.nth(1).uncheck()
    assert titles(page) == ["Alpha", "Gamma"]
    assert "Beta" not in page.inner_text("#matrix")
    assert "Beta" not in page.inner_text("#accuracy")
    boxes.nth(0).uncheck()
    assert titles(page) == ["Gamma"]
    assert boxes.nth(2).is_disabled()
    boxes.nth(1).check()
    assert titles(page) == ["Beta", "Gamma"]


def test_a_run_with_every_variant_hidden_by_another_run_shows_all(page):
    page.evaluate("bench.state.set({run: 'boxes-plain', hide: new Set(['a', 'd'])})")
    assert titles(page) == ["Alpha", "Delta"]
    page.click("#variants-count")
    page.locator("#variants input").nth(0).uncheck()
    assert titles(page) == ["Delta"]


def test_a_baseline_shows_the_differences_of_other_variants(page):
    page.select_option("#baseline", "a")
    shown, written = values(page), texts(page)
    change = 100 * (shown["Gamma"]["HOTA"] - shown["Alpha"]["HOTA"])
    sign = "+" if change > 0 else "\N{MINUS SIGN}"
    assert f"{sign}{abs(change):.2f}" in written["Gamma"]["HOTA"]
    assert f"{sign}{abs(change):.2f}" not in written["Alpha"]["HOTA"]
    page.select_option("#baseline", "")
    assert f"{sign}{abs(change):.2f}" not in texts(page)["Gamma"]["HOTA"]


def test_a_whole_process_is_marked_and_never_the_fastest(page):
    assert "whole process" in texts(page)["Gamma"]["fps"]
    assert page.locator('#verdict td.best[data-column="fps"]').count() == 1
    assert not page.locator('#verdict tr:has-text("Gamma") td.best[data-column="fps"]').count()


def test_clicking_a_number_shows_its_metric_sequence_by_sequence(page, made):
    page.locator('#verdict td[data-column="IDSW"] button').first.click()
    assert page.input_value("#metric") == "IDSW"
    cells = page.locator("#matrix tbody tr").first.locator("td").all_inner_texts()
    found = [score(made, name, "one", "youtube_vis", "score.json")["values"] for name in "abc"]
    assert cells == [str(each["IDSW"]) for each in found]


def test_runs_are_shown_one_at_a_time(page):
    page.select_option("#class", "car")
    page.locator("#runs button").nth(1).click()
    assert titles(page) == ["Alpha", "Delta"]
    assert page.locator("#class-choice").is_hidden()
    assert page.locator("#runs button[aria-pressed=true]").inner_text() == "Boxes alone: boxes"
    assert at(page) == "#run=boxes-plain"


def test_the_url_stores_the_state(page, look, made):
    page.evaluate(
        """bench.state.set({baseline: "b", hide: new Set(["a"]), without: new Set(["two"]),
        sort: "HOTA:down", metric: "AssA", class: "person"})"""
    )
    shown = page.inner_text("main")
    page.reload()
    assert page.inner_text("main") == shown
    page.evaluate("location.hash = ''")
    page.wait_for_function("document.querySelectorAll('#verdict tbody tr').length === 3")
    assert page.inner_text("main") != shown


NONSENSE = (
    "run=no&baseline=no&hide=no&without=no&sort=no:up&metric=no&sequence=no&event=no&class=no",
    "hide=%25&without=%2525E0&sort=%3A&event=%26%3D&theme=%22%3E%3Cscript%3E&&==%",
)


@pytest.mark.parametrize("address", NONSENSE)
def test_an_invalid_url_shows_the_first_run_completely(look, made, address):
    found = look(made, address)
    assert titles(found.page) == TITLES
    assert found.console_messages == []


def test_one_button_resets_the_view(page):
    before = page.inner_text("#verdict")
    assert page.locator("#reset").is_hidden()
    page.evaluate("bench.state.set({baseline: 'b', hide: new Set(['a']), sort: 'HOTA:up'})")
    page.click("#reset")
    assert page.inner_text("#verdict") == before
    assert at(page) == ""
    assert page.locator("#reset").is_hidden()


@pytest.mark.parametrize("without", [[], ["one"], ["one", "three"]])
def test_the_gallery_counts_what_the_table_counts(page, without):
    page.evaluate("names => bench.state.set({without: new Set(names)})", without)
    for column, kind in COUNTS.items():
        page.evaluate("kind => bench.state.set({event: `kind=${kind}`})", kind)
        total = page.locator("#gallery-counts tr.total td").all_inner_texts()
        shown = page.evaluate(
            "column => bench.variants().map(each => bench.valuesOf(bench.run(), each)[column])",
            column,
        )
        assert [int(text) for text in total] == shown, column
    assert page.inner_text("#gallery-check").startswith("Checked")


def focused(page):
    return page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


def test_tab_reaches_every_control(page):
    page.evaluate(
        "document.querySelectorAll('main details').forEach(each => { each.open = true; })"
    )
    wanted = page.evaluate(
        """() => {
            const able = "a[href], button, select, input, summary, [tabindex='0']";
            window.wanted = [...document.querySelectorAll(able)]
                .filter(each => each.checkVisibility() && !each.disabled);
            return window.wanted.length;
        }"""
    )
    page.evaluate(
        "window.reached = new Set(); addEventListener('focusin', each => reached.add(each.target))"
    )
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
    assert wanted > 50
    missed = "window.wanted.filter(each => !window.reached.has(each)).map(each => each.outerHTML)"
    assert page.evaluate(missed) == []


def test_enter_sorts_and_keeps_the_focus(page):
    heading(page, "IDSW").focus()
    page.keyboard.press("Enter")
    ordered = [row["IDSW"] for row in values(page).values()]
    assert ordered == sorted(ordered)
    assert 'data-sort="IDSW"' in focused(page)
    page.keyboard.press("Enter")
    assert [row["IDSW"] for row in values(page).values()] == ordered[::-1]


def test_variants_can_be_hidden_by_keyboard(page):
    page.locator("details.dropdown summary").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert titles(page) == TITLES[1:]
    assert 'value="a"' in focused(page)
    page.keyboard.press("Escape")
    assert not page.locator("#variants").is_visible()
    assert "Variants" in focused(page)
