"""The page: no console messages, no requests, accessible, printable."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.page.browsing import grave_findings
from tests.support.page.page_workdir import BOXES, MASKS, plan_entry, render_workdir, variant_entry

RUNS = "bench.data.runs.map(run => run.id)"


def show_everything(page):
    """Open all details and scroll to the end, so that everything is drawn."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(200)


def test_the_page_shows_without_console_messages_or_requests(look, made):
    found = look(made)
    for run in found.page.evaluate(RUNS):
        found.page.evaluate("run => bench.state.set({run})", run)
        for baseline in ("", "a"):
            found.page.evaluate("baseline => bench.state.set({baseline})", baseline)
            show_everything(found.page)
    assert found.console_messages == []
    assert found.requests == [made.as_uri()]


def test_the_page_without_its_media_shows_without_console_messages(look, made, tmp_path):
    found = look(Path(shutil.copy(made, tmp_path / "alone.html")))
    show_everything(found.page)
    assert found.console_messages == []
    assert found.requests == [found.page.url]


def test_axe_finds_nothing_serious_in_the_dark_theme(look, made):  # other tests use the light theme
    found = look(made, color_scheme="dark")
    show_everything(found.page)
    assert grave_findings(found.page) == []


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_the_page_follows_the_theme_of_the_system_until_the_reader_chooses(look, made):
    page = look(made, color_scheme="dark").page
    dark = background(page)
    page.emulate_media(color_scheme="light")
    page.wait_for_function("document.documentElement.dataset.theme === 'light'")
    light = background(page)
    assert light == "rgb(255, 255, 255)" != dark
    page.click("#theme")
    assert background(page) == dark
    page.reload()
    assert background(page) == dark, "the choice is stored in the URL"


def test_figures_use_the_colours_of_the_theme(look, made):
    page = look(made, color_scheme="light").page
    label = "#decomposition svg .role-axis-title text"
    light = page.locator(label).first.get_attribute("fill")
    page.click("#theme")
    page.wait_for_function(
        "([label, light]) => document.querySelector(label)?.getAttribute('fill') !== light",
        arg=[label, light],
    )


def test_without_scripts_every_run_has_its_table_and_figures(look, made):
    page = look(made, java_script_enabled=False).page
    for wanted in (MASKS, BOXES):
        section = page.locator(
            "noscript section", has=page.get_by_role("heading", name=wanted.title)
        )
        assert section.locator("tbody tr").count() == len(wanted.variants)
        assert section.locator("figure svg").count() == 2
        numbers = section.locator("td").all_inner_texts()
        assert sum(any(sign.isdigit() for sign in text) for text in numbers) > 10
    assert not page.locator(".needs-scripts").first.is_visible()


def test_print_has_no_controls_and_complete_tables(look, made):
    page = look(made).page
    page.emulate_media(media="print")
    assert not page.locator(".controls").is_visible()
    assert page.locator("#verdict tbody tr").first.is_visible()
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.scroll')).overflowX") == "visible"
    )


def test_a_narrow_window_does_not_scroll_sideways(look, made):
    page = look(made, viewport={"width": 360, "height": 800}).page
    show_everything(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_page_without_results_says_so_without_console_messages(look, tmp_path):
    found = look(render_workdir(tmp_path, [plan_entry(MASKS)]))
    show_everything(found.page)
    assert found.console_messages == []
    assert "This run did not finish" in found.page.inner_text("header")
    assert found.page.locator("#verdict tbody tr").count() == len(MASKS.variants)


def test_a_failed_variant_is_marked_and_linked_to_its_log(look, made, tmp_path):
    workdir = tmp_path / "workdir"
    shutil.copytree(made.parent.parent, workdir)
    plan = plan_entry(MASKS)
    plan["variants"].append(variant_entry("late", "Late"))
    log = workdir / "logs" / "track" / "late" / "made" / "one.log"
    log.parent.mkdir(parents=True)
    log.write_text("ValueError: no idea\n")
    found = look(render_workdir(workdir, [plan]))
    found.page.get_by_role("link", name="track failed").click()
    assert found.page.evaluate("document.activeElement.id") == "missing-results"
    assert "ValueError: no idea" in found.page.inner_text("#missing-results")
    row = found.page.locator("#verdict tbody tr", has_text="Late").locator("td")
    assert set(row.all_inner_texts()) == {"–"}
    others = found.page.locator("#verdict tbody tr", has_text="Alpha").locator("td")
    assert "–" not in others.all_inner_texts()
    assert found.console_messages == []
