from __future__ import annotations


def test_a_page_is_opened_without_a_complaint_and_asks_for_nothing_else(look, made):
    found = look(made)
    assert found.page.title().startswith("masktrack-bench")
    assert found.complaints == []
    assert found.requests == [made.as_uri()]
