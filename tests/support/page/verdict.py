"""The content of the verdict table."""

from __future__ import annotations

from playwright.sync_api import Page

_CELLS = """() => [...document.querySelectorAll("#verdict tbody tr")].map(row => ({
    title: row.cells[0].querySelector("i").nextSibling.textContent,
    values: Object.fromEntries([...row.cells].slice(1).map(cell =>
        [cell.dataset.column, cell.dataset.value === "" ? null : Number(cell.dataset.value)])),
    texts: Object.fromEntries([...row.cells].slice(1).map(cell =>
        [cell.dataset.column, cell.innerText])),
}))"""


def titles(page: Page) -> list[str]:
    """Return the titles of the variants in row order."""
    return [row["title"] for row in page.evaluate(_CELLS)]


def values(page: Page) -> dict[str, dict[str, float | None]]:
    """Return the value of each column, by the title of the variant."""
    return {row["title"]: row["values"] for row in page.evaluate(_CELLS)}


def texts(page: Page) -> dict[str, dict[str, str]]:
    """Return the visible text of each cell, by the title of the variant."""
    return {row["title"]: row["texts"] for row in page.evaluate(_CELLS)}
