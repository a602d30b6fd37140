"""Runs of an invented portal, judged: what is ordinary is no alarm, what has changed is one, once, until it is over."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from invented_portal import START, Layout, Portal

from portalcrawler.monitors import Case, Past, judge
from portalcrawler.monitors.words import sentence
from portalcrawler.store.measures import FIELDS, Measures, Part, Share
from portalcrawler.store.verdicts import Problem, Verdict

Change = Callable[[Portal], None]
EVERYWHERE = [name for name in FIELDS if name not in ("author", "reporters", "links", "tags")]
"""The fields that so many articles have that five that are read again show what becomes of them."""


def _hide(field: str, section: str | None = None) -> Change:
    return lambda portal: portal.layout.hidden.add((section, field))


def _set(**changes: object) -> Change:
    def change(portal: Portal) -> None:
        for name, value in changes.items():
            setattr(portal.layout, name, value)

    return change


CHANGES: dict[str, tuple[Change, str, str]] = {
    **{f"{field} gone": (_hide(field), "layout", "field gone") for field in EVERYWHERE},
    "articles unreadable": (_hide("article"), "layout", "pages unreadable"),
    "no pagers": (_set(no_pagers=lambda _section: True), "layout", "lists without pager"),
    "empty lists": (_set(empty=lambda _section: True), "layout", "lists empty"),
    "no lists": (_set(no_lists=True), "layout", "no lists"),
    "another title": (_set(other={"title"}), "layout", "field altered"),
    "another time": (_set(other={"published_at"}), "layout", "field altered"),
    "half of it fails": (_set(failing=0.9), "reach", "pages failing"),
    "down": (_set(down=True), "reach", "home unread"),
    "articles taken away": (_set(gone=True), "reach", "articles gone"),
}


@cache
def _grown(seed: int, runs: int = 60) -> Portal:
    portal = Portal(seed)
    portal.run(backlog=300)
    for _ in range(runs):
        portal.run()
    return portal


@pytest.fixture(params=range(3))
def portal(request: pytest.FixtureRequest) -> Portal:
    """One that has been crawled for ten days."""
    return copy.deepcopy(_grown(request.param))


@pytest.mark.parametrize(("number", "name"), list(enumerate(CHANGES)), ids=CHANGES)
def test_a_change_is_one_alarm_in_the_first_run_after_it_and_one_recovery(number: int, name: str) -> None:
    portal = copy.deepcopy(_grown(number % 3))
    change, group, kind = CHANGES[name]
    change(portal)
    verdict = portal.run()
    assert verdict.level == "alarm"
    assert kind in {problem.kind for problem in verdict.problems if problem.level == "alarm"}
    assert {problem.group for problem in verdict.problems} == {group}
    for _ in range(4):
        portal.run()
    portal.layout = Layout()
    for _ in range(16):
        portal.run()
    assert portal.raised == {group: 1}
    assert portal.recovered == {group: 1}
    assert not portal.standing


def test_three_known_articles_that_have_all_lost_a_field_are_enough() -> None:
    fields = {"source": Share(9, 6)}
    past = tuple(Past(START, Measures(parts={"": Part(9, 9, fields)})) for _ in range(3))
    for lost, level in ((Share(3, 3), "alarm"), (Share(2, 2), "ok"), (Share(4, 2), "ok")):
        part = Part(5, 0, {"source": Share(5, lost.of - lost.count)}, {"source": lost})
        assert judge(Case(Measures(parts={"": part}), past, START)).level == level


@pytest.mark.parametrize("field", ["source", "summary", "text", "captions"])
def test_a_change_of_one_section_is_an_alarm_within_two_days(portal: Portal, field: str) -> None:
    section = portal.sections[2]
    _hide(field, section)(portal)
    verdicts = [portal.run() for _ in range(12)]
    alarm = next(verdict for verdict in verdicts if verdict.level == "alarm")
    assert {problem.section for problem in alarm.problems} == {section}
    assert portal.raised == {"layout": 1}


def test_ordinary_years_have_no_alarm() -> None:
    """Weekends, a holiday of nine days, odd articles, single faults, edits; busy portals and sleepy ones."""
    levels: Counter[str] = Counter()
    for seed in range(9):
        every = (4.0, 24.0, 1.0)[seed // 3 % 3]
        portal = Portal(100 + seed, per_day=(3, 20, 60)[seed % 3], every_hours=every, sections=(3, 8, 20)[seed % 3])
        holiday = START + timedelta(days=20)
        portal.quiet_days = lambda day, holiday=holiday: holiday <= day < holiday + timedelta(days=9)  # type: ignore[misc]
        portal.run(backlog=(0, 300, 1000)[seed % 3])
        levels.update(portal.run().level for _ in range((200, 100, 30)[seed % 3]))
    assert levels["alarm"] == 0
    assert levels["warning"] <= levels.total() / 200
    assert levels.total() > 900


def test_what_stands_stands_until_a_run_shows_that_it_is_over(portal: Portal) -> None:
    _hide("source")(portal)
    portal.run()
    known, portal.per_day = portal.articles, 0
    portal.articles = []  # nothing new, and nothing to read again
    verdict = portal.run()
    assert portal.runs[0].measures.site.articles == 0
    assert [problem.kind for problem in verdict.problems] == ["field gone"]
    portal.layout = Layout(down=True)
    verdict = portal.run()
    assert {problem.group for problem in verdict.problems} == {"reach"}
    assert "layout" not in verdict.judged
    assert set(portal.standing) == {"reach", "layout"}
    portal.layout, portal.articles, portal.per_day = Layout(), known, 20
    for _ in range(3):
        verdict = portal.run()
    assert verdict.level == "ok"
    assert portal.raised == portal.recovered == {"layout": 1, "reach": 1}


def test_what_is_accepted_is_usual_from_then_on(portal: Portal) -> None:
    _hide("source")(portal)
    portal.run()
    portal.accept("layout")
    assert Counter(portal.run().level for _ in range(40)) == {"ok": 40}


def test_a_new_site_is_held_against_nothing_but_what_an_article_must_have() -> None:
    for seed in range(20):
        portal = Portal(seed)
        portal.layout.hidden = {(None, "source"), (None, "views")}
        assert portal.run(backlog=30).level == "ok"
    portal.layout.hidden = {(None, "title")}
    portal.runs.clear()
    portal.articles.clear()
    assert [problem.kind for problem in portal.run(backlog=30).problems] == ["field never"]
    first = judge(Case(Measures(reached=False, pages={"unreached": Share(1, 1)}), (), START))
    assert [(problem.kind, problem.level) for problem in first.problems] == [("home unread", "warning")]
    assert first.judged == ("reach",)
    before = (Past(START, Measures(reached=False)), Past(START, Measures(reached=False)))
    third = judge(Case(Measures(reached=False, pages={"unreached": Share(1, 1)}), before, START))
    assert third.level == "alarm", "who crawls it again and again has not mistyped it"


def test_a_run_of_a_part_says_nothing_of_the_whole() -> None:
    measures = Measures(whole=False, reached=False, pages={"unreached": Share(1, 1)})
    verdict = judge(Case(measures, tuple(_grown(0).runs[:60]), START))
    assert (verdict.level, verdict.problems, verdict.judged) == ("ok", (), ())


def _with(portal: Portal, **changes: Any) -> Case:
    """The portal's last run, changed, with those before it."""
    last, *before = portal.runs
    measures = replace(last.measures, **changes)
    return Case(measures, tuple(before[:60]), portal.now, tuple(portal.arrivals))


def _kinds(verdict: Verdict) -> list[tuple[str, str]]:
    return [(problem.kind, problem.level) for problem in verdict.problems]


def test_one_empty_list_is_a_warning() -> None:
    portal = copy.deepcopy(_grown(1))
    portal.layout.empty = lambda section: section == portal.sections[0]
    verdict = portal.run()
    assert _kinds(verdict) == [("lists empty", "warning")]
    assert verdict.problems[0].facts["sections"] == [portal.sections[0]]
    portal.layout.empty = lambda _section: False
    assert portal.run().level == "ok"


@pytest.mark.parametrize("lists", [8, 20, 40, 80])
@pytest.mark.parametrize(
    ("instead", "kind"),
    [("unreadable", "pages unreadable"), ("error", "pages failing"), ("notice", "pages failing")],
)
def test_articles_that_all_fail_are_an_alarm_however_many_lists_there_are(lists: int, instead: str, kind: str) -> None:
    portal = copy.deepcopy(_many_lists(lists))
    portal.layout.instead = instead
    for _ in range(4):
        assert _kinds(portal.run()) == [(kind, "alarm")]
    (problem,) = portal.verdicts[-1].problems
    assert problem.facts["articles"]
    # A run that asks for no article does not show that it is over.
    known, portal.articles = portal.articles, []
    assert _kinds(portal.run()) == [(kind, "alarm")]
    portal.articles, portal.layout = known, Layout()
    for _ in range(4):
        portal.run()
    assert sum(portal.raised.values()) == sum(portal.recovered.values()) == 1
    assert not portal.standing


@cache
def _many_lists(lists: int) -> Portal:
    portal = Portal(lists, sections=lists)
    portal.run(backlog=300)
    for _ in range(60):
        portal.run()
    portal.per_day = 0
    return portal


def test_records_of_old_that_did_not_tell_articles_from_lists_are_a_measure_too() -> None:
    portal = copy.deepcopy(_many_lists(40))
    portal.runs = [replace(past, measures=replace(past.measures, article_pages={})) for past in portal.runs]
    assert portal.run().level == "ok"
    portal.layout.instead = "empty"
    assert _kinds(portal.run()) == [("pages failing", "alarm")]


def test_lists_that_are_looked_at_one_by_one_are_counted_together() -> None:
    portal = copy.deepcopy(_grown(1))
    standing: tuple[Problem, ...] = ()
    for section, level in (("城事1", "warning"), ("城事2", "alarm")):
        parts = {"": Part(lists=1, empty=Share(1, 1)), section: Part(lists=1, empty=Share(1, 1))}
        verdict = judge(replace(_with(portal, parts=parts), standing=standing))
        standing = verdict.problems
        assert _kinds(verdict) == [("lists empty", level)]
    assert sorted(standing[0].facts["sections"]) == ["城事1", "城事2"]


def test_empty_lists_of_sections_without_a_name_are_judged_together() -> None:
    portal = copy.deepcopy(_grown(1))

    def levels(lists: int, empty: int, standing: tuple[Problem, ...] = ()) -> list[tuple[str, str]]:
        share = Share(lists, empty, ("https://invented.example/list/",))
        site = replace(portal.runs[0].measures.site, lists=lists, empty=share)
        verdict = judge(replace(_with(portal, parts={"": site}), standing=standing))
        found.extend(verdict.problems)
        return _kinds(verdict)

    found: list[Problem] = []
    assert levels(8, 8) == levels(10, 9) == [("lists empty", "alarm")]
    assert levels(2, 2) == levels(8, 5) == []
    told = (found[0],)
    assert found[0].examples
    assert ": —" in sentence(found[0], "en")
    assert levels(2, 2, told) == [("lists empty", "alarm")]
    assert levels(8, 1, told) == []


def test_sections_that_wait_for_another_look_are_lists_too() -> None:
    portal = copy.deepcopy(_grown(1))
    parts = {"": replace(portal.runs[0].measures.site, lists=0)}
    assert _kinds(judge(_with(portal, parts=parts))) == [("no lists", "alarm")]
    assert _kinds(judge(_with(portal, parts=parts, parked=8))) == []


def test_a_new_form_of_address_is_told_once() -> None:
    portal = copy.deepcopy(_grown(1))
    shapes = {"/article-N-N.html": Share(10, 4), "/a/N": Share(10, 6, ("https://invented.example/a/1",))}
    case = _with(portal, shapes=shapes)
    verdict = judge(case)
    assert _kinds(verdict) == [("new addresses", "warning")]
    assert verdict.problems[0].examples == ("https://invented.example/a/1",)
    after = (Past(portal.now, case.measures, frozenset({"layout"})), *case.history)
    assert judge(replace(case, history=after, standing=verdict.problems)).level == "ok"
    unreadable = {"fetched": Share(20, 10), "unreadable": Share(20, 10)}
    both = judge(_with(portal, shapes=shapes, pages=unreadable))
    assert ("new addresses", "alarm") in _kinds(both)


def test_silence() -> None:
    portal = copy.deepcopy(_grown(1))
    quiet = {"": replace(portal.runs[0].measures.site, new=0)}
    case = _with(portal, parts=quiet)
    levels = [judge(replace(case, now=portal.arrivals[0] + timedelta(days=days))).level for days in (9, 13, 15, 31, 60)]
    assert levels == ["ok", "ok", "warning", "alarm", "alarm"]
    # A portal that sleeps for half a year at a time is not dead after a month.
    sleepy = tuple(portal.now - timedelta(days=days) for days in (31, 200, 210, 220, 400))
    assert judge(replace(case, arrivals=sleepy)).level == "ok"
    told = judge(replace(case, now=portal.now + timedelta(days=60)))
    news = {"": replace(portal.runs[0].measures.site, new=1)}
    assert judge(replace(_with(portal, parts=news), standing=told.problems)).level == "ok"


def test_what_a_page_costs() -> None:
    portal = copy.deepcopy(_grown(1))
    slow = judge(_with(portal, seconds=1000.0, requests=100, size=100 * 20_000))
    assert _kinds(slow) == [("page time", "warning")]
    large = judge(_with(portal, seconds=50.0, requests=100, size=100 * 900_000))
    assert _kinds(large) == [("page size", "warning")]
    after = replace(_with(portal, seconds=50.0, requests=100, size=100 * 20_000), standing=slow.problems)
    assert judge(after).level == "ok"


def test_worse_reading() -> None:
    portal = copy.deepcopy(_grown(1))
    site = replace(portal.runs[0].measures.site, articles=10, undecoded=Share(10, 9), incomplete=Share(10, 0))
    verdict = judge(_with(portal, parts={**portal.runs[0].measures.parts, "": site}))
    assert ("characters undecoded", "alarm") in _kinds(verdict)
    mended = judge(replace(_with(portal, parts={"": replace(site, undecoded=Share(10, 0))}), standing=verdict.problems))
    assert mended.level == "ok"
