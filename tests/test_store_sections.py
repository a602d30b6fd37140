"""Sections: what the next walk has to know, kept over whatever order the writes come in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from archived import NOW, carry_out

from portalcrawler.items import Section
from portalcrawler.store.connection import Store
from portalcrawler.store.sections import Gap, Newest, StoredSection, find_sections, note_section, upsert_section

HOUR = timedelta(hours=1)
SECTION = Section("sample", "7", "https://sample.example/list-7-1.html", ["城事", "$where"])


def test_a_section_keeps_its_beginning_and_its_last_state(store: Store) -> None:
    first = StoredSection(SECTION, NOW, NOW, "run-1", {"pages": 1}, gaps=[Gap(2, "u2", ["3", "4"], to_end=True)])
    second = replace(
        first,
        first_seen_at=NOW + HOUR,
        last_seen_at=NOW + HOUR,
        run="run-2",
        statistics={"pages": 3},
        gaps=[],
        newest=[Newest("9", NOW), Newest("8")],
        aliases=["/city/"],
        looked_at=NOW + HOUR,
        interval=600.0,
        due_at=NOW + 2 * HOUR,
        patrol=2,
        patrolled_at=NOW,
        etag='"a"',
        last_modified="Mon",
    )
    older, newer = upsert_section(first), upsert_section(second)
    for op in (older, newer, older, newer):
        carry_out(store, [op])
    assert find_sections(store) == [replace(second, first_seen_at=NOW)]


def test_a_note_makes_a_section_whose_list_is_all_to_be_walked_and_changes_none(store: Store) -> None:
    noted = StoredSection(SECTION, NOW, NOW, gaps=[Gap(1, SECTION.url, [], to_end=True)])
    carry_out(store, [note_section(noted)])
    assert find_sections(store) == [noted]
    walked = replace(noted, last_seen_at=NOW + HOUR, gaps=[])
    carry_out(store, [upsert_section(walked), note_section(replace(noted, last_seen_at=NOW + 2 * HOUR))])
    assert find_sections(store) == [walked]


def test_sections_go_by_site_and_path_and_are_lists(store: Store) -> None:
    sections = [
        Section("b", "1", "u1", ["a"]),
        Section("a", "2", "u2", ["z", "a"]),
        Section("a", "3", "u3", ["b"]),
        Section("a", "4", "u4", ["z"]),
    ]
    closed = StoredSection(Section("a", "5", "u5", ["c"]), NOW, NOW, state="closed")
    carry_out(store, [upsert_section(stored) for stored in [*(StoredSection(s, NOW, NOW) for s in sections), closed]])
    assert [s.section.key for s in find_sections(store)] == ["3", "4", "2", "1"]
    assert [s.section.key for s in find_sections(store, "b")] == ["1"]
    assert [s.section.key for s in find_sections(store, "a", every=True)] == ["3", "5", "4", "2"]
