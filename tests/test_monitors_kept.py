"""Runs in the archive are judged by those before them; what the verdicts say, they say in words of both languages."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import timedelta

import pytest
from alerting import HOUR, NOW, run_id
from archived import carry_out
from invented_portal import Portal

from portalcrawler.alerts import observe_run
from portalcrawler.monitors import judge_run
from portalcrawler.monitors.judging import KINDS
from portalcrawler.monitors.keeping import case_of
from portalcrawler.monitors.reach import FAILING
from portalcrawler.monitors.telling import ROWS, compared, problem_data
from portalcrawler.monitors.words import LANGUAGES, Language, _table, field_name, percent, row_name, sentence
from portalcrawler.store.connection import Store
from portalcrawler.store.incidents import accept, find_incidents
from portalcrawler.store.measures import FIELDS, Measures, Part, Share, keep_measures
from portalcrawler.store.run_query import get_run
from portalcrawler.store.runs import RunRecord
from portalcrawler.store.verdicts import GROUPS, Problem, Verdict

_SCHEDULE = {
    "overdue": ("due", "minutes"),
    "crawl hung": ("minutes",),
    "memory limit": ("mb",),
    "crawl failed": ("status",),
    "crawl lost": ("host",),
}
_FACTS = {
    "field": "source", "count": 0, "of": 14, "before": 0.97, "lost": 5, "known": 5, "why": "notice",
    "sections": ["城事/青石镇", "教育"], "form": "/a/N", "days": 15, "longest": 2.5, "now": 41_000.0,
    "due": NOW.isoformat(), "minutes": 31, "mb": 500, "status": 1, "host": "a",
}  # fmt: skip


def keep(store: Store, number: int, measures: Measures | None, *, site: str = "sample", spider: str = "portal") -> str:
    """A run of so many hours after the beginning."""
    moment = NOW + number * HOUR
    record = RunRecord(
        lambda op: carry_out(store, [op]),
        site=site, spider=spider, arguments={}, versions={}, now=moment, run=run_id(number),
    )  # fmt: skip
    record.finish("finished", moment)
    if measures is not None:
        keep_measures(store, run_id(number), measures)
    return run_id(number)


def crawl(store: Store, number: int, measures: Measures) -> Verdict:
    """It is kept, judged and observed."""
    run = keep(store, number, measures)
    verdict = judge_run(store, run, now=NOW + number * HOUR)
    assert verdict is not None
    observe_run(store, run, verdict, now=NOW + number * HOUR)
    return verdict


def ordinary(**lacking: int) -> Measures:
    """Ten articles were read, five of them known; of some fields some lack them, the known ones first."""
    fields = {name: Share(10, 10 - lacking.get(name, 0), ("https://a.example/1",)) for name in FIELDS}
    lost = {name: Share(5, min(5, lacking.get(name, 0)), ("https://a.example/1",)) for name in FIELDS}
    part = Part(articles=10, new=5, fields=fields, lost=lost, lists=3, items=60, pagers=Share(3, 3), empty=Share(3))
    return Measures(requests=14, size=500_000, seconds=9.0, pages={"fetched": Share(14, 14)}, parts={"": part})


def test_a_run_is_judged_by_those_before_it(store: Store) -> None:
    for number in range(5):
        assert crawl(store, number, ordinary()).level == "ok"
    keep(store, 5, ordinary(source=10), site="other")
    keep(store, 6, ordinary(source=10), spider="articles")
    verdict = crawl(store, 7, ordinary(source=10))
    assert [(problem.kind, problem.facts["field"]) for problem in verdict.problems] == [("field gone", "source")]
    kept = get_run(store, run_id(7))
    assert kept is not None
    assert kept.verdict == verdict
    (incident,) = find_incidents(store)
    assert (incident.level, incident.opened_by) == ("alarm", run_id(7))
    rows = {row.name: row for row in compared(case_of(store, kept, now=NOW))}
    assert (rows["source"].now.count, rows["source"].before) == (0, 1.0)
    # Again, after a crash: the same.
    assert judge_run(store, run_id(7), now=NOW + 7 * HOUR) == verdict
    # Nothing is known of the field, so it stands; then it is there again.
    silent = replace(ordinary(), parts={"": Part(lists=3, items=60, pagers=Share(3, 3))})
    assert crawl(store, 8, silent).problems == verdict.problems
    assert crawl(store, 9, ordinary()).level == "ok"
    assert not find_incidents(store, open_only=True)
    # Runs in which it was gone are no measure.
    assert crawl(store, 10, ordinary(source=10)).level == "alarm"


def test_what_was_accepted_is_no_measure_any_more(store: Store) -> None:
    for number in range(5):
        crawl(store, number, ordinary())
    crawl(store, 5, ordinary(source=10))
    (incident,) = find_incidents(store, open_only=True)
    assert accept(store, incident.id, now=NOW + 5.5 * HOUR) is not None
    for number in range(6, 16):
        assert crawl(store, number, ordinary(source=10)).level == "ok"
    assert crawl(store, 16, ordinary(source=10, author=10)).level == "alarm"


def test_silence_looks_further_back_than_the_rest(store: Store) -> None:
    quiet = replace(ordinary(), parts={"": replace(ordinary().site, new=0)})
    for number in range(6):
        crawl(store, 24 * number, ordinary())
    for number in range(6, 21):
        assert crawl(store, 24 * number, quiet).level == "ok" if number < 19 else True
    assert crawl(store, 24 * 21, quiet).level == "warning"
    (incident,) = find_incidents(store, open_only=True)
    assert incident.group == "flow"
    assert accept(store, incident.id, now=NOW + timedelta(days=21, hours=1)) is not None
    assert crawl(store, 24 * 22, quiet).level == "ok"


def test_what_was_not_measured_has_no_verdict(store: Store) -> None:
    assert judge_run(store, keep(store, 1, None)) is None
    assert judge_run(store, run_id(2)) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_words_made_of_its_facts(language: Language) -> None:
    table = _table()[language]
    kinds = {name: kind.facts for name, kind in KINDS.items()} | _SCHEDULE
    assert set(table["kinds"]) == set(table["do"]) == set(kinds)
    for name, facts in kinds.items():
        used = {field for _, field, _, _ in string.Formatter().parse(table["kinds"][name]) if field}
        assert used <= set(facts), name
        given = {fact: _FACTS[fact] for fact in facts}
        told = sentence(Problem(name, GROUPS[0], "alarm", None, given), language)
        assert not told.startswith(name)
        assert "{" not in told
    assert set(table["fields"]) == set(FIELDS)
    assert set(table["reasons"]) == {*FAILING, "unknown"}
    assert set(table["rows"]) | set(table["fields"]) == set(ROWS)
    assert row_name("source", language) == field_name("source", language)


def test_sentences() -> None:
    gone = Problem(
        "field gone", "layout", "alarm", "城事/青石镇", {name: _FACTS[name] for name in KINDS["field gone"].facts}
    )
    assert sentence(gone, "en") == (
        "[城事/青石镇] articles have no source any more: 0 of 14 have one (usually 97 %); "
        "5 of 5 known articles that were read again have lost it"
    )
    assert sentence(gone, "zh").startswith("[城事/青石镇] 文章读不出“来源”了：14 篇中只有 0 篇有（平时 97 %）")
    unread = replace(gone, facts={**gone.facts, "lost": 0, "known": 0})
    assert sentence(unread, "en").endswith("(usually 97 %)")
    hostile = Problem(
        "new addresses", "layout", "warning", "\x1b[31m栏目", {"form": "\x1b]0;x\x07", "count": 3, "of": 9}
    )
    assert "\x1b" not in sentence(hostile, "en") + sentence(hostile, "zh")
    assert sentence(Problem("of the future", "flow", "warning", None, {"a": 1}), "en") == "of the future (a 1)"
    assert problem_data(gone)["told"]["en"] == sentence(gone, "en")
    assert [percent(share) for share in (0.0, 0.004, 0.97, 0.996, 1.0)] == ["0 %", "<1 %", "97 %", ">99 %", "100 %"]


def test_every_problem_has_the_facts_that_it_promises() -> None:
    """Of those that an invented portal can have."""
    seen = set()
    for change in ({"hidden": {(None, "source")}}, {"no_lists": True}, {"gone": True}, {"down": True}):
        portal = Portal(1)
        portal.run(backlog=200)
        for _ in range(10):
            portal.run()
        for name, value in change.items():
            setattr(portal.layout, name, value)
        for problem in portal.run().problems:
            assert set(problem.facts) == set(KINDS[problem.kind].facts)
            assert problem.group == KINDS[problem.kind].group
            seen.add(problem.kind)
    assert seen >= {"field gone", "no lists", "articles gone", "home unread"}
