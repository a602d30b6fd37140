"""Sections, with the statistics of their last run."""

from __future__ import annotations

from datetime import timedelta

from archived import NOW, carry_out

from portalcrawler.items import Section
from portalcrawler.store.connection import Store
from portalcrawler.store.sections import StoredSection, find_sections, upsert_section

HOUR = timedelta(hours=1)


def test_a_section_keeps_its_beginning_and_its_last_statistics(store: Store) -> None:
    section = Section("sample", "7", "https://sample.example/list-7-1.html", ["城事", "$where"])
    older = upsert_section(section, "run-1", NOW, {"pages": 1})
    newer = upsert_section(section, "run-2", NOW + HOUR, {"pages": 3})
    for op in (older, newer, older, newer):
        carry_out(store, [op])
    assert find_sections(store) == [StoredSection(section, NOW, NOW + HOUR, "run-2", {"pages": 3})]


def test_sections_go_by_site_and_path(store: Store) -> None:
    sections = [
        Section("b", "1", "u1", ["a"]),
        Section("a", "2", "u2", ["z", "a"]),
        Section("a", "3", "u3", ["b"]),
        Section("a", "4", "u4", ["z"]),
    ]
    carry_out(store, [upsert_section(s, None, NOW, {}) for s in sections])
    assert [s.section.key for s in find_sections(store)] == ["3", "4", "2", "1"]
    assert [s.section.key for s in find_sections(store, "b")] == ["1"]
