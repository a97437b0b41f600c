"""Names that try to do harm, in every place that a name can come from: shown, never executed."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from page_room import MASKS, card, render_room, write_run

from datasets.files import read_json, write_json
from reports.render import render
from reports.results import read_run

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
    """Return a name that a folder can have."""
    return name.replace("/", "\N{FRACTION SLASH}")[:200]


SEQUENCES = tuple(map(as_folder, (IMAGE, QUOTES, LINES, RIGHT_TO_LEFT, EMOJI, "constructor", LONG)))
VARIANTS = tuple(map(as_folder, (SCRIPT, IMAGE, ENTITY, RIGHT_TO_LEFT, "__proto__", "toString")))
CLASSES = (SCRIPT, IMAGE, LINES, RIGHT_TO_LEFT, "constructor", "a,b=c&d")
TITLES = (CLOSING, IMAGE, QUOTES, LONG, EMOJI, "__proto__")
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


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The page of a run all of whose names are hostile, and its address."""
    room = tmp_path_factory.mktemp("hostile")
    run = write_run(room, HOSTILE)
    for each, text in zip(run["variants"], ANYWHERE, strict=False):
        each |= {"source": text, "method": text, "options": {text: [text]}}
    run |= {"licence": CLOSING}
    run["variants"].append(card(as_folder(QUOTES), SCRIPT))  # has no result
    log = room / "logs" / "track" / as_folder(QUOTES) / HOSTILE.dataset / f"{SEQUENCES[0]}.log"
    log.parent.mkdir(parents=True)
    log.write_text("\n".join(ANYWHERE))
    for variant in VARIANTS:
        path = room / "results" / variant / HOSTILE.dataset / "speed.json"
        write_json(path, read_json(path) | {"machine": {SCRIPT: CLOSING, "cpu": IMAGE}})
    for sequence in SEQUENCES:
        path = room / "data" / HOSTILE.dataset / sequence / "sequence.json"
        when = path.stat()
        write_json(path, read_json(path) | {"sha256": {SCRIPT: CLOSING}})
        shutil.os.utime(path, ns=(when.st_atime_ns, when.st_mtime_ns))
    return render_room(room, [run], commit=CLOSING)


def test_nothing_of_a_name_is_executed_and_nothing_is_asked_for(look, hostile):
    found = look(hostile)
    for variant in VARIANTS:
        for sequence in SEQUENCES:
            found.page.evaluate("bench.state.set.apply", None) if False else None
            found.page.evaluate(
                "([baseline, sequence]) => bench.state.set({baseline, sequence})",
                [variant, sequence],
            )
    found.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    found.page.wait_for_timeout(300)
    assert found.page.evaluate("window.harm") is None
    assert found.complaints == []
    assert found.requests == [hostile.as_uri()]
