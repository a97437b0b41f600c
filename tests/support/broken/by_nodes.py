"""Corruptions of YAML files with constructs of YAML: anchors, tags, dates, kinds of numbers."""

from __future__ import annotations

from random import Random

BILLION_LAUGHS = "".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(12))
ODD = [
    *("~", "null", "no", "2001-01-01", "2001-99-99", "2001-01-01T25:61:61Z", "1:30", "0x10", "0o7"),
    *("010", "0b1", "1_000", ".nan", ".inf", "-.inf", "1e999", "9" * 5000, "0x" + "f" * 5000),
    *("&a [*a]", "*a", "&a a", "!!python/object/apply:os.getcwd []", "!!binary x", "!!int x"),
    *("!!set {a, b}", "!!float nan", "!own 1", "[" * 300, "[" * 5000, "{1: " * 900, "? [1]"),
    *("{[1]: 2}", "{{1: 2}: 3}", "<<: *a", "<<: 3", "| x", "> x", "- 1", "%YAML 9.9", "---", "..."),
    *(
        "\t1",
        "@1",
        "`1",
        "'",
        '"',
        '"\\ud800"',
        '"\\x00"',
        '"a\\nb"',
        "#",
        ": :",
        "é",
        "\u2028",
        "",
    ),
]


def nodes(data: bytes, random: Random) -> bytes:
    """Return a file with an unusual text after or before a colon, or as a line of its own."""
    lines = data.decode().split("\n")
    place, odd = random.randrange(len(lines)), random.choice(ODD)
    key, sign, value = lines[place].partition(":")
    lines[place] = random.choice(
        [f"{key}{sign} {odd}", f"  {odd}{sign}{value}", odd, f"{key}{sign}{value}\n{odd}"]
    )
    return "\n".join(lines).encode()


def billion_laughs(data: bytes, random: Random) -> bytes:
    """Return a file whose anchors expand to more than memory holds."""
    place = random.choice(["classes: *a12\n", "ignored: *a12\n", "classes: {1: *a12}\n", ""])
    return (
        b"a0: &a0 [1, 1]\n"
        + BILLION_LAUGHS.encode()
        + random.choice([data, b"", b"classes: {1: a}\n"])
        + place.encode()
    )


def nested_laughs(data: bytes, random: Random) -> bytes:
    """Return the same inside expected keys, so that no unknown key reveals it."""
    inner = "[1, 1]"
    for number in range(random.choice([3, 12, 25])):
        inner = f"[&b{number} {inner}, *b{number}, *b{number}]"
    return random.choice(
        [
            f"classes: {inner}\n",
            f"classes: {{1: a}}\nignored: {inner}\n",
            f"classes: {{1: {inner}}}\n",
            inner,
        ]
    ).encode()


CORRUPTIONS = (nodes, nodes, nodes, billion_laughs, nested_laughs)
