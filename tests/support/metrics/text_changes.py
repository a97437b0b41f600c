"""Changes of the text files of an example, for the tables of tests/metrics/inputs."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.metrics.inputs import Change, Files

Line = Callable[[list[str]], str]  # a line from the cells of another one
Chosen = Callable[[list[str]], bool]

# what macOS and Windows leave in folders
HIDDEN = {"._s.txt": b"\0\5\x16\7", ".DS_Store": b"\0\0\0\1", "Thumbs.db": b"\xd0\xcf\x11\xe0"}


def every(path: str, line: Line, separator: str | None = ",") -> Change:
    """Return the change of each line of a file."""
    return some(path, lambda _: True, line, separator)


def some(path: str, chosen: Chosen, line: Line, separator: str | None = ",") -> Change:
    """Return the change of the lines that are chosen by their cells."""

    def change(files: Files) -> None:
        lines = [(each, each.split(separator)) for each in files[path].splitlines()]
        kept = [line(cells) if chosen(cells) else each for each, cells in lines]
        files[path] = "".join(f"{each}\n" for each in kept)

    return change


def without(path: str, chosen: Chosen, separator: str | None = ",") -> Change:
    """Return the change that removes the lines that are chosen by their cells."""

    def change(files: Files) -> None:
        lines = files[path].splitlines(keepends=True)
        files[path] = "".join(each for each in lines if not chosen(each.split(separator)))

    return change


def of_text(path: str, text: Callable[[str], str | bytes]) -> Change:
    """Return the change of the whole text of a file."""

    def change(files: Files) -> None:
        files[path] = text(files[path])

    return change


def added(path: str, text: str) -> Change:
    """Return the change that adds text to a file, which need not exist."""

    def change(files: Files) -> None:
        files[path] = files.get(path, "") + text

    return change


def moved(path: str, to: str) -> Change:
    """Return the change that moves a file."""

    def change(files: Files) -> None:
        files[to] = files.pop(path)

    return change


def with_hidden(folder: str) -> Change:
    """Return the change that adds the files of `HIDDEN` to a folder."""

    def change(files: Files) -> None:
        files.update({f"{folder}/{name}": content for name, content in HIDDEN.items()})

    return change


def both(*changes: Change) -> Change:
    """Return the change that makes several, one after the other."""

    def change(files: Files) -> None:
        for each in changes:
            each(files)

    return change


def joined(separator: str, columns: int | None = None, end: str = "") -> Line:
    """Return the line with another separator, the first columns, and an end."""
    return lambda cells: separator.join(cells[:columns]) + end


def with_cell(place: int, change: Callable[[str], str], separator: str = ",") -> Line:
    """Return the line with a changed cell."""
    return lambda cells: separator.join([*cells[:place], change(cells[place]), *cells[place + 1 :]])


def fewer(cell: str) -> str:
    """Return the number in a cell less one."""
    return str(int(cell) - 1)


def more(cell: str) -> str:
    """Return the number in a cell plus one."""
    return str(int(cell) + 1)
