"""How MongoDB answers what the library asks: by an index, never by reading through a collection that grows.

The server's own profiler notes each query that is sent, with the plan that was carried out: no list by hand could leave
one out.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from archived import carry_out, make_article

from portalcrawler import Archive
from portalcrawler.items import Comment, Failure
from portalcrawler.reports.making import read_weeks
from portalcrawler.reports.portals import Portal
from portalcrawler.reports.run_report import read_run_report
from portalcrawler.reports.thumbnails import Thumbnails
from portalcrawler.store.article_query import Place
from portalcrawler.store.articles import mark_missing, upsert_article
from portalcrawler.store.comments import upsert_comment
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.digests import crawled_before, has_digest
from portalcrawler.store.failures import upsert_failure
from portalcrawler.store.measures import Measures, Part, keep_measures
from portalcrawler.store.observations import observe
from portalcrawler.store.runs import RunRecord
from portalcrawler.store.schema import ensure_schema
from portalcrawler.store.span_records import next_run_began

_PROFILE = "system.profile"
_NOW = datetime(2020, 1, 1, tzinfo=UTC)
_ARTICLE = "sample:7"
_PLACE = Place(datetime(2019, 12, 5, tzinfo=UTC), _ARTICLE)
_RUN = "20200101-000000-abcdef"

LISTS: dict[str, dict[str, Any]] = {
    "all": {},
    "site": {"site": "sample"},
    "section": {"section": "青石镇"},
    "stretch of the breadcrumb": {"section": "城事/青石镇"},
    "source": {"source": "青石日报"},
    "reporter": {"reporter": "柳青禾"},
    "photographer": {"photographer": "柳青禾"},
    "publisher": {"publisher": "小站"},
    "days": {"since": date(2019, 12, 1), "until": date(2019, 12, 9)},
    "site and days": {"site": "sample", "since": date(2019, 12, 1)},
    "section, reporter and days": {"section": "青石镇", "reporter": "柳青禾", "until": date(2019, 12, 9)},
    "with photos": {"has_photos": True},
    "gone": {"gone": True},
    "no duplicates": {"duplicates": False},
    "run": {"run": _RUN},
}
"""Filters of lists of articles."""

Ask = Callable[[Archive], object]

_LISTED: dict[str, Ask] = {
    f"{what}: {name}, {order}": (lambda archive, ask=ask, given=filters, order=order: ask(archive, given, order))
    for name, filters in LISTS.items()
    for order in ("newest", "oldest")
    for what, ask in {
        "articles": lambda archive, given, order: deque(archive.articles(**given, order=order)),
        "page": lambda archive, given, order: archive.page(**given, order=order, limit=5),
        "next page": lambda archive, given, order: archive.page(**given, order=order, limit=5, after=_PLACE),
        "photos": lambda archive, given, order: deque(archive.photos(**given, order=order)),
    }.items()
}
_OTHERS: dict[str, Ask] = {
    "article by id": lambda archive: archive.get(_ARTICLE),
    "article by address": lambda archive: archive.get("https://sample.example/article-7-1.html"),
    "article by another address": lambda archive: archive.get("https://sample.example/portal.php?mod=view&aid=7"),
    "no such article": lambda archive: archive.get("nothing"),
    "page behind articles without a date": lambda archive: archive.page(after=Place(None, _ARTICLE)),
    "copies": lambda archive: archive.copies(_ARTICLE),
    "comments": lambda archive: deque(archive.comments(_ARTICLE)),
    "history": lambda archive: archive.history(_ARTICLE),
    "observations": lambda archive: deque(archive.observations(_ARTICLE)),
    "raw pages": lambda archive: deque(archive.pages(_ARTICLE)),
    "raw pages of a section": lambda archive: deque(archive.pages_of(section="青石镇")),
    "sections of a site": lambda archive: archive.sections("sample"),
    "runs": lambda archive: deque(archive.runs()),
    "runs of a site": lambda archive: deque(archive.runs(site="sample", limit=5)),
    "run": lambda archive: archive.run(_RUN),
    "addresses of a run": lambda archive: deque(archive.run_urls(_RUN, outcome="new")),
    "failures": lambda archive: deque(archive.failures()),
    "failures of a site": lambda archive: deque(archive.failures(site="sample", resolved=None)),
    "changes of articles": lambda archive: deque(archive.changes(3)),
    "changes of comments": lambda archive: deque(archive.changes(3, table="comments")),
    "head": lambda archive: archive.head(),
    "count of a section": lambda archive: archive.count(section="青石镇"),
    "count of days": lambda archive: archive.count(since=date(2019, 12, 1)),
    **{
        f"rows of {table}": (lambda archive, table=table: deque(archive.rows(table, section="青石镇")))
        for table in ("articles", "photos", "comments", "revisions", "observations")
    },
    "index, from nothing": lambda archive: archive.rebuild_index(),
    "index": lambda archive: archive.update_index(),
    "state of the index": lambda archive: archive.index_state(),
    "search": lambda archive: archive.search("青石", section="青石镇").hits(0, 5),
    "articles with a text": lambda archive: deque(archive.articles(text="青石")),
    "page with a text": lambda archive: archive.page(text="青石", after=_PLACE),
    "facets": lambda archive: archive.facets(text="青石", site="sample"),
    "count with a text": lambda archive: archive.count(text="青石"),
    "articles with a text, of a run": lambda archive: deque(archive.articles(text="青石", run=_RUN)),
}
_REPORTED = {
    "week": lambda archive: read_weeks(archive.store, [Portal("sample")], "2019-W50", Thumbnails()),
    "run": lambda archive: read_run_report(archive.store, Portal("sample"), next(archive.runs()), Thumbnails()),
    "next run": lambda archive: next_run_began(archive.store, "sample", _RUN),
    "whether a digest was made": lambda archive: has_digest(archive.store, "2019-W50", ()),
    "whether there was a crawl": lambda archive: crawled_before(archive.store, _NOW),
}
QUESTIONS = {**_LISTED, **_OTHERS, **{f"report, {name}": ask for name, ask in _REPORTED.items()}}


@pytest.fixture(scope="module")
def archive_store(mongo_uri: str) -> Iterator[Store]:
    """Twenty articles, some without a date, with comments, counters and failures."""
    with Store.connect(mongo_uri, database=f"test_{secrets.token_hex(6)}") as store:
        ensure_schema(store)
        for number in range(1, 21):
            day = datetime(2019, 12, number, 8, tzinfo=UTC) if number % 5 else None
            article = make_article(number, published_at=day)
            comment = Comment(f"{article.id}:1", article.id, "读者", None, day, "说得好")
            failure = Failure("sample", f"{article.url}?page=2", "fetch", "no answer")
            seen = observe(article, _RUN, _NOW)
            assert seen is not None
            ops = [upsert_article(article, _RUN, _NOW), upsert_comment(comment, _NOW), seen]
            carry_out(store, [*ops, upsert_failure(failure, _RUN, _NOW)])
        carry_out(
            store, [upsert_article(make_article(7, title="改了", content_hash="b" * 32), _RUN, _NOW + timedelta(1))]
        )
        gone, back = (make_article(number, published_at=None) for number in (19, 20))
        carry_out(store, [mark_missing(each.id, "HTTP 404", _NOW + timedelta(1)) for each in (gone, back)])
        carry_out(store, [upsert_article(back, _RUN, _NOW + timedelta(2))])
        run = RunRecord(
            lambda op: carry_out(store, [op]), site="sample", spider="portal", arguments={}, versions={}, now=_NOW, run=_RUN
        )  # fmt: skip
        run.finish("finished", _NOW + timedelta(days=3))
        keep_measures(store, _RUN, Measures(parts={"": Part(1, 1)}))
        yield store
        store.drop_database()


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_reads_through_a_collection(archive_store: Store, question: str) -> None:
    with _watched(archive_store) as plans:
        QUESTIONS[question](Archive(archive_store))
    assert plans, "nothing was asked"
    assert [plan for plan in plans if "COLLSCAN" in plan] == []


@pytest.mark.parametrize("question", _LISTED)
def test_lists_come_in_the_order_of_an_index(archive_store: Store, question: str) -> None:
    """A list that the server has to sort costs as much as all of it, however little of it is wanted."""
    with _watched(archive_store) as plans:
        QUESTIONS[question](Archive(archive_store))
    assert [plan for plan in plans if "sorted" in plan] == []


def test_what_has_no_index_is_noticed(archive_store: Store) -> None:
    with _watched(archive_store) as plans:
        list(archive_store.collection("articles").find({"views": 12}).sort("views"))
    assert [plan.partition(":")[0] for plan in plans] == ["articles"]
    assert "COLLSCAN" in plans[0]
    assert "sorted" in plans[0]


@contextmanager
def _watched(store: Store) -> Iterator[list[str]]:
    """Each query of the block as the server carried it out: the collection, the plan, what was asked."""
    found: list[str] = []
    store.database.command("profile", 0)
    store.collection(_PROFILE).drop()
    store.database.command("profile", 2)
    try:
        yield found
    finally:
        store.database.command("profile", 0)
        found += [_plan(row, store.database_name) for row in store.collection(_PROFILE).find() if "planSummary" in row]


def _plan(row: Document, database: str) -> str:
    name = row["ns"].removeprefix(f"{database}.")
    order = ", sorted" if row.get("hasSortStage") else ""
    return f"{name}: {row['planSummary']}{order}, {row.get('command')}"
