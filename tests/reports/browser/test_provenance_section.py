"""The provenance section of the page."""

from __future__ import annotations

import shutil

from tests.support.page.browsing import grave_findings
from tests.support.page.page_workdir import BOXES, MASKS, plan_entry, render_workdir, variant_entry

RESULTS = sum(len(each.variants) * len(each.sequences) for each in (MASKS, BOXES))


def test_every_result_is_traced_and_its_digest_can_be_shown_in_full(look, made):
    page = look(made, java_script_enabled=False).page
    section = page.locator("#provenance")
    assert f"{RESULTS} of {RESULTS} results are traced" in section.inner_text()
    assert section.locator(".banner").count() == 0
    section.locator("details.digests summary").focus()
    page.keyboard.press("Enter")
    cell = section.locator(".digests td").first
    narrow = cell.bounding_box()["width"]
    assert len(cell.text_content()) == 64
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert cell.bounding_box()["width"] > 4 * narrow


def test_the_digest_of_a_file_is_listed_once_for_all_variants_that_read_it(made):
    page = made.read_text().split('id="provenance"')[1].split("</section>")[0]
    assert page.count("networks.json") == 1
    assert page.count("code of a") == 1


def test_a_result_without_run_json_is_marked_with_a_warning(look, made, tmp_path):
    workdir = tmp_path / "workdir"
    shutil.copytree(made.parent.parent, workdir)
    (workdir / "results" / "b" / "made" / "two" / "run.json").unlink()
    found = look(render_workdir(workdir, [plan_entry(MASKS)]))
    found.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    section = found.page.locator("#provenance")
    assert "b on made: no run.json (two)" in section.locator(".banner").inner_text()
    assert section.locator(".digests td.bad").count() == 1
    assert section.locator("td", has_text="2 of 3").count() == 1
    assert grave_findings(found.page) == []


def test_a_variant_without_result_has_its_options_and_no_code(look, made, tmp_path):
    workdir = tmp_path / "workdir"
    shutil.copytree(made.parent.parent, workdir)
    plan = plan_entry(MASKS)
    plan["variants"].append(variant_entry("late", "Late"))
    page = look(render_workdir(workdir, [plan])).page
    row = page.locator("#provenance tr", has_text="late").first
    assert row.locator("td").all_inner_texts() == ["m", '{"age": 3}', *[""] * 4, "a test"]
