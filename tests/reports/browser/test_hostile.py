"""Malicious names from every source of names are shown, never executed."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from datasets.io.files import read_json, write_json
from tests.support.page.browsing import grave_findings, opened
from tests.support.page.page_workdir import MASKS, render_workdir, variant_entry, write_run
from tests.support.page.verdict import titles

SCRIPT = "<script>window.harm = 1</script>"
IMAGE = '<img src=x onerror="window.harm = 2">\'"`'
QUOTES = "'\";window.harm=3;//`${window.harm=4}{{7*7}}"
CLOSING = "</script><script>window.harm = 5</script></textarea><!--"
ENTITY = "&lt;b&gt; &amp; \\u003cscript\\u003e %3Cscript%3E"
LINES = "one\ntwo\r\n\tthree\u2028four"
LONG = "endless" * 30
RIGHT_TO_LEFT = "\u202eמסלול\u202e أحمر"
EMOJI = "\U0001f469\u200d\U0001f4bb\U0001f3c3\ufe0f"
ODD = ("__proto__", "constructor", "toString")
ANYWHERE = (SCRIPT, IMAGE, QUOTES, CLOSING, ENTITY, LINES, LONG * 5, RIGHT_TO_LEFT, EMOJI, *ODD)


def as_folder(name):
    """Return a valid folder name."""
    return name.replace("/", "\N{FRACTION SLASH}")[:200]


SEQUENCES = tuple(map(as_folder, (IMAGE + QUOTES, LINES + RIGHT_TO_LEFT, "constructor", LONG)))
VARIANTS = tuple(map(as_folder, (SCRIPT, QUOTES, ENTITY + EMOJI, "__proto__", "toString")))
CLASSES = (SCRIPT + LINES, RIGHT_TO_LEFT, "constructor", "a,b=c&d")
TITLES = (CLOSING, IMAGE + QUOTES, LONG, EMOJI, "__proto__")
VIEW_EVERYTHING = """() => {
    const {variants, sequences, classes, columns} = bench.run();
    variants.forEach((each, place) => bench.state.set({
        baseline: each.name, sequence: sequences[place], class: classes[place] ?? "",
        sort: `${columns[place].name}:up`,
    }));
    bench.state.set({class: "", sort: "name:up", hide: new Set([variants[0].name])});
    bench.state.set({hide: "", without: new Set(sequences.slice(1, 3))});
    document.querySelectorAll("details").forEach(each => { each.open = true; });
}"""
HOSTILE = replace(
    MASKS,
    dataset=as_folder(CLOSING),
    sequences=SEQUENCES,
    classes=CLASSES,
    variants=dict(zip(VARIANTS, TITLES, strict=True)),
    title=IMAGE,
    families=("hota", "clear", "identity", "slices"),
    empty=(),
)


UNTRACED = {
    "code": SCRIPT, "commit": CLOSING, "lock": IMAGE, "machine": {IMAGE: SCRIPT},
    "files": {SCRIPT: CLOSING}, "engines": {f"{IMAGE}/networks.json": SCRIPT},
    "inputs": {IMAGE: CLOSING}, "threads": {CLOSING: IMAGE},
}  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The path of the page of a run with hostile names only."""
    workdir = tmp_path_factory.mktemp("hostile")
    run = write_run(workdir, HOSTILE)
    for each, text in zip(run["variants"], ANYWHERE, strict=False):
        each |= {"source": text, "method": text, "options": {text: [text]}}
    run |= {"licence": CLOSING}
    run["variants"].append(variant_entry(as_folder(RIGHT_TO_LEFT), SCRIPT))  # has no result
    log = (
        workdir
        / "logs"
        / "track"
        / as_folder(RIGHT_TO_LEFT)
        / HOSTILE.dataset
        / f"{SEQUENCES[0]}.log"
    )
    log.parent.mkdir(parents=True)
    log.write_text("\n".join(ANYWHERE))
    for variant in VARIANTS:
        path = workdir / "results" / variant / HOSTILE.dataset / "speed.json"
        write_json(path, read_json(path) | {"machine": {SCRIPT: CLOSING, "cpu": IMAGE}})
    for sequence in SEQUENCES:
        path = workdir / "data" / HOSTILE.dataset / sequence / "sequence.json"
        when = path.stat()
        write_json(path, read_json(path) | {"sha256": {SCRIPT: CLOSING}})
        os.utime(path, ns=(when.st_atime_ns, when.st_mtime_ns))
        for variant in VARIANTS:
            path = workdir / "results" / variant / HOSTILE.dataset / sequence / "run.json"
            write_json(path, read_json(path) | UNTRACED)
    return render_workdir(workdir, [run], commit=CLOSING)


@pytest.fixture(scope="module")
def looked(browser, hostile):
    """The page after viewing each variant, sequence and class, with all details open."""
    with browser.new_context(offline=True) as context:
        found = opened(context, hostile)
        found.page.evaluate(VIEW_EVERYTHING)
        for place in ("#gallery-lanes button", "#gallery-list button", "#gallery-worst button"):
            found.page.locator(place).first.click()
        found.page.wait_for_timeout(300)
        yield found


def shown_titles(page):
    """Return the titles in the verdict table, without invisible characters."""
    return [title.rstrip("\u2060") for title in titles(page)]


def test_no_name_is_executed_and_nothing_is_requested_elsewhere(looked, hostile):
    assert looked.page.evaluate("window.harm") is None
    assert looked.console_messages == []
    here = (hostile.parent.as_uri(), "data:")
    assert [each for each in looked.requests if not each.startswith(here)] == []


def test_no_name_becomes_an_element(looked):
    assert looked.page.locator("[onerror], [src='x']").count() == 0
    found = looked.page.locator("body > *").evaluate_all("all => all.map(each => each.localName)")
    assert [name for name in found if name not in ("script", "div")] == ["header", "nav", "main"]


def test_long_names_do_not_widen_the_page(looked):
    looked.page.set_viewport_size({"width": 800, "height": 800})
    assert looked.page.evaluate("document.documentElement.scrollWidth") <= 800


def test_axe_finds_nothing_serious_in_hostile_names(looked):
    assert grave_findings(looked.page) == []


def test_names_are_shown_unchanged(look, hostile):
    page = look(hostile).page
    assert shown_titles(page) == [*TITLES, SCRIPT]
    for place, names in (("#variants", TITLES), ("#sequences", SEQUENCES), ("#class", CLASSES)):
        shown = page.locator(place).text_content()
        assert [name for name in names if name not in shown] == []
    provenance = page.locator("#provenance").text_content()
    texts = [text.replace("\r", "") for text in ANYWHERE[: len(VARIANTS)]]  # as HTML has lines
    assert [text for text in texts if text not in provenance] == []
    assert CLOSING in page.locator("header").first.text_content()
    assert page.locator("#verdict tr").first.locator("th").count() > 5


def test_names_add_no_scripts_to_the_page_without_scripts(look, hostile):
    page = look(hostile, java_script_enabled=False).page
    assert page.locator("noscript tbody tr").count() == len(VARIANTS) + 1
    assert page.locator("script").count() == page.locator("body > script").count()


def test_hostile_names_can_be_selected_and_are_stored_in_the_url(look, hostile):
    page = look(hostile).page
    page.evaluate(
        "([hide, without]) => bench.state.set({hide: new Set(hide), without: new Set(without)})",
        [VARIANTS[:2], SEQUENCES[:2]],
    )
    page.reload()
    assert shown_titles(page) == [*TITLES[2:], SCRIPT]
    assert page.evaluate("bench.sequences()") == list(SEQUENCES[2:])
    assert page.evaluate("bench.totals.over(bench.run(), '__proto__').HOTA") > 0
