"""Names in a config: real ones pass, names that break Snakemake or a file system do not."""

from __future__ import annotations

import re

import pytest

from tests.support.messages import message_pattern
from workflow.configs.names import check_names

REAL = (
    *("MOT17-02-FRCNN", "0002", "dancetrack0001", "v_-6Os86HzwCs_c001", "00f88c4f0a"),
    *("-1q7kZ4_x0A", "_hidden", "2024-05-01T12:30", "walk in the park", "straße", "映像"),
    *("it's $HOME & (walk) #1", "walk [1080p] 50%", "a,b=c~^!+@2", "back\\slash", '"a" | b?*'),
    "".join(chr(ord("a") + number % 26) for number in range(100)),
)
HOSTILE = (
    ("{x}", "expected a name without the characters / { } < >, found '{x}'"),
    ("a/../b", "expected a name without the characters..., found 'a/../b'"),
    ("<noscript>", "expected a name without the characters..., found '<noscript>'"),
    ("..", "expected a name without a leading dot..., found '..'"),
    (" walk", "expected a name without a leading dot and..., found ' walk'"),
    ("a\nb", r"expected a name without control characters and other...found 'a\nb'"),
    ("a\0b", r"expected a name without control..., found 'a\x00b'"),
    ("\u202eabc", r"expected a name without control..., found '\u202eabc'"),
    ("a\x1b[2J", r"expected a name without control..., found 'a\x1b[2J'"),
    ("a" * 200, "expected a name that does not end in the same text 20 times"),
    ("x" + "ab" * 20, "expected a name that does not end in the same text"),
    ("äöü" * 34, "expected a name of at most 200 bytes"),
    ("speed.json", "expected a name that the workflow does not use itself, found 'speed.json'"),
)
WORDS = (
    *("{x}", "<b>", "-x", ".x", "a b", "sort@25fps", "a/b", "", "ö", "a\n", "a*", "a'"),
    *("a" * 200, "abcdefghij" * 30),
)
TAKEN = (("datasets", "weights"), ("engines", "environments"), ("variants", "comparisons"))


def config(sequences=("a",), **more):
    entries = {"datasets": {"mine": {"sequences": [*sequences]}}, "engines": {}, "variants": {}}
    return entries | more


def test_names_of_real_sequences_pass():
    check_names(config(REAL))


@pytest.mark.parametrize(("name", "message"), HOSTILE, ids=range(len(HOSTILE)))
def test_a_sequence_that_cannot_be_a_folder_is_refused_with_its_key(name, message):
    with pytest.raises(ValueError, match=r"^datasets\.mine\.sequences\[1\]: ") as caught:
        check_names(config(["a", name]))
    assert re.search(message_pattern(message), str(caught.value))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", WORDS, ids=range(len(WORDS)))
@pytest.mark.parametrize("kind", ["datasets", "engines", "variants"])
def test_a_name_that_is_no_word_is_refused_with_its_key(kind, name):
    with pytest.raises(ValueError, match=rf"^{kind}\.") as caught:
        check_names(config(**{kind: {name: {"sequences": ["a"]}}}))
    assert re.search(": expected .*, found ", str(caught.value))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(("kind", "name"), TAKEN)
def test_a_name_that_the_workflow_uses_itself_is_refused(kind, name):
    with pytest.raises(
        ValueError, match=rf"^{kind}\.{name}: expected .* not use itself, found '{name}'"
    ):
        check_names(config(**{kind: {name: {"sequences": ["a"]}}}))


def test_names_that_differ_by_case_alone_are_refused():
    message = message_pattern("datasets.mine.sequences[1]: expected a name ..., found 'walk'")
    with pytest.raises(ValueError, match=message):
        check_names(config(["Walk", "walk"]))
    with pytest.raises(ValueError, match=r"variants\.Sort: expected .*, found 'Sort'"):
        check_names(config(variants={"sort": {}, "Sort": {}}))
